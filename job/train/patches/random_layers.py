"""Random layers that draw the same masks in a graph, under XLA, and after changing over from one to the other.

A graph and XLA draw the same integers from a seed and turn them into floats differently. Here the floats are made of
the integers by operations that both do alike, and as TensorFlow's own kernels do (bits into a mantissa; Box and Muller
for normal numbers): so the masks are Keras's. What can't be made so is noted, and such a program stays a graph.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_random

from job.train.patches.hyperparameters import Hyperparameter
from job.train.patches.patch import replaced

_OTHERS = ("truncated_normal", "categorical", "gamma", "binomial", "beta", "shuffle")


@contextmanager
def alike() -> Iterator[list[str]]:
    """While this lasts, Keras's random functions are replaced by ones that a graph and XLA compute alike.

    Yields:
        A list that gets the name of each function called for which there is no such replacement.
    """
    unlike: list[str] = []
    names = ("uniform", "normal", "dropout", *_OTHERS)
    before = {name: getattr(keras_random, name) for name in names}
    ours: dict[str, Callable[..., Any]] = {
        "uniform": _uniform(before["uniform"], unlike),
        "normal": _normal(before["normal"], unlike),
        "dropout": _dropout(before["dropout"], unlike),
    } | {name: _noted(name, before[name], unlike) for name in _OTHERS}
    with replaced([(keras_random, name, function) for name, function in ours.items()]):
        yield unlike


def _noted(name: str, original: Callable[..., Any], unlike: list[str]) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        unlike.append(name)
        return original(*args, **kwargs)

    return function


def _bits(shape: Any, seed: Any) -> Any:
    """Uniform 32-bit integers of a seed, as the kernels of both draw them."""
    drawn = keras_random._cast_seed(keras_random.draw_seed(seed))
    return tf.raw_ops.StatelessRandomUniformFullInt(shape=shape, seed=drawn, dtype=tf.int32)


def _unit(bits: Any) -> Any:
    """Floats in [0, 1) of 23 bits of each integer."""
    return tf.bitcast((bits & 0x7FFFFF) | 0x3F800000, tf.float32) - 1.0


def _uniform(original: Callable[..., Any], unlike: list[str]) -> Callable[..., Any]:
    def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
        if (dtype or keras.config.floatx()) != "float32":
            unlike.append("uniform")
            return original(shape, minval=minval, maxval=maxval, dtype=dtype, seed=seed)
        low, high = tf.cast(minval, tf.float32), tf.cast(maxval, tf.float32)
        return _unit(_bits(shape, seed)) * (high - low) + low

    return uniform


def _normal(original: Callable[..., Any], unlike: list[str]) -> Callable[..., Any]:
    def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
        if (dtype or keras.config.floatx()) != "float32":
            unlike.append("normal")
            return original(shape, mean=mean, stddev=stddev, dtype=dtype, seed=seed)
        count = tf.reduce_prod(tf.convert_to_tensor(shape, tf.int32))
        units = tf.reshape(_unit(_bits([(count + 1) // 2 * 2], seed)), [-1, 2])
        radius = tf.sqrt(-2.0 * tf.math.log(tf.maximum(units[:, 0], 1e-7)))
        angle = 2.0 * math.pi * units[:, 1]
        pairs = tf.stack([tf.sin(angle) * radius, tf.cos(angle) * radius], axis=1)
        return tf.reshape(tf.reshape(pairs, [-1])[:count], shape) * stddev + mean

    return normal


def _dropout(original: Callable[..., Any], unlike: list[str]) -> Callable[..., Any]:
    def dropout(inputs: Any, rate: Any, noise_shape: Any = None, seed: Any = None) -> Any:
        if inputs.dtype != tf.float32:
            unlike.append("dropout")
            return original(inputs, rate, noise_shape=noise_shape, seed=seed)
        if not isinstance(rate, Hyperparameter) and rate in (0.0, 1.0):
            return original(inputs, rate, noise_shape=noise_shape, seed=seed)
        shape = keras_random._get_concrete_noise_shape(inputs, noise_shape)
        kept = _unit(_bits(shape, seed)) >= rate
        return tf.where(kept, inputs * (1 / (1 - rate)), 0.0)

    return dropout
