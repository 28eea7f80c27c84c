"""Four dense layers, the second one narrow."""

import keras
from keras import layers


def build(units, learning_rate):
    """A compiled model."""
    wide, narrow = layers.Dense(48, activation="relu"), layers.Dense(units)
    model = keras.Sequential([keras.Input((64,)), wide, narrow, layers.Dense(48, activation="relu"), layers.Dense(64)])
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse")
    return model
