"""A tiny network, and a callback that waits while a test says so."""

import socket
import time
from pathlib import Path

import keras
from keras import layers

GATE = Path("/gate")


def build(units, learning_rate):
    """Build the network."""
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(units, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), loss="binary_crossentropy")
    return model


def build_but_not_of_three(units, learning_rate):
    """Raise for some trials."""
    if units == 3:
        raise ValueError("three units are one too many")
    return build(units, learning_rate)


class Gate(keras.callbacks.Callback):
    """Fits of three units wait while there is a file ``hold``; one whose pod is named by a file eats up the memory."""

    def on_train_begin(self, logs=None):  # noqa: ARG002 - Keras's own
        """Wait, or eat."""
        pod, eaten = socket.gethostname(), []
        while self.model.layers[0].units == 3 and (GATE / "hold").exists():
            (GATE / f"held-{pod}").touch()
            if (GATE / f"eat-{pod}").exists():
                eaten.append(bytearray(b"x" * 2**26))
            else:
                time.sleep(0.02)
