"""How an estimator's fits train: its parameters as a study's own settings, and the seed of what is random in them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import ValidationError
from sklearn.utils import check_random_state

from job.plan import identity
from job.sklearn.parametrized import Parametrized
from job.sklearn.recipes import plain
from job.study import wording
from job.study.fit import EarlyStopping, FitSettings


def fit_settings(estimator: Parametrized) -> FitSettings:
    """The settings of a study's ``fit``.

    Raises:
        ValueError: one can't be what it is; says what is allowed.
    """
    if estimator.targets not in (None, "as_given", "indices", "one_hot"):
        raise ValueError(f"targets: got {estimator.targets!r}; allowed are as_given, indices, one_hot, or None.")
    own = ("epochs", "batch_size", "shuffle", "validation_split", "class_weight")
    given = {name: plain(getattr(estimator, name)) for name in own}
    if isinstance(given["class_weight"], Mapping):
        given["class_weight"] = {plain(label): float(one) for label, one in given["class_weight"].items()}
    given["early_stopping"] = _early(estimator.early_stopping)
    try:
        return FitSettings.model_validate(given)
    except ValidationError as error:
        wrong = next(wording.mistakes(error))
        place = ".".join(str(one) for one in wrong.place)
        raise ValueError(f"{place}: {wrong.message}") from error


def seed(random_state: Any) -> int:
    """63 bits of a fit's seed, from what scikit-learn takes as a random state, and from nothing else."""
    state = random_state
    if not isinstance(state, int | np.integer):
        state = check_random_state(state).randint(np.iinfo(np.int32).max)
    return int(identity.digest("tunejob estimator 1", str(int(state)))[:16], 16) >> 1


def _early(given: Any) -> Any:
    if given is None or given is False:
        return None
    if given is True:
        return EarlyStopping()
    return given if isinstance(given, EarlyStopping) else {name: plain(one) for name, one in dict(given).items()}
