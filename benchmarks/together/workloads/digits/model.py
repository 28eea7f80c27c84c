"""Two convolutions and a softmax."""

import keras
from keras import layers


def build(filters, learning_rate):
    """A compiled model."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(filters, 3, activation="relu"),
            layers.Conv2D(2 * filters, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="sparse_categorical_crossentropy")
    return model
