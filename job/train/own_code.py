"""Functions and classes as a walk compares them: by their code, and by what they close over and refer to."""

import functools
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from job.train import outside
from job.train.patches import private
from job.train.walking import PLAIN, NotComparable, Walk, look, of_library

_FUNCTIONS = (types.FunctionType, property, staticmethod, classmethod)
_TOLD = (*PLAIN, *_FUNCTIONS, dict, list, tuple, np.ndarray, np.generic, tf.Variable, tf.Tensor, types.SimpleNamespace)
_UNTOLD = {"__doc__", "__annotations__", "__slots__", "__match_args__", "__dataclass_fields__", "__dataclass_params__"}
_RANDOM = {"random", "secrets", "time", "datetime", "uuid"}


def _class(found: type, walk: Walk) -> None:
    """Compares classes of the user's own by their functions and constants: ``build`` may make them anew each time."""
    for base in found.__mro__:
        if not of_library(base):
            walk.then(one for name, one in vars(base).items() if name not in _UNTOLD and _is_told(one))


def _is_told(value: Any) -> bool:
    """Whether a class's attribute is data, or a function of it: not what Python keeps in a class."""
    module = sys.modules.get(type(value).__module__)
    return isinstance(value, _TOLD) or (module is not None and outside.is_users(module))


@look.register
def _(value: type, walk: Walk) -> None:
    walk.say(value.__module__, value.__qualname__)
    if not of_library(value):
        walk.is_own = True
        _class(value, walk)


@look.register(property)
@look.register(staticmethod)
@look.register(classmethod)
def _(value: Any, walk: Walk) -> None:
    walk.then([value.fget] if isinstance(value, property) else [value.__func__])


@look.register
def _(value: types.MethodType, walk: Walk) -> None:
    walk.then([value.__self__, value.__func__])


@look.register(functools.partial)
def _(value: functools.partial[Any], walk: Walk) -> None:
    walk.then([value.func, value.args, value.keywords])


@look.register
def _(value: types.FunctionType, walk: Walk) -> None:
    walk.say(value.__module__, value.__qualname__)
    closure = [_cell(cell) for cell in value.__closure__ or ()]
    if of_library(value):
        walk.then(one for one in closure if type(one).__name__ != private.DISPATCHER)
        return
    walk.is_own = True
    names = list(_names(value.__code__))
    named = [value.__globals__[name] for name in names if name in value.__globals__]
    _refuse_random(value.__qualname__, set(names), named)
    held = outside.held(names, [*named, *closure])
    walk.then([value.__code__, value.__defaults__, value.__kwdefaults__, *closure, *named, *held, vars(value)])


def _cell(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled
        return None


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that a function's code uses, functions within it included."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)


def _refuse_random(function: str, names: set[str], named: Iterable[Any]) -> None:
    """Randomness outside Keras's generators would be baked into a trace with one fit's seed."""
    modules = {one.__name__.partition(".")[0] for one in named if isinstance(one, types.ModuleType)}
    if modules & _RANDOM or ("random" in names and modules & {"tensorflow", "numpy"}):
        raise NotComparable(f"{function} draws randomness of its own")


@look.register
def _(value: types.CodeType, walk: Walk) -> None:
    walk.say(value.co_code, value.co_names, value.co_varnames, value.co_freevars)
    walk.then(value.co_consts)
