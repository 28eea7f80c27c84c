"""A scikit-learn estimator whose last step is a Keras estimator of ours, in place of a Keras model.

``model: module:function`` may return one: the estimator itself, or a Pipeline that ends in it. A trial's params go to
the function by its arguments' names and to what it returns by scikit-learn's nested names; scikit-learn fits its
preprocessing on a fold's training rows, as it is written.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from job.data.rows import Indices, Rows
from job.errors import UsageError
from job.study.mistakes import nearest
from job.study.params import FIT
from job.study.study import FitSettings, Study
from job.study.usercode.signatures import ANY, parameters_of

NAMES = ("KerasClassifier", "KerasRegressor")
_OURS = "job.sklearn."
"""Where those are: a room above this one, which user code imports; it is known by its name."""
_SEEDS = 2**31
_TOLD = 400  # characters of scikit-learn's own message


def may_be_made_by(build: Any) -> bool:
    """Say whether a function may return one of these: its module, or its own code, names an estimator of ours."""
    named = {*getattr(getattr(build, "__code__", None), "co_names", ()), *getattr(build, "__globals__", ())}
    return not named.isdisjoint(NAMES) or any(_is_ours(one) for one in getattr(build, "__globals__", {}).values())


def is_one(made: Any) -> bool:
    """Say whether something is a scikit-learn estimator."""
    return isinstance(made, BaseEstimator)


def ending(estimator: Any) -> tuple[str, Any]:
    """Return an estimator, of Pipelines within each other the last step, and what its parameters' names begin with."""
    prefix, step = "", estimator
    while isinstance(step, Pipeline):
        name, step = step.steps[-1]
        prefix += f"{name}__"
    return prefix, step


def last_step(estimator: Any) -> tuple[str, Any]:
    """Return the Keras estimator, and what its parameters' names begin with.

    Raises:
        UsageError: it is another; says what is needed.
    """
    prefix, step = ending(estimator)
    if not _is_ours(step):
        where = "returned a Pipeline whose last step is" if prefix else "returned"
        raise UsageError(
            f"model: the function {where} a {type(step).__name__}; needed is a Keras model, or KerasClassifier or "
            "KerasRegressor (from job import KerasClassifier), alone or as a Pipeline's last step"
        )
    return prefix, step


def steps(estimator: Any) -> list[Any]:
    """Return a Pipeline's steps, those of a Pipeline within included; an estimator alone is one."""
    if isinstance(estimator, Pipeline):
        return [one for _, step in estimator.steps for one in steps(step)]
    return [estimator]


def made(
    build: Callable[..., Any], study: Study, params: Mapping[str, Any], seed: int, *, epochs: int | None = None
) -> Any:
    """Return the estimator of one trial, not fitted.

    Args:
        build: the user's.
        study: its ``fit`` goes to the Keras estimator, as far as it says anything.
        params: the trial's.
        seed: goes to every ``random_state`` that the user's code leaves open.
        epochs: in place of whatever the study and the user's code say.

    Raises:
        UsageError: a parameter that neither takes.
    """
    takes = parameters_of(build)
    called = {name: value for name, value in params.items() if name in takes or ANY in takes}
    estimator = build(**called)
    prefix, _ = last_step(estimator)
    known = estimator.get_params(deep=True)
    given = {name: value for name, value in params.items() if name not in called}
    settings = {f"{prefix}{name}": value for name, value in _settings(study).items() if name not in params}
    _set(estimator, settings | {_routed(name, prefix, known): value for name, value in given.items()})
    open_ = [name for name, value in estimator.get_params(deep=True).items() if _is_seed(name) and value is None]
    few = {} if epochs is None else {f"{prefix}epochs": epochs}
    return estimator.set_params(**dict.fromkeys(open_, seed % _SEEDS), **few)


def rows_of(rows: Rows, numbers: Indices) -> Any:
    """Return some rows of X as the data gave them: of a DataFrame, a DataFrame."""
    if rows.frame is not None:
        return rows.frame.iloc[numbers]
    X = rows.X
    if isinstance(X, Mapping):
        return {name: array[numbers] for name, array in X.items()}
    return tuple(array[numbers] for array in X) if isinstance(X, tuple) else X[numbers]


def fit(estimator: Any, rows: Rows, numbers: Indices) -> Any:
    """Fit an estimator on some rows, with their weights where the data has some; return it."""
    prefix, _ = last_step(estimator)
    weights = {} if rows.sample_weight is None else {f"{prefix}sample_weight": rows.sample_weight[numbers]}
    return estimator.fit(rows_of(rows, numbers), rows.y[numbers], **weights)


def _is_ours(value: Any) -> bool:
    kind = value if isinstance(value, type) else type(value)
    return any(one.__module__.startswith(_OURS) and one.__name__ in NAMES for one in kind.__mro__)


def _settings(study: Study) -> dict[str, Any]:
    """What the study's ``fit`` says beyond the defaults, which are the estimator's to set; as YAML has it."""
    written = study.fit.model_dump()
    plain = FitSettings()
    return {name: written[name] for name in FIT if getattr(study.fit, name) != getattr(plain, name)}


def _routed(name: str, prefix: str, known: Mapping[str, Any]) -> str:
    """A param's full name: the fit's own words reach the Keras estimator without its step's name."""
    return name if name in known or name not in FIT else f"{prefix}{name}"


def _set(estimator: Any, params: Mapping[str, Any]) -> None:
    for name, value in params.items():
        try:
            estimator.set_params(**{name: value})
        except ValueError as error:
            near = nearest(name, estimator.get_params(deep=True))
            told = str(error).splitlines()[0][:_TOLD]
            raise UsageError(f"model: what the function returned takes no `{name}`: {told}{near}") from None


def _is_seed(name: str) -> bool:
    return name.rpartition("__")[2] == "random_state"
