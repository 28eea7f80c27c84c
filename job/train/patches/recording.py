"""A build without values: each variable tells what it would be initialized with, and has none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from keras.src.backend.tensorflow.core import Variable
from keras.src.backend.tensorflow.optimizer import TFOptimizer

from job.train.patches.patch import replaced


@contextmanager
def recording(origins: dict[int, Any]) -> Iterator[None]:
    """While this lasts, variables keep in ``origins`` what they would be initialized with, and have no value."""

    def from_initializer(self: Any, initializer: Callable[..., Any]) -> None:
        origins[id(self)] = initializer
        self._initializer = _nothing
        self._value = None

    def from_value(self: Any, value: Any) -> None:
        origins[id(self)] = value
        self._value = value

    def deferred(self: Any) -> None:
        from_initializer(self, self._initializer)

    own = {
        (Variable, "_initialize_with_initializer"): from_initializer,
        (Variable, "_initialize"): from_value,
        (Variable, "_deferred_initialize"): deferred,
        (TFOptimizer, "_var_key"): lambda self, variable: id(variable),  # noqa: ARG005
    }
    with replaced([(*place, function) for place, function in own.items()]):
        yield


def _nothing(shape: Any, dtype: Any = None) -> Any:
    return tf.zeros(shape, dtype)
