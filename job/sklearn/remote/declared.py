"""A search of scikit-learn's in a study's words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer
from sklearn.model_selection import ParameterGrid
from sklearn.utils.multiclass import type_of_target

from job.sklearn import labels
from job.sklearn.base import KerasEstimator
from job.sklearn.remote.arrived import MODULE
from job.sklearn.remote.backend import Asked
from job.sklearn.remote.parcel import Parcel
from job.study import scoring, sklearn_private
from job.study.study import Task
from job.train import estimators

_NAMES = {
    "GridSearchCV": "grid-search",
    "RandomizedSearchCV": "randomized-search",
    "HalvingGridSearchCV": "halving-grid-search",
    "HalvingRandomSearchCV": "halving-random-search",
}
_HERE = "Without backend=…, the search trains in this process and takes it."


def name(search: Any) -> str:
    """Return the study's name, by the search's class."""
    return next(_NAMES[one.__name__] for one in type(search).__mro__ if one.__name__ in _NAMES)


def check(estimator: Any, y: Any) -> None:
    """Refuse an estimator that workers could not train, and labels that it would refuse itself.

    Raises:
        ValueError: it is neither one of ours, nor a Pipeline that ends in one; or y holds no labels.
    """
    _, step = estimators.ending(estimator)
    if not isinstance(step, KerasEstimator):
        raise ValueError(  # noqa: TRY004  # as scikit-learn refuses arguments
            f"the estimator is a {type(estimator).__name__}; with backend=… allowed are KerasClassifier and "
            f"KerasRegressor, alone or as a Pipeline's last step. {_HERE}"
        )
    if y is not None and is_classifier(step):
        labels.read(y)


def scorers(search: Any, y: Any, *, weighed: bool) -> dict[str, Any]:
    """Return a search's scorers by the names that its results have.

    None where the estimator's own score is meant, which is a study's usual one, unless it is ``weighed``. What a study
    would tell a scorer that it names, such as which label counts, scikit-learn's searches do not: it goes as it is.
    """
    return {name: _as_it_is(one, search.estimator, y) for name, one in _named(search, weighed=weighed).items()}


def _as_it_is(scorer: Any, estimator: Any, y: Any) -> Any:
    if not isinstance(scorer, str) or not is_classifier(estimator) or np.shape(y)[1:] not in ((), (1,)):
        return scorer
    theirs = get_scorer(scorer)
    told = scoring.told(scorer, _task(estimator, y)["task"], np.unique(labels.read(y)).tolist())
    return theirs if sklearn_private.given(told) != sklearn_private.given(theirs) else scorer


def _named(search: Any, *, weighed: bool) -> dict[str, Any]:
    given = search.scoring
    if given is None:
        return {"score": "r2" if is_regressor(search.estimator) else "accuracy"} if weighed else {}
    if not is_several(search):
        return {"score": given}
    return dict(given) if isinstance(given, Mapping) else {one: one for one in given}


def is_several(search: Any) -> bool:
    """Say whether results have their scorers' names, and not just ``score``."""
    return not (search.scoring is None or isinstance(search.scoring, str) or callable(search.scoring))


def refit(search: Any, names: Mapping[str, str]) -> bool | str:
    """Return by which scorer the run chooses the trial that it trains again.

    None does where a function of the user's chooses, and in a halving search, of which only the last round's is wanted.
    """
    if not search.refit or callable(search.refit) or is_halving(search):
        return False
    if not isinstance(search.refit, str):
        return True
    return search.refit if callable(search.scoring) else names.get(search.refit, True)


def is_halving(search: Any) -> bool:
    """Say whether a search has several rounds, each of fewer candidates."""
    return hasattr(search, "resource")


def weights(asked: Asked) -> Any:
    """Return the rows' weights among what goes to ``fit``.

    Raises:
        ValueError: there is more, which does not travel.
    """
    given = {name: value for name, value in (asked.get("fit_params") or {}).items() if value is not None}
    prefix, _ = estimators.last_step(asked["estimator"])
    found = given.pop(f"{prefix}sample_weight", None)
    scored = {name: value for name, value in (asked.get("score_params") or {}).items() if value is not None}
    if found is not None and scored.get("sample_weight") is found:
        del scored["sample_weight"]
    if given or scored:
        where = f"fit was given {', '.join(sorted(given))}" if given else f"scorers are given {', '.join(scored)}"
        raise ValueError(
            f"{where}, which does not travel to workers; allowed is {prefix}sample_weight, the same for fits and "
            f"scores. {_HERE}"
        )
    return found


def is_weighed(asked: Asked) -> bool:
    """Say whether scorers are given the rows' weights, as scikit-learn's newer searches do."""
    return (asked.get("score_params") or {}).get("sample_weight") is not None


def fields(estimator: Any, asked: Sequence[Asked], search: Any, parcel: Parcel) -> dict[str, Any]:
    """Return what a study says of model, search, folds and y."""
    return {
        "model": f"{MODULE}:build",
        "search": "grid",
        "space": _space(asked, search, parcel),
        "cv": f"{MODULE}:Folds",
        "return_train_score": bool(asked[0].get("return_train_score", False)),
        **({"error_score": "raise"} if search.error_score == "raise" else {}),
        **_task(estimator, asked[0]["y"]),
    }


def _space(asked: Sequence[Asked], search: Any, parcel: Parcel) -> list[dict[str, Any]]:
    """The candidates: the grid that the user wrote where they are its points, else each as a space of one point."""
    candidates = list({one["candidate_progress"][0]: one["parameters"] for one in asked}.values())
    grid = getattr(search, "param_grid", None)
    if isinstance(grid, Mapping) and len(candidates) == len(ParameterGrid(grid)) and not is_halving(search):
        columns: dict[str, list[Any]] = {}
        for name, values in grid.items():
            for value in values:
                ((other, sent),) = parcel.params({name: value}).items()
                columns.setdefault(other, []).append(sent)
        if set(columns) == set(grid) != set():  # names of other kinds would come in another order
            return [columns]
    return [{name: [value] for name, value in parcel.params(one).items()} for one in candidates]


def _task(estimator: Any, y: Any) -> dict[str, Task]:
    """How y is read, as the estimator says and not as y looks; what one-hot rows are, each model's loss says."""
    if is_regressor(estimator):
        return {"task": "regression"}
    if is_classifier(estimator) and (np.ndim(y) == 1 or np.shape(y)[1:] == (1,)):
        return {"task": "binary" if type_of_target(np.ravel(y)) == "binary" else "multiclass"}
    return {"task": "multilabel"} if is_classifier(estimator) else {}
