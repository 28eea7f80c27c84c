"""Normalization layers that learn from each fit's training rows: what they learn is state of the fit, as its weights.

What a layer learns depends on its rows alone, so it is learnt once for all fits on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from job.data.rows import Array, Indices, Inputs
from job.plan import identity
from job.train import adapt, feeding
from job.train.patches import normalization, private
from job.train.refusals import Refusal

_ROWS = 1024  # rows made tensors at once


class Unreachable(Refusal):
    """A layer learns from something else than an input of the model; the message says which."""


@dataclass(frozen=True, eq=False)
class Learning:
    """One layer that learns.

    Attributes:
        layer: of a model without values.
        places: of its mean and its variance among the model's variables.
        takes: which of a model's inputs it is given: a name, an index, or None for the only one.
    """

    layer: Any
    places: tuple[int, int]
    takes: str | int | None

    def from_rows(self, X: Inputs, rows: Indices) -> tuple[Array, Array]:
        """What Keras's own ``adapt`` learns from these rows: mean and variance."""
        real = type(self.layer).from_config(self.layer.get_config())
        real.adapt(np.concatenate(list(self._parts(X, rows))))
        return real.adapt_mean.numpy(), real.adapt_variance.numpy()

    def _parts(self, X: Inputs, rows: Indices) -> Iterator[Array]:
        for at in range(0, len(rows), _ROWS):
            given = feeding.tensors(X, rows[at : at + _ROWS])
            taken = given if self.takes is None else given[self.takes]
            yield keras.ops.convert_to_numpy(keras.ops.cast(taken, self.layer.compute_dtype))


@dataclass(eq=False)
class Learned:
    """What layers learnt, for each lot of rows once."""

    X: Inputs
    _known: dict[Any, tuple[Array, Array]] = field(default_factory=dict)

    def put(self, values: list[Array], layers: Sequence[Learning], rows: Indices) -> list[Array]:
        """Initial values of one fit, with what its layers learn from its training rows in their places."""
        digest = identity.rows(rows) if layers else ""
        for one in layers:
            key = (digest, one.takes, repr(one.layer.axis), one.layer.compute_dtype)
            if key not in self._known:
                self._known[key] = one.from_rows(self.X, rows)
            for place, value in zip(one.places, self._known[key], strict=True):
                values[place] = value.astype(values[place].dtype, copy=False)
        return values


def refuse_others(model: Any) -> None:
    """Raises Unreachable for a layer that learns what is no number; to be asked before anything was learnt."""
    if others := [type(one).__name__ for one in adapt.waiting(model)]:
        raise Unreachable(f"a {others[0]} layer learns its vocabulary or boundaries from each fit's training rows")


def of(model: Any, variables: Sequence[Any], X: Inputs) -> list[Learning]:
    """The layers of a model, built without values, that learn from a fit's training rows.

    Raises:
        Unreachable: one of them can't be followed.
    """
    places = {id(variable): place for place, variable in enumerate(variables)}
    return [
        Learning(one, (places[id(one.adapt_mean)], places[id(one.adapt_variance)]), _taken(one, model, X))
        for one in normalization.learning(model)
    ]


def _taken(layer: Any, model: Any, X: Inputs) -> str | int | None:
    """Which input of the model goes straight into a layer."""
    inputs = {id(tensor): place for place, tensor in enumerate(getattr(model, "inputs", None) or ())}
    given = {id(tensor): tensor for node in private.nodes(layer) for tensor in node.input_tensors}
    if len(given) != 1 or next(iter(given)) not in inputs:
        raise Unreachable(f"the Normalization `{layer.name}` learns from what other layers make of the rows")
    (key, tensor), *_ = given.items()
    if isinstance(X, Mapping):
        return str(private.history(tensor).operation.name)
    return inputs[key] if isinstance(X, tuple) else None
