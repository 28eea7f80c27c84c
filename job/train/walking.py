"""A walk through a built model, object by object, in one order, that writes down what a trace could bake in."""

import functools
import hashlib
import inspect
import random
import re
import sys
import types
from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train.patches import private
from job.train.refusals import Refusal

_LIBRARIES = ("keras", "tensorflow", "numpy", "builtins", "tf_keras", "ml_dtypes")
PLAIN = (bool, int, float, complex, str, bytes, types.NoneType, types.EllipsisType)
"""Types whose values are written down as they are."""
_OF_KERAS = (keras.Layer, keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric)


class NotComparable(Refusal):
    """Something in a model can't be compared, or draws randomness that copying variables would not bring along."""


class Walk:
    """One walk; ``todo`` is a stack, because models nest deeper than Python's own.

    Attributes:
        is_own: whether it met code of the user's own, which may read what no walk comes to.
    """

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.is_own = False
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

    def held(self, variable: Any) -> None:
        """Takes note of a variable of TensorFlow's that no layer has; its value is none that is compared."""

    def compared(self, owner: Any, found: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002  # narrower walks use it
        """Which of an object's attributes are walked."""
        return found

    def _visit(self, value: Any) -> None:
        if isinstance(value, PLAIN) and type(value) in PLAIN:
            self.say(type(value).__name__, value)
            return
        if id(value) in self._seen:
            self.say("seen", self._seen[id(value)])
            return
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        self.say(type(value).__module__, type(value).__qualname__)
        look(value, self)


@functools.singledispatch
def look(value: Any, walk: Walk) -> None:
    """Compares an object by its attributes."""
    if isinstance(value, keras.Variable):
        _variable(value, walk)
    elif isinstance(value, keras.initializers.Initializer):
        walk.is_own |= not of_library(type(value))
    elif callable(getattr(value, "export", None)) and hasattr(value, "key_dtype"):
        keys, values = value.export()
        order = np.argsort(keys.numpy(), kind="stable")
        walk.then([keys.numpy()[order], values.numpy()[order]])
    else:
        _attributes(value, walk)


def _variable(value: Any, walk: Walk) -> None:
    walk.variables.append(value)
    walk.shape(value.shape)
    walk.say(str(value.dtype), value.trainable, private.autocast(value))
    walk.then([value.constraint, value.regularizer])


def _attributes(value: Any, walk: Walk) -> None:
    slots: Iterable[str] = getattr(type(value), "__slots__", ())
    if not hasattr(value, "__dict__") and not slots:
        raise NotComparable(f"{type(value).__module__}.{type(value).__qualname__}")
    found: dict[str, Any] = {name: getattr(value, name, None) for name in slots}
    found.update(getattr(value, "__dict__", {}))
    if of_library(type(value)):
        _refuse_random(type(value).__mro__)
        found = {name: one for name, one in found.items() if name not in private.BOOKKEEPING}
        if "seed" in found and ("seed_generator" in found or "generator" in found):
            del found["seed"]  # drawn anew by every build; the generator's state is a variable
        if isinstance(value, keras.random.SeedGenerator):
            del found[private.INITIAL_SEED]
    else:
        walk.is_own = True
        found = {
            name: one
            for name, one in found.items()
            if name not in private.BOOKKEEPING or not isinstance(value, _OF_KERAS)
        }
        look(type(value), walk)
    compared = walk.compared(value, found)
    for name in compared:
        walk.say(name)
    walk.then(compared.values())


@functools.lru_cache(maxsize=512)
def _refuse_random(bases: tuple[type, ...]) -> None:
    """Some of Keras's layers draw by Python's own generator while they are traced, so that each trace is another.

    Raises:
        NotComparable: this is such a layer: a trace of it is right for the fit alone that it was made for.
    """
    for base in bases if keras.layers.Layer in bases else ():
        if random in vars(sys.modules[base.__module__]).values():
            raise NotComparable(f"{base.__name__} draws by Python's own generator whenever it is traced")


def of_library(owner: Any) -> bool:
    """Whether a class or function belongs to Keras or what it is made of, and not to the user."""
    return str(getattr(owner, "__module__", "")).partition(".")[0] in _LIBRARIES


@look.register(types.ModuleType)
@look.register(types.BuiltinFunctionType)
@look.register(np.ufunc)
def _(value: Any, walk: Walk) -> None:
    walk.say(value.__name__)


@look.register(inspect.Signature)
@look.register(np.dtype)
@look.register(tf.DType)
@look.register(tf.TensorShape)
def _(value: Any, walk: Walk) -> None:
    walk.say(str(value))


@look.register
def _(value: re.Pattern, walk: Walk) -> None:  # type: ignore[type-arg]
    walk.say(value.pattern, value.flags)


@look.register
def _(value: Enum, walk: Walk) -> None:
    walk.say(value.name)


@look.register(list)
@look.register(tuple)
@look.register(deque)
def _(value: Any, walk: Walk) -> None:
    walk.say(len(value))
    walk.then(value)


@look.register(set)
@look.register(frozenset)
def _(value: Any, walk: Walk) -> None:
    if not all(type(one) in PLAIN for one in value):
        raise NotComparable("a set of objects has no order")
    walk.say(sorted(map(repr, value)))


@look.register(Mapping)
def _(value: Mapping[Any, Any], walk: Walk) -> None:
    walk.say(len(value))
    walk.then(one for pair in value.items() for one in pair)


@look.register
def _(value: slice, walk: Walk) -> None:
    walk.then([value.start, value.stop, value.step])


@look.register
def _(value: range, walk: Walk) -> None:
    walk.say(repr(value))


@look.register(np.ndarray)
def _(value: Array, walk: Walk) -> None:
    walk.say(str(value.dtype), value.shape)
    if value.dtype.kind == "O":
        walk.then(value.ravel().tolist())
    else:
        walk.hash.update(np.ascontiguousarray(value).tobytes())


@look.register
def _(value: np.generic, walk: Walk) -> None:
    walk.say(str(value.dtype), value.tobytes())


@look.register
def _(value: tf.Tensor, walk: Walk) -> None:
    walk.say(str(value.dtype), str(value.shape))
    if not hasattr(value, "numpy") or value.dtype in (tf.resource, tf.variant):
        raise NotComparable("a tensor without a value")
    walk.then([np.asarray(value.numpy())])


@look.register
def _(value: tf.Variable, walk: Walk) -> None:
    walk.variables.append(value)
    walk.say(str(value.dtype), str(value.shape), value.trainable)
    walk.held(value)


@look.register
def _(value: keras.KerasTensor, walk: Walk) -> None:
    walk.shape(value.shape)
    walk.say(value.dtype, value.sparse)
    walk.then([private.history(value)])
