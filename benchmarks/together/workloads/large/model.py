"""A model whose every step fills the machine."""

import keras
from keras import layers


def build(learning_rate):
    """A compiled model."""
    model = keras.Sequential(
        [
            keras.Input((512,)),
            layers.Dense(2048, activation="relu"),
            layers.Dense(2048, activation="relu"),
            layers.Dense(2048, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.SGD(learning_rate), loss="binary_crossentropy")
    return model
