"""Settings that differ between the fits of one program: numbers of Keras's objects that become tensors while traced.

Keras branches on such numbers in Python (``if self.momentum != 0``). So a tensor in their place answers comparisons as
one representative of the program's fits would, and only fits that answer alike share a program: zero and not zero.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

PER_FIT: dict[str, frozenset[str]] = {
    "BaseOptimizer": frozenset(
        {
            "weight_decay",
            "clipnorm",
            "global_clipnorm",
            "clipvalue",
            "ema_momentum",
            "momentum",
            "beta_1",
            "beta_2",
            "rho",
            "epsilon",
            "initial_accumulator_value_",
            "learning_rate_power",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
            "beta",
            "clip_threshold",
        }
    ),  # fmt: skip
    "LearningRateSchedule": frozenset(
        {
            "initial_learning_rate",
            "decay_rate",
            "alpha",
            "end_learning_rate",
            "power",
            "warmup_target",
            "_initial_learning_rate",
            "_t_mul",
            "_m_mul",
            "_alpha",
        }
    ),  # fmt: skip
    "L1": frozenset({"l1"}),
    "L2": frozenset({"l2"}),
    "L1L2": frozenset({"l1", "l2"}),
    "Dropout": frozenset({"rate"}),
    "GaussianNoise": frozenset({"stddev"}),
    "AlphaDropout": frozenset({"rate"}),
    "BatchNormalization": frozenset({"momentum", "epsilon"}),
}


@dataclass(frozen=True, eq=False)
class Leaf:
    """One number that a program may hold per fit: an object's attribute."""

    owner: Any
    name: str
    value: float

    @property
    def sort(self) -> str:
        """What Keras's branches tell apart."""
        return "zero" if self.value == 0 else "one" if self.value == 1 else "negative" if self.value < 0 else "positive"


def is_per_fit(kind: type, name: str, value: Any) -> bool:
    """Whether an attribute is a number that may differ between the fits of a program."""
    if isinstance(value, bool) or not isinstance(value, int | float | tf.Tensor):
        return False
    if isinstance(value, tf.Tensor) and (value.shape.rank != 0 or not value.dtype.is_floating):
        return False
    return kind.__module__.startswith("keras.") and any(name in PER_FIT.get(base.__name__, ()) for base in kind.__mro__)


class Setting:
    """A number of one fit, as a tensor that Keras's Python takes for a number."""

    def __init__(self, tensor: Any, representative: float) -> None:
        self.tensor = tensor
        self.representative = representative

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        del name
        return self.tensor if dtype is None else tf.cast(self.tensor, dtype)

    @property
    def dtype(self) -> str:
        return str(self.tensor.dtype.name)

    @property
    def shape(self) -> Any:
        return self.tensor.shape

    def __bool__(self) -> bool:
        return bool(self.representative)

    def __float__(self) -> float:
        raise TypeError("a setting that differs between fits has no one value")

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return self.representative == other

    def __ne__(self, other: object) -> Any:
        return self.representative != other

    def __lt__(self, other: Any) -> Any:
        return self.representative < other

    def __le__(self, other: Any) -> Any:
        return self.representative <= other

    def __gt__(self, other: Any) -> Any:
        return self.representative > other

    def __ge__(self, other: Any) -> Any:
        return self.representative >= other

    def __add__(self, other: Any) -> Any:
        return self.tensor + _like(other, self.tensor)

    def __radd__(self, other: Any) -> Any:
        return _like(other, self.tensor) + self.tensor

    def __sub__(self, other: Any) -> Any:
        return self.tensor - _like(other, self.tensor)

    def __rsub__(self, other: Any) -> Any:
        return _like(other, self.tensor) - self.tensor

    def __mul__(self, other: Any) -> Any:
        return self.tensor * _like(other, self.tensor)

    def __rmul__(self, other: Any) -> Any:
        return _like(other, self.tensor) * self.tensor

    def __truediv__(self, other: Any) -> Any:
        return self.tensor / _like(other, self.tensor)

    def __rtruediv__(self, other: Any) -> Any:
        return _like(other, self.tensor) / self.tensor

    def __pow__(self, other: Any) -> Any:
        return self.tensor ** _like(other, self.tensor)

    def __rpow__(self, other: Any) -> Any:
        return _like(other, self.tensor) ** self.tensor

    def __neg__(self) -> Any:
        return -self.tensor


def _like(other: Any, tensor: Any) -> Any:
    return tf.cast(other, tensor.dtype) if isinstance(other, tf.Tensor) else tf.convert_to_tensor(other, tensor.dtype)


@contextmanager
def installed(leaves: Sequence[Leaf], tensors: Sequence[Any]) -> Iterator[None]:
    """While this lasts, the leaves' attributes are the tensors of one fit."""
    before = [getattr(leaf.owner, leaf.name) for leaf in leaves]
    for leaf, tensor in zip(leaves, tensors, strict=True):
        object.__setattr__(leaf.owner, leaf.name, Setting(tensor, leaf.value))
    try:
        yield
    finally:
        for leaf, old in zip(leaves, before, strict=True):
            object.__setattr__(leaf.owner, leaf.name, old)
