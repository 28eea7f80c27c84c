"""How much arithmetic a search is, and how much of it a second this machine can do at best."""

import math
from typing import Any

import keras
import tensorflow as tf

from benchmarks.together.clock import Clock
from benchmarks.together.given import Given

_SIDE, _TIMES = 2048, 12


def peak() -> dict[str, Any]:
    """Floating-point operations a second of a square matrix product on all cores, the best of twelve."""
    a = tf.random.normal((_SIDE, _SIDE))
    product = tf.function(tf.matmul)
    seconds = []
    for _ in range(_TIMES):
        clock = Clock()
        product(a, a).numpy()
        seconds.append(clock.seconds)
    return {"flops": 2 * _SIDE**3 / min(seconds)}


def products(given: Given) -> dict[str, Any]:
    """Floating-point operations of all matrix products of all fits given, training alone."""
    total = 0
    for trial in given.trials:
        build, fit = given.parts(trial)
        each = per_row(given.build(**build))
        total += sum(each * len(given.rows(fold)[0]) for fold in given.folds) * fit["epochs"]
    return {"flops": total}


def per_row(model: Any) -> int:
    """Of one row in one epoch: forwards, backwards to the weights, and, but for the first layer, to the inputs."""
    layers = [layer for layer in model.layers if any(len(weight.shape) > 1 for weight in layer.trainable_weights)]
    return sum(2 * (2 if first else 3) * _multiplications(layer) for first, layer in _marked(layers))


def _marked(layers: list[Any]) -> list[tuple[bool, Any]]:
    return [(place == 0, layer) for place, layer in enumerate(layers)]


def _multiplications(layer: Any) -> int:
    weights = sum(math.prod(weight.shape) for weight in layer.trainable_weights if len(weight.shape) > 1)
    if isinstance(layer, keras.layers.Conv2D):
        return weights * math.prod(layer.output.shape[1:-1])
    if isinstance(layer, keras.layers.Embedding):
        return 0  # rows are looked up
    recurrent = isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)
    return weights * (layer.input.shape[1] if recurrent else 1)
