"""How an estimator's fits train: its parameters as a study's own settings, and the seed of what is random in them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from sklearn.utils import check_random_state

from job.plan import identity
from job.sklearn.parametrized import Parametrized
from job.sklearn.recipes import plain
from job.sklearn.wording import in_python
from job.study import wording
from job.study.fit import EarlyStopping, FitSettings

_FIT = TypeAdapter(dict[str, FitSettings])
"""Settings below ``fit``, as in a study: sentences look up there what else is allowed."""


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
        return _FIT.validate_python({"fit": given})["fit"]
    except ValidationError as error:
        wrong = next(wording.mistakes(error))
        place = ".".join(str(one) for one in wrong.place[1:])
        raise ValueError(f"{place}: {in_python(wrong.message)}") from error


def callbacks(given: Any) -> tuple[Any, ...]:
    """Keras's callbacks of a fit.

    Raises:
        ValueError: one is none; says what is allowed.
    """
    found = () if given is None else tuple(given) if isinstance(given, list | tuple) else (given,)
    for one in found:
        if isinstance(one, type):
            said = f"callbacks: got the class {one.__name__}; give an object: {one.__name__}(…)."
            raise ValueError(said)  # noqa: TRY004  # as scikit-learn refuses parameters
        if not hasattr(one, "set_model"):
            raise ValueError(
                f"callbacks: got {one!r}; allowed are objects of Keras, such as "
                "callbacks=[keras.callbacks.TerminateOnNaN()], and of your own classes of keras.callbacks.Callback."
            )
    return found


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
    if isinstance(given, EarlyStopping):
        return given
    if isinstance(given, Mapping):
        return {str(name): plain(one) for name, one in given.items()}
    is_callback = hasattr(given, "set_model")
    got = "a callback of Keras, which goes to callbacks=[…]" if is_callback else repr(given)
    raise ValueError(
        f"early_stopping: got {got}; allowed are True, or the arguments of Keras's EarlyStopping: "
        f"early_stopping={{'monitor': 'val_loss', 'patience': 5}}."
    )
