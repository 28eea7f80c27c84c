"""Recurrent layers of all fits: one loop over time, whose body is one cell mapped over the fits.

TensorFlow's vectorizer maps a layer's whole graph, step by step or a loop with all that Keras does around it: seconds
of Python for each program. So, while the step of one fit is traced, Keras's ``rnn`` is one operation, and its gradient
another. What the vectorizer makes of them is ours: the loop, and backwards a loop over the gradient of the cell. The
cell is any function that Keras's ``rnn`` takes; what it uses from outside, weights and masks, is what it captures.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src import backend
from keras.src.backend.common.stateless_scope import get_stateless_scope
from tensorflow.python.ops.parallel_for import pfor

from job.train.patches import private, recurrent_sizes
from job.train.patches.patch import replaced
from job.train.patches.recurrent_cell import Cell, Untraceable
from job.train.patches.recurrent_loop import Loop, Loops

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


@contextmanager
def looped(model: Any, *, free: bool) -> Iterator[None]:
    """While this lasts, the model's recurrent layers are such operations.

    Args:
        model: built without values.
        free: whether sizes of weights are not known.
    """
    loops: Loops = {}
    layers = [one for one in private.layers(model) if hasattr(one, "use_cudnn")]
    registry = pfor._pfor_converter_registry
    rules = [(registry, name, _converter(loops, registry[name])) for name in _CALLS]
    kernels = [(layer, "use_cudnn", False) for layer in layers]  # they take one set of weights
    sizes = recurrent_sizes.replacements(model) if free else []
    rnn = _rnn(backend.rnn, loops, alike=recurrent_sizes.are_alike(model))
    with replaced([(backend, "rnn", rnn), *rules, *kernels, *sizes]):
        yield


def _converter(loops: Loops, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(given: Any) -> Any:
        of_all = loops.get(given.get_attr("f").name)
        if of_all is None:
            return original(given)
        return [pfor.wrap(one, True) for one in of_all(given)]

    return convert


def _rnn(original: Callable[..., Any], loops: Loops, *, alike: bool) -> Callable[..., Any]:
    def rnn(step: Callable[..., Any], inputs: Any, initial_states: Any, **more: Any) -> Any:
        if more.get("time_major") or more.get("constants") or tf.is_tensor(more.get("input_length")):
            return original(step, inputs, initial_states, **more)
        rows = [tf.convert_to_tensor(one) for one in keras.tree.flatten(inputs)]

        def one_step(rows: Sequence[Any], states: Sequence[Any]) -> Any:
            packed = keras.tree.pack_sequence_as(initial_states, list(states))
            return step(keras.tree.pack_sequence_as(inputs, list(rows)), tuple(packed))

        try:
            with _unchanged():
                cell = Cell.of(
                    one_step,
                    rows,
                    [tf.convert_to_tensor(one) for one in keras.tree.flatten(initial_states)],
                    _steps_mask(more.get("mask")),
                    zeros=more.get("zero_output_for_mask", False),
                    every=more.get("return_all_outputs", True),
                )
        except Untraceable:
            return original(step, inputs, initial_states, **more)
        loop = Loop(cell, loops, backwards=more.get("go_backwards", False), alike=alike)
        last, outputs, states = loop.run()
        return last, outputs, keras.tree.pack_sequence_as(initial_states, states)

    return rnn


def _steps_mask(mask: Any) -> Any:
    """A mask of (rows, steps, 1), or None."""
    if mask is None:
        return None
    mask = tf.cast(mask, tf.bool)
    return mask[..., None] if mask.shape.rank == 2 else mask


@contextmanager
def _unchanged() -> Iterator[None]:
    """Refuses a cell that changes variables in its steps, or adds losses: it cannot be traced as a function."""
    scope = get_stateless_scope()
    values, losses = dict(scope.state_mapping), list(scope.losses)
    try:
        yield
    finally:
        changed = any(values.get(key) is not one for key, one in scope.state_mapping.items())
        changed |= len(scope.losses) > len(losses)
        scope.state_mapping.clear()
        scope.state_mapping.update(values)
        scope.losses[:] = losses
    if changed:
        raise Untraceable
