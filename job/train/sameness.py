"""Whether two built models are the same program: compared by what was built, object by object, not by how.

A model's objects are walked from the model itself, in one order, and all that a trace could bake in is written down:
classes, settings, topology, shapes, the code and closures of functions, vocabularies, constants. Values of variables
are not: they are copied. Two models with the same digest have their variables in the same order and train alike from
the same values.
"""

import functools
import hashlib
import inspect
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array

_NOISE = {
    "_tracker", "_auto_config", "_call_signature", "_inbound_nodes_by_id", "_trainable_variables_indices", "_lock",
    "_build_shapes_dict", "_self_unconditional_checkpoint_dependencies", "_self_unconditional_dependency_names",
    "_self_unconditional_deferred_dependencies", "_self_update_uid", "_self_name_based_restores",
    "_self_saveable_object_factories", "_loss_ids", "_compile_config", "_initial_epoch", "_initializer", "initializer",
    "backend", "build", "quantize", "_distribute_strategy", "_distribution_strategy", "_mesh", "_nodes",
}  # fmt: skip
"""Attributes of Keras's own that hold book-keeping, what others hold too, or initial values of variables."""

_LIBRARIES = ("keras", "tensorflow", "numpy", "builtins", "tf_keras", "ml_dtypes")
_RANDOM = {"random", "secrets", "time", "datetime", "uuid"}
_PLAIN = (bool, int, float, complex, str, bytes, types.NoneType, types.EllipsisType)
_FUNCTIONS = (types.FunctionType, property, staticmethod, classmethod)


class NotComparable(Exception):
    """Something in a model can't be compared, or draws randomness that copying variables would not bring along."""


class Same:
    """What was found of a model.

    Attributes:
        digest: equal for models that are the same program.
        variables: all its variables, in one order.
    """

    def __init__(self, model: Any) -> None:
        walk = Walk()
        walk.run(model)
        self.digest = walk.hash.hexdigest()
        self.variables = walk.variables


class Walk:
    """One walk; ``todo`` is a stack, because models nest deeper than Python's own."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.variables: list[Any] = []
        self.todo: list[Any] = []
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no address is used twice

    def run(self, model: Any) -> None:
        """Walks a model and all it holds."""
        self.todo.append(model)
        while self.todo:
            self._visit(self.todo.pop())

    def say(self, *words: object) -> None:
        """Writes down what is compared."""
        self.hash.update(repr(words).encode("utf-8", "surrogatepass"))

    def then(self, values: Iterable[Any]) -> None:
        """These are walked next, in this order."""
        self.todo.extend(reversed(list(values)))

    def shape(self, shape: Iterable[int | None]) -> None:
        """Writes down the shape of a variable or of a symbolic tensor."""
        self.say(tuple(shape))

    def compared(self, owner: Any, found: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002  # narrower walks use it
        """Which of an object's attributes are walked."""
        return found

    def _visit(self, value: Any) -> None:
        if isinstance(value, _PLAIN) and type(value) in _PLAIN:
            self.say(type(value).__name__, value)
            return
        if id(value) in self._seen:
            self.say("seen", self._seen[id(value)])
            return
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        self.say(type(value).__module__, type(value).__qualname__)
        _look(value, self)


@functools.singledispatch
def _look(value: Any, walk: Walk) -> None:
    """Compares an object by its attributes."""
    if isinstance(value, keras.Variable):
        _variable(value, walk)
    elif isinstance(value, keras.initializers.Initializer):
        return
    elif callable(getattr(value, "export", None)) and hasattr(value, "key_dtype"):
        keys, values = value.export()
        order = np.argsort(keys.numpy(), kind="stable")
        walk.then([keys.numpy()[order], values.numpy()[order]])
    else:
        _attributes(value, walk)


def _variable(value: Any, walk: Walk) -> None:
    walk.variables.append(value)
    walk.shape(value.shape)
    walk.say(str(value.dtype), value.trainable, getattr(value, "_autocast", None))
    walk.then([value.constraint, value.regularizer])


def _attributes(value: Any, walk: Walk) -> None:
    slots: Iterable[str] = getattr(type(value), "__slots__", ())
    if not hasattr(value, "__dict__") and not slots:
        raise NotComparable(f"{type(value).__module__}.{type(value).__qualname__}")
    found: dict[str, Any] = {name: getattr(value, name, None) for name in slots}
    found.update(getattr(value, "__dict__", {}))
    if of_library(type(value)):
        found = {name: one for name, one in found.items() if name not in _NOISE}
        if "seed" in found and ("seed_generator" in found or "generator" in found):
            del found["seed"]  # drawn anew by every build; the generator's state is a variable
        if isinstance(value, keras.random.SeedGenerator):
            del found["_initial_seed"]
    else:
        found = {name: one for name, one in found.items() if name not in _NOISE or not isinstance(value, keras.Layer)}
        _class(type(value), walk)
    compared = walk.compared(value, found)
    for name in compared:
        walk.say(name)
    walk.then(compared.values())


def of_library(owner: Any) -> bool:
    """Whether a class or function belongs to Keras or what it is made of, and not to the user."""
    return str(getattr(owner, "__module__", "")).partition(".")[0] in _LIBRARIES


def _class(found: type, walk: Walk) -> None:
    """Compares classes of the user's own by their functions and constants: ``build`` may make them anew each time."""
    for base in found.__mro__:
        if not of_library(base):
            walk.then(
                one for name, one in vars(base).items() if isinstance(one, (*_PLAIN, *_FUNCTIONS)) and name != "__doc__"
            )


@_look.register
def _(value: type, walk: Walk) -> None:
    walk.say(value.__module__, value.__qualname__)
    if not of_library(value):
        _class(value, walk)


@_look.register(types.ModuleType)
@_look.register(types.BuiltinFunctionType)
@_look.register(np.ufunc)
def _(value: Any, walk: Walk) -> None:
    walk.say(value.__name__)


@_look.register(inspect.Signature)
@_look.register(np.dtype)
@_look.register(tf.DType)
@_look.register(tf.TensorShape)
def _(value: Any, walk: Walk) -> None:
    walk.say(str(value))


@_look.register
def _(value: Enum, walk: Walk) -> None:
    walk.say(value.name)


@_look.register(property)
@_look.register(staticmethod)
@_look.register(classmethod)
def _(value: Any, walk: Walk) -> None:
    walk.then([value.fget] if isinstance(value, property) else [value.__func__])


@_look.register
def _(value: types.MethodType, walk: Walk) -> None:
    walk.then([value.__self__, value.__func__])


@_look.register(functools.partial)
def _(value: functools.partial[Any], walk: Walk) -> None:
    walk.then([value.func, value.args, value.keywords])


@_look.register
def _(value: types.FunctionType, walk: Walk) -> None:
    walk.say(value.__module__, value.__qualname__)
    closure = [_cell(cell) for cell in value.__closure__ or ()]
    if of_library(value):
        walk.then(closure)
        return
    names = list(_names(value.__code__))
    named = [value.__globals__[name] for name in names if name in value.__globals__]
    _refuse_random(value.__qualname__, set(names), named)
    walk.then([value.__code__, value.__defaults__, value.__kwdefaults__, *closure, *named])


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


@_look.register
def _(value: types.CodeType, walk: Walk) -> None:
    walk.say(value.co_code, value.co_names, value.co_varnames, value.co_freevars)
    walk.then(value.co_consts)


@_look.register(list)
@_look.register(tuple)
@_look.register(deque)
def _(value: Any, walk: Walk) -> None:
    walk.say(len(value))
    walk.then(value)


@_look.register(set)
@_look.register(frozenset)
def _(value: Any, walk: Walk) -> None:
    if not all(type(one) in _PLAIN for one in value):
        raise NotComparable("a set of objects has no order")
    walk.say(sorted(map(repr, value)))


@_look.register(Mapping)
def _(value: Mapping[Any, Any], walk: Walk) -> None:
    walk.say(len(value))
    walk.then(one for pair in value.items() for one in pair)


@_look.register(np.ndarray)
def _(value: Array, walk: Walk) -> None:
    walk.say(str(value.dtype), value.shape)
    if value.dtype.kind == "O":
        walk.then(value.ravel().tolist())
    else:
        walk.hash.update(np.ascontiguousarray(value).tobytes())


@_look.register
def _(value: np.generic, walk: Walk) -> None:
    walk.say(str(value.dtype), value.tobytes())


@_look.register
def _(value: tf.Tensor, walk: Walk) -> None:
    walk.say(str(value.dtype), str(value.shape))
    if not hasattr(value, "numpy") or value.dtype in (tf.resource, tf.variant):
        raise NotComparable("a tensor without a value")
    walk.then([np.asarray(value.numpy())])


@_look.register
def _(value: tf.Variable, walk: Walk) -> None:
    walk.variables.append(value)
    walk.say(str(value.dtype), str(value.shape), value.trainable)


@_look.register
def _(value: keras.KerasTensor, walk: Walk) -> None:
    walk.shape(value.shape)
    walk.say(value.dtype, value.sparse)
    walk.then([getattr(value, "_keras_history", None)])
