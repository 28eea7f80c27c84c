"""What Keras keeps for a whole process is put back when a build is done with, and what it changed is told."""

from collections.abc import Callable
from contextlib import suppress

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.common import global_state

from job.train.patches import keras_state
from job.train.patches.keras_state import KerasState

SETTINGS: dict[str, Callable[[], object]] = {
    "floatx": lambda: keras.config.set_floatx("float64"),
    "epsilon": lambda: keras.config.set_epsilon(1e-3),
    "image data format": lambda: keras.config.set_image_data_format("channels_first"),
    "max epochs": lambda: keras.config.set_max_epochs(1),
    "max steps per epoch": lambda: keras.config.set_max_steps_per_epoch(1),
    "dtype policy": lambda: keras.config.set_dtype_policy("mixed_bfloat16"),
    "flash attention": keras.config.disable_flash_attention,
    "run_functions_eagerly": lambda: tf.config.run_functions_eagerly(True),
}
"""By what each is called where it is told, a way of setting it."""


def public() -> list[object]:
    """What Keras and TensorFlow tell of themselves."""
    kept = keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()
    caps = keras.config.max_epochs(), keras.config.max_steps_per_epoch()
    eager = tf.config.functions_run_eagerly()
    return [*kept, *caps, keras.config.dtype_policy().name, keras.config.is_flash_attention_enabled(), eager]


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_set_is_told_and_put_back(name: str) -> None:
    """One setting, in the words that a user is told it by; after, Keras says of itself what it said before."""
    before = public()
    with keras_state.kept() as state:
        SETTINGS[name]()
        assert public() != before
        assert KerasState.now().changed(state) == [name]
    assert public() == before
    assert KerasState.now().changed(state) == []


def test_all_is_put_back_after_an_error() -> None:
    """Several settings, and a build that raises."""
    before = public()
    with suppress(ZeroDivisionError), keras_state.kept():
        for setting in SETTINGS.values():
            setting()
        raise ZeroDivisionError
    assert public() == before


def test_what_every_build_does_is_no_change() -> None:
    """Its seed is set, it draws by Keras's global generator, and asks for a policy by making a layer."""
    with keras_state.kept() as before:
        keras.utils.set_random_seed(3)
        keras.random.normal((2,))
        keras.layers.Dense(2)
        keras.config.set_dtype_policy(keras.config.floatx())
        assert KerasState.now().changed(before) == []


def test_draws_go_on_where_they_were() -> None:
    """Keras's global generator is the one from before: seeded otherwise in between, its next numbers are its own."""
    with keras_state.kept():
        keras.random.normal((2,))
        before = global_state.get_global_attribute("global_seed_generator")
        known = np.asarray(before.state)
        with keras_state.kept():
            keras.utils.set_random_seed(4)
        assert global_state.get_global_attribute("global_seed_generator") is before
        np.testing.assert_array_equal(before.state, known)
