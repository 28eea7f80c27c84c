"""A tiny network, and a callback that waits while a test says so."""

import os
import time
from pathlib import Path

import keras
from keras import layers

GATE = Path("/gate")
FIRST = 0.005  # the first trial, which the worker that prepares trains, learns more slowly


def build(units, learning_rate):
    """Build the network."""
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(units, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), loss="binary_crossentropy")
    return model


def build_but_not_fast(units, learning_rate):
    """Raise for some trials."""
    if learning_rate > FIRST:
        raise ValueError(f"{learning_rate} is too fast")
    return build(units, learning_rate)


class Gate(keras.callbacks.Callback):
    """All fits but the first trial's wait while there is a file ``hold``; a pod named by a file eats up the memory."""

    def on_train_begin(self, logs=None):
        """Wait, or eat."""
        pod, eaten = os.environ.get("POD"), []
        while float(self.model.optimizer.learning_rate) > FIRST and (GATE / "hold").exists():
            (GATE / f"held-{pod}").touch()
            if (GATE / f"eat-{pod}").exists():
                eaten.append(bytearray(b"x" * 2**26))
            else:
                time.sleep(0.02)
