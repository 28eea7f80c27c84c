"""Where an estimator's parameters go: to the function or template that makes its model, or to the fit."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from job.sklearn.template import Template
from job.study.mistakes import listed, nearest
from job.study.usercode.signatures import ANY, parameters_of

META = "meta"
"""What a function may take to know the data: see ``KerasClassifier``."""

_templates: dict[int, Template] = {}


def maker(model: Any) -> Any:
    """What makes the models of an estimator: its function, or a template of its built model.

    Raises:
        ValueError: it is neither; says what it is, and what to give.
    """
    if isinstance(model, keras.Model):
        found = _templates.get(id(model))
        if found is None or found.model is not model:
            _templates.clear()  # one at a time: each holds its model
            found = _templates[id(model)] = Template(model)
        return found
    if (why := refusal(model)) is not None:
        raise ValueError(why)
    return model


def refusal(model: Any) -> str | None:
    """Why something makes no models; None where it may."""
    if model is None:
        return "no model is given; give a function that returns a compiled Keras model, or such a model."
    if isinstance(model, type):
        return (
            f"model is the class {model.__name__}, not a model and not a function; give "
            f"`{model.__name__}(…)`, compiled, or a function that returns it: def build(): …; return model"
        )
    modules = {one.__module__.partition(".")[0] for one in type(model).__mro__}
    if "keras_tuner" in modules or next(iter(parameters_of(model)), "") in ("hp", "hyperparameters"):
        return (
            "the function is written for KerasTuner, which hands it `hp`; here a function takes its values by name: "
            '`def build(units=32, learning_rate=1e-3):` with `units` in place of `hp.Int("units", …)`, and the '
            "search's grid says what they may be."
        )
    if not callable(model) or (isinstance(model, keras.layers.Layer) and not isinstance(model, keras.Model)):
        kind = type(model).__name__
        return f"model is a {kind}; allowed are a function that returns a compiled Keras model, or such a model."
    return None


def taken(model: Any) -> tuple[str, ...]:
    """The names that a model's maker takes; ``"**"`` among them when it takes any."""
    made = maker(model)
    if isinstance(made, Template):
        return tuple(made.names())
    return tuple(name for name in parameters_of(made) if name != META)


def defaults(model: Any) -> dict[str, Any]:
    """What a maker takes, with its values where nothing is given: of a function, its arguments that have some."""
    made = maker(model)
    if isinstance(made, Template):
        return made.values()
    try:
        given = inspect.signature(made).parameters
    except (TypeError, ValueError):
        return {}
    empty = inspect.Parameter.empty
    return {name: one.default for name, one in given.items() if one.default is not empty and name != META}


def check(model: Any, names: Mapping[str, Any], own: tuple[str, ...], kind: str) -> None:
    """Refuses names that nothing takes.

    Args:
        model: of the estimator.
        names: the parameters that are not the estimator's own.
        own: the estimator's own.
        kind: the estimator's class.

    Raises:
        ValueError: lists what there is.
    """
    known = taken(model)
    if ANY in known:
        return
    for name in names:
        if bare(name) in known:
            continue
        made = maker(model)
        if isinstance(made, Template):
            told = f"Invalid parameter {name!r} for estimator {kind}: {made.refusal(name)}"
            raise ValueError(told)  # noqa: TRY004  # scikit-learn's own kind for it
        function = getattr(made, "__name__", type(made).__name__)
        raise ValueError(
            f"Invalid parameter {name!r} for estimator {kind}: `{function}` takes {listed(known) or 'nothing'}, the "
            f"estimator {listed(own)}.{nearest(bare(name), [*known, *own])}"
        )


def bare(name: str) -> str:
    """A parameter's name as the maker knows it: ``model__units`` is ``units``."""
    return name.removeprefix("model__")


def arguments(
    model: Any, given: Mapping[str, Any], shared: Mapping[str, Any], meta: Mapping[str, Any]
) -> dict[str, Any]:
    """What the maker is called with.

    Args:
        model: of the estimator.
        given: the parameters that are not the estimator's own.
        shared: those that are, of which a function may take some too.
        meta: what it may know of the data.

    Raises:
        ValueError: the function needs something that is not given.
    """
    made = maker(model)
    found = {bare(name): value for name, value in given.items()}
    if isinstance(made, Template):
        return found
    names = parameters_of(made)
    found = {name: value for name, value in shared.items() if name in names} | found
    if META in names:
        found[META] = dict(meta)
    lacking = [name for name in _required(made) if name not in found]
    if lacking:
        function = getattr(made, "__name__", type(made).__name__)
        raise ValueError(
            f"`{function}` needs {listed(lacking)}, which nothing gives: give it to the estimator, as in "
            f"KerasClassifier({function}, {lacking[0]}=…), or to the search's grid, or give it a default."
        )
    return found


def _required(function: Any) -> list[str]:
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in given if one.kind in kinds and one.default is inspect.Parameter.empty]
