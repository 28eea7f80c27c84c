"""Temporary changes to Keras while a step is traced to be mapped over fits."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import numpy as keras_numpy

from job.train import pulse
from job.train.patches import (
    convolution,
    loss_gradients,
    normalization,
    private,
    random_layers,
    recurrent,
    recurrent_sizes,
    runtime,
    tensorflow_log,
    vectorize,
)
from job.train.patches.patch import replaced


@contextmanager
def of(model: Any, variables: Sequence[Any], sizes: Sequence[tuple[Any, str]]) -> Iterator[list[str]]:
    """While this lasts, the model can be traced as a function of one fit.

    Args:
        model: built without values.
        variables: whose sizes are not to be seen; empty when the trace is for this one shape.
        sizes: attributes not to be seen either.

    Yields:
        A list that gets the name of each random function called that a graph and XLA compute differently.
    """
    with ExitStack() as stack:
        stack.enter_context(pulse.excused("tracing"))
        stack.enter_context(runtime.objects())
        convolutions = replaced(convolution.replacements(model))
        normalizations = replaced(normalization.replacements(model))
        shorter = replaced(loss_gradients.replacements())
        for context in (
            tensorflow_log.silent(),
            _plain_sums(),
            recurrent.looped(model, free=bool(variables)),
            convolutions,
            normalizations,
            shorter,
            _shapeless(variables, recurrent_sizes.fixed(model)),
            _sizeless(sizes),
            vectorize.pruned(),
        ):
            stack.enter_context(context)
        try:
            yield stack.enter_context(random_layers.alike())
        finally:
            private.clear_losses(model)


def _plain_sums() -> AbstractContextManager[None]:
    """Keras adds a bias by an operation of its own, squeezed: of a single fit that would squeeze the fits away."""
    original = keras_numpy.add

    def add(x1: Any, x2: Any) -> Any:
        if isinstance(x2, keras.Variable):
            x2 = tf.convert_to_tensor(x2)
        if tf.is_tensor(x1) and tf.is_tensor(x2) and x1.dtype == x2.dtype:
            return tf.add(x1, x2)
        return original(x1, x2)

    return replaced([(keras_numpy, "add", add)])


def _shapeless(variables: Sequence[Any], fixed: Mapping[int, Sequence[Any]]) -> AbstractContextManager[None]:
    """Variables don't tell their sizes, so that no size of this one model gets into the trace; ``fixed`` ones do."""
    return replaced([(one, "_shape", tuple(fixed.get(id(one), (None,) * len(one._shape)))) for one in variables])


def _sizeless(sizes: Sequence[tuple[Any, str]]) -> AbstractContextManager[None]:
    """Nor do layers: the filters of a convolution only go into a reshape, where -1 is whatever they are."""
    return replaced(
        [
            (owner, name, -1 if name == "filters" else None)
            for owner, name in sizes
            if not isinstance(owner, keras.InputSpec)
        ]
    )
