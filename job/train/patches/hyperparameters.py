"""Hyperparameters that differ between the fits of a program: numbers of Keras's objects, tensors while it is traced.

Keras branches on such numbers in Python (``if self.momentum != 0``). So a tensor in their place answers comparisons as
one representative of the program's fits would, and only fits that answer alike share a program: zero and not zero.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from job.train.patches.patch import replaced

_OF_OPTIMIZERS = (
    "weight_decay clipnorm global_clipnorm clipvalue ema_momentum momentum beta_1 beta_2 rho epsilon "
    "learning_rate_power l1_regularization_strength l2_regularization_strength "
    "l2_shrinkage_regularization_strength beta clip_threshold"
)
_OF_SCHEDULES = (
    "initial_learning_rate decay_steps decay_rate end_learning_rate power alpha warmup_target warmup_steps "
    "first_decay_steps _t_mul _m_mul boundaries values"
)

PER_FIT: dict[str, frozenset[str]] = {
    "BaseOptimizer": frozenset(_OF_OPTIMIZERS.split()),
    "LearningRateSchedule": frozenset(_OF_SCHEDULES.split()),
    "L1": frozenset({"l1"}),
    "L2": frozenset({"l2"}),
    "L1L2": frozenset({"l1", "l2"}),
    "Dropout": frozenset({"rate"}),
    "BaseSpatialDropout": frozenset({"rate"}),
    "GaussianNoise": frozenset({"stddev"}),
    "AlphaDropout": frozenset({"rate"}),
    "BatchNormalization": frozenset({"momentum", "epsilon"}),
}
"""Numbers that one program can hold for each fit, by the class of Keras's that has them."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """One number that a program may hold per fit: an object's attribute, or a list's element."""

    owner: Any
    name: str | int
    value: float

    @property
    def sort(self) -> str:
        """What Keras's branches tell apart."""
        return "zero" if self.value == 0 else "one" if self.value == 1 else "negative" if self.value < 0 else "positive"


def leaves(kind: type, owner: Any, name: str, value: Any) -> list[Leaf]:
    """The numbers that an attribute of an object holds and that may differ between the fits of a program."""
    if not any(name in PER_FIT.get(base.__name__, ()) for base in kind.__mro__):
        return []
    if isinstance(value, list) and value and all(_is_number(one) for one in value):
        return [Leaf(value, place, float(one)) for place, one in enumerate(value)]
    return [Leaf(owner, name, float(value))] if _is_number(value) else []


def _is_number(value: Any) -> bool:
    if isinstance(value, tf.Tensor):
        return bool(value.shape.rank == 0 and value.dtype.is_floating)
    return isinstance(value, int | float) and not isinstance(value, bool)


class Hyperparameter:
    """A number of one fit, as a tensor that Keras's Python takes for a number.

    Kept in double precision, as Python keeps its own: ``1 - beta_2`` loses nothing before it meets a tensor.
    """

    def __init__(self, tensor: Any, representative: float) -> None:
        self.tensor = tensor
        self.representative = representative

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return tf.cast(self.tensor, self.dtype if dtype is None else dtype, name=name)

    @property
    def dtype(self) -> str:
        """What a Python number becomes."""
        return str(keras.config.floatx())

    @property
    def shape(self) -> Any:
        """Of a scalar."""
        return self.tensor.shape

    def _with(self, function: Callable[[Any, Any], Any], other: Any, *, swapped: bool = False) -> Any:
        """A number with a number gives a number; with a tensor, a tensor of its type."""
        plain = isinstance(other, int | float | Hyperparameter)
        mine = self.tensor if plain else tf.cast(self.tensor, other.dtype)
        its = tf.cast(other.tensor if isinstance(other, Hyperparameter) else other, tf.float64) if plain else other
        found = function(its, mine) if swapped else function(mine, its)
        if not plain:
            return found
        value = other.representative if isinstance(other, Hyperparameter) else other
        pair = (value, self.representative) if swapped else (self.representative, value)
        return Hyperparameter(found, function(*pair))

    def __bool__(self) -> bool:
        return bool(self.representative)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return bool(self.representative == other)

    def __lt__(self, other: Any) -> bool:
        return bool(self.representative < other)

    def __le__(self, other: Any) -> bool:
        return bool(self.representative <= other)

    def __gt__(self, other: Any) -> bool:
        return bool(self.representative > other)

    def __ge__(self, other: Any) -> bool:
        return bool(self.representative >= other)

    def __neg__(self) -> Any:
        return Hyperparameter(-self.tensor, -self.representative)

    def __add__(self, other: Any) -> Any:
        return self._with(operator.add, other)

    def __radd__(self, other: Any) -> Any:
        return self._with(operator.add, other, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(operator.sub, other)

    def __rsub__(self, other: Any) -> Any:
        return self._with(operator.sub, other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(operator.mul, other)

    def __rmul__(self, other: Any) -> Any:
        return self._with(operator.mul, other, swapped=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, other, swapped=True)

    def __pow__(self, other: Any) -> Any:
        return self._with(operator.pow, other)

    def __rpow__(self, other: Any) -> Any:
        return self._with(operator.pow, other, swapped=True)


@contextmanager
def installed(leaves: Sequence[Leaf], tensors: Sequence[Any]) -> Iterator[None]:
    """While this lasts, the leaves' attributes are the tensors of one fit."""
    pairs = zip(leaves, tensors, strict=True)
    with replaced([(leaf.owner, leaf.name, Hyperparameter(tensor, leaf.value)) for leaf, tensor in pairs]):
        yield
