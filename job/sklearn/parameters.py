"""Where an estimator's parameters go: to the function or template that makes its model, or to the fit."""

import functools
import inspect
import weakref
from collections.abc import Mapping
from typing import Any

import keras

from job.sklearn.template import Template
from job.study.mistakes import listed, nearest
from job.study.usercode.signatures import ANY, parameters_of

META = "meta"
"""What a function may take to know the data: see ``KerasClassifier``."""

_templates: dict[int, Template] = {}
"""By the model's place in memory: a search makes many estimators of one model, and each look at it takes a second."""
_looked: weakref.WeakKeyDictionary[Any, Template] = weakref.WeakKeyDictionary()
"""By what a search keeps, the template whose model was last looked at in it."""


def look(model: Any, kept: Any) -> None:
    """Sees to it that a built model's template is of the model as it is now, its weights too.

    Args:
        model: of the estimator.
        kept: of the search under way, which looks once; None: of a fit by itself.
    """
    found = _templates.get(id(model))
    if found is None or found.model is not model or (kept is not None and _looked.get(kept) is found):
        return
    if not found.state.holds(model):
        del _templates[id(model)]
    elif kept is not None:
        _looked[kept] = found


def maker(model: Any) -> Any:
    """What makes the models of an estimator: its function, or a template of its built model.

    Raises:
        ValueError: it is neither; says what it is, and what to give.
    """
    if isinstance(model, keras.Model):
        found = _templates.get(id(model))
        if found is None or found.model is not model or not found.state.is_compiled_so(model):
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
    by_place = inspect.Parameter.POSITIONAL_ONLY
    given = {name: one for name, one in _signature(made).items() if name != META and one.kind is not by_place}
    return {name: one.default for name, one in given.items() if one.default is not inspect.Parameter.empty}


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
        if name in known or bare(name) in known:
            continue
        made = maker(model)
        if isinstance(made, Template):
            told = f"Invalid parameter {name!r} for estimator {kind}: {made.refusal(name)}"
            raise ValueError(told)  # noqa: TRY004  # scikit-learn's own kind for it
        function = _called(made)
        if (why := _by_place(made, bare(name))) is not None:
            raise ValueError(f"Invalid parameter {name!r} for estimator {kind}: {why}")
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
    if isinstance(made, Template):
        names = made.names()
        return {name if name in names else bare(name): value for name, value in given.items()}
    found = {bare(name): value for name, value in given.items()}
    takes = parameters_of(made)
    found = {name: value for name, value in shared.items() if name in takes} | found
    if META in takes:
        found[META] = dict(meta)
    lacking = [name for name in _required(made) if name not in found]
    if lacking:
        function = _called(made)
        if (why := _by_place(made, lacking[0])) is not None:
            raise ValueError(why)
        raise ValueError(
            f"`{function}` needs {listed(lacking)}, which nothing gives: give it to the estimator, as in "
            f"KerasClassifier({function}, {lacking[0]}=…), or to the search's grid, or give it a default."
        )
    return found


def _called(function: Any) -> str:
    """What a function is called in a sentence; a ``functools.partial`` by the function in it."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)


def _by_place(function: Any, name: str) -> str | None:
    """Why an argument that a function has can't be given by its name; None where that is not why."""
    called = _called(function)
    given = _signature(function)
    if name in given and given[name].kind is inspect.Parameter.POSITIONAL_ONLY:
        return (
            f"`{called}` takes `{name}` by its place alone, as it stands before `/`, and arguments are given by their "
            f"names; take the `/` out of def {called}(…)."
        )
    if isinstance(function, functools.partial) and name in list(_signature(function.func))[: len(function.args)]:
        value = function.args[list(_signature(function.func)).index(name)]
        return (
            f"functools.partial gives `{called}` its `{name}` by place, so nothing else can; as "
            f"partial({called}, {name}={value!r}) it is a default that may be set."
        )
    return None


def _signature(function: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _required(function: Any) -> list[str]:
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    given = _signature(function).values()
    return [one.name for one in given if one.kind not in several and one.default is inspect.Parameter.empty]
