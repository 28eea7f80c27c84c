"""What TensorFlow's log leaves out, of whom, and that it is all told again after."""

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress

import keras
import numpy as np
import pytest
import tensorflow as tf
from train.cases import Case

from job.train.patches import tensorflow_log

RETRACED = "5 out of the last 5 calls to <function one_step> triggered tf.function retracing. Tracing is expensive"
OTHER = "something else"


class Heard(logging.Handler):
    """Takes down what gets through."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What TensorFlow's log tells."""
    handler, logger = Heard(), tf.get_logger()
    logger.addHandler(handler)
    yield handler.said
    logger.removeHandler(handler)


def say() -> None:
    """Both, as warnings."""
    for one in (RETRACED, OTHER):
        tf.get_logger().warning(one)


def test_what_is_traced_on_purpose_is_no_mistake(heard: list[str]) -> None:
    """Of this thread; what another says meanwhile, and what else is said, is told, and after an error all of it."""
    with suppress(ZeroDivisionError), tensorflow_log.traced_on_purpose():
        say()
        assert heard == [OTHER]
        beside = threading.Thread(target=say)
        beside.start()
        beside.join()
        assert heard == [OTHER, RETRACED, OTHER]
        raise ZeroDivisionError
    heard.clear()
    say()
    assert heard == [RETRACED, OTHER]


def test_two_that_end_in_any_order_leave_nothing(heard: list[str]) -> None:
    """Each takes its own away, whichever came first."""
    before = list(tf.get_logger().filters)
    first, second = tensorflow_log.silent(), tensorflow_log.traced_on_purpose()
    first.__enter__()
    second.__enter__()
    say()
    assert heard == []
    first.__exit__(None, None, None)
    say()
    assert heard == [OTHER]
    second.__exit__(None, None, None)
    assert tf.get_logger().filters == before


def test_a_fit_by_keras_is_traced_on_purpose(heard: list[str]) -> None:
    """In training and in prediction; nothing of it is left for what the user traces."""

    @keras.saving.register_keras_serializable("tests")
    class Says(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
        """Says it whenever a step is traced."""

        def call(self, rows, training=None):
            if training is not None and not tf.executing_eagerly():
                say()
            return rows

    def build():
        model = keras.Sequential([keras.Input((2,)), Says(), keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    rows = np.zeros((12, 2), "float32")
    trained = Case(build, rows, np.arange(12) % 2, settings={"fit": {"epochs": 1}}).train()
    assert trained.failure is None
    assert heard == [OTHER, OTHER]
    heard.clear()
    say()
    assert heard == [RETRACED, OTHER]
