"""Keras's recurrent cells when their sizes are not known: what of them looks at a number takes it from the weights."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import activations, layers

from job.train.patches import private
from job.train.patches.patch import Replacement, replaced

_STATES = {layers.LSTMCell: 2, layers.GRUCell: 1, layers.SimpleRNNCell: 1}
_NUMBER_BY_NUMBER = (
    activations.tanh,
    activations.sigmoid,
    activations.relu,
    activations.linear,
    activations.softplus,
    activations.softsign,
    activations.exponential,
)


def replacements(model: Any) -> list[Replacement]:
    """What Keras's own cells of a model are replaced by: how states begin, and the size that some cut by."""
    cells = [one for one in private.layers(model) if type(one) in _STATES]
    return [
        *((cell, "get_initial_state", _beginning(cell)) for cell in cells),
        *((cell, "call", _cutting(cell)) for cell in cells if type(cell) is not layers.SimpleRNNCell),
    ]


def fixed(model: Any) -> dict[int, list[int | None]]:
    """Shapes, by the variable's ``id``, of which a part is the same whatever the sizes: the two biases of a GRU."""
    cells = [one for one in private.layers(model) if type(one) is layers.GRUCell]
    return {id(one.bias): [2, None] for one in cells if one.bias is not None and len(one.bias.shape) == 2}


def are_alike(model: Any) -> bool:
    """Whether all recurrent cells add and multiply only what is of one shape, biases and single numbers apart."""
    cells = [one.cell for one in private.layers(model) if isinstance(one, layers.RNN)]
    cells = [one for cell in cells for one in getattr(cell, "cells", [cell])]
    return all(type(one) in _STATES and _is_plain(one) for one in cells)


def _is_plain(cell: Any) -> bool:
    used = (cell.activation, getattr(cell, "recurrent_activation", activations.linear))
    return all(any(one is known for known in _NUMBER_BY_NUMBER) for one in used)


def _units(cell: Any) -> Any:
    return tf.shape(tf.convert_to_tensor(cell.recurrent_kernel))[0]


def _beginning(cell: Any) -> Callable[..., Any]:
    def get_initial_state(batch_size: Any = None) -> list[Any]:
        zeros = tf.zeros(tf.stack([batch_size, _units(cell)]), cell.compute_dtype)
        zeros.set_shape([None, None])
        return [zeros] * _STATES[type(cell)]

    return get_initial_state


def _cutting(cell: Any) -> Callable[..., Any]:
    def call(*given: Any, **more: Any) -> Any:
        with replaced([(cell, "units", _units(cell))]):
            return type(cell).call(cell, *given, **more)

    return call
