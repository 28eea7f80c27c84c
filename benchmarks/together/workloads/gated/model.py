"""One GRU."""

import keras
from keras import layers


def build(units, learning_rate):
    """A compiled model."""
    model = keras.Sequential([keras.Input((24, 6)), layers.GRU(units), layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
