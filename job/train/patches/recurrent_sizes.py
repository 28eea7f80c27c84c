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
        *(one for cell in private.layers(model) if _is_convolving(cell) for one in _convolving(cell)),
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


def _is_convolving(layer: Any) -> bool:
    """Whether it is the cell of a ``ConvLSTM``, of an image whose sizes are known."""
    return hasattr(layer, "input_conv") and layer.data_format == "channels_last" and None not in layer.spatial_dims


def _convolving(cell: Any) -> list[Replacement]:
    """How such a cell's states begin, and its convolutions: with as many channels as its rows have, whatever those are.

    Keras takes filters of another number of channels for groups.
    """
    convolve = cell.recurrent_conv

    def of_rows(rows: Any, filters: Any) -> Any:
        filters = tf.convert_to_tensor(filters)
        filters.set_shape([*filters.shape[:-2], rows.shape[-1], filters.shape[-1]])
        return filters

    def input_conv(rows: Any, filters: Any, bias: Any = None, padding: str = "valid") -> Any:
        with replaced([(cell, "filters", tf.shape(filters)[-1])]):
            return type(cell).input_conv(cell, rows, of_rows(rows, filters), bias, padding)

    def recurrent_conv(rows: Any, filters: Any) -> Any:
        return convolve(rows, of_rows(rows, filters))

    def get_initial_state(batch_size: Any = None) -> list[Any]:
        out = cell.compute_output_shape((1, *cell.spatial_dims, cell.input_dim))[0][1:-1]
        width = tf.shape(tf.convert_to_tensor(cell.recurrent_kernel))[-2]
        zeros = tf.zeros(tf.stack([batch_size, *out, width]), cell.compute_dtype)
        zeros.set_shape([None, *out, None])
        return [zeros, zeros]

    return [
        (cell, "input_conv", input_conv),
        (cell, "recurrent_conv", recurrent_conv),
        (cell, "get_initial_state", get_initial_state),
    ]
