"""A tiny network whose epochs take their time; with one learning rate it runs out of memory in one fold."""

import os
import time

import keras
from keras import layers

CULPRIT = 0.2


def build(units, learning_rate):
    """Build the network."""
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(units, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), loss="binary_crossentropy")
    return model


class Slow(keras.callbacks.Callback):
    """Epochs of half a second; the culprit's eats all the memory of its pod, and fails where it is in none."""

    def __init__(self, fold):
        """Take the fold's number: one of the culprit's is harmless."""
        super().__init__()
        self.fold = int(fold)

    def on_epoch_end(self, epoch, logs=None):
        """Wait, or eat."""
        if self.fold == 0 and abs(float(self.model.optimizer.learning_rate) - CULPRIT) < 1e-6:
            if "POD" not in os.environ:
                raise MemoryError("there is no pod whose memory it could take")
            eaten = []
            while True:
                eaten.append(bytearray(b"x" * 2**26))
        time.sleep(0.5)
