"""What can go together, found by comparing what was built: the objects themselves, not how the user made them.

Three things are taken out of the comparison: the shapes of variables, with the numbers that only decide them; the
numbers that one program can hold per fit; and the values of variables. Models that agree in the rest differ only in
what was taken out.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from job.train.patches import hyperparameters
from job.train.patches.hyperparameters import Leaf
from job.train.sameness import Walk

_SIZES: dict[str, frozenset[str]] = {  # attributes of Keras's own classes that only decide the shapes of variables
    "Dense": frozenset({"units"}),
    "Embedding": frozenset({"input_dim", "output_dim"}),
    "BaseConv": frozenset({"filters"}),
    "BaseConvTranspose": frozenset({"filters"}),
    "BaseSeparableConv": frozenset({"filters"}),
    "RNN": frozenset({"state_size"}),
    "LSTMCell": frozenset({"units", "state_size", "output_size"}),
    "GRUCell": frozenset({"units", "state_size", "output_size"}),
    "SimpleRNNCell": frozenset({"units", "state_size", "output_size"}),
    "InputSpec": frozenset({"shape", "axes"}),
}

_INITIAL = frozenset({"initial_accumulator_value"})  # only says how variables begin


@dataclass(frozen=True, eq=False)
class Signature:
    """A model compared.

    Attributes:
        digest: equal for models that one program of unknown dimensions can train.
        shapes: equal, with ``digest``, for models that one program of known dimensions can train.
        heads: shapes of the outputs of one row, the same for all models of one ``digest``.
        leaves: numbers that may differ per fit, in the same order for all models of one ``digest``.
        sizes: the objects and names of the attributes that decide shapes.
        is_own: whether there is code of the user's own in it.
    """

    digest: str
    shapes: tuple[Any, ...]
    heads: tuple[tuple[int | None, ...], ...]
    leaves: tuple[Leaf, ...]
    sizes: tuple[tuple[Any, str], ...]
    is_own: bool


def of(model: Any, outputs: Any) -> Signature:
    """Compares a compiled model whose weights are created and whose optimizer is not.

    Args:
        model: to compare.
        outputs: its symbolic outputs.

    Raises:
        NotComparable: something of it can't be compared.
    """
    walk = _Shapeless()
    walk.run(model)
    heads = tuple(tuple(one.shape[1:]) for one in keras.tree.flatten(outputs))
    walk.say("outputs", heads)
    shapes, leaves, sizes = tuple(walk.shapes), tuple(walk.leaves), tuple(walk.sizes)
    return Signature(walk.hash.hexdigest(), shapes, heads, leaves, sizes, walk.is_own)


class _Shapeless(Walk):
    """A walk that keeps shapes and per-fit numbers apart."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[Any] = []
        self.leaves: list[Leaf] = []
        self.sizes: list[tuple[Any, str]] = []

    def shape(self, shape: Iterable[int | None]) -> None:
        """Keeps a shape apart; only its rank is compared."""
        found = tuple(shape)
        self.shapes.append(found)
        self.say("rank", len(found))

    def held(self, variable: Any) -> None:
        """Compares the value too: a program has one for all fits, as no model's state has it."""
        self.then([np.asarray(variable)])

    def compared(self, owner: Any, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keeps sizes and per-fit numbers of Keras's own objects apart."""
        kind = type(owner)
        if not kind.__module__.startswith("keras."):
            return found
        sizes, kept = _sizes(kind.__mro__), {}
        for name, value in found.items():
            if name in sizes:
                self.shapes.append(repr(value))
                self.sizes.append((owner, name))
            elif leaves := hyperparameters.leaves(kind, owner, name, value):
                self.leaves.extend(leaves)
                self.say(name, "per fit", *(leaf.sort for leaf in leaves))
            elif name not in _INITIAL:
                kept[name] = value
        return kept


@functools.lru_cache(maxsize=512)
def _sizes(bases: tuple[type, ...]) -> frozenset[str]:
    return frozenset().union(*(_SIZES.get(base.__name__, frozenset()) for base in bases))
