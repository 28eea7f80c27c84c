"""Two hidden layers and one amount."""

import keras
from keras import layers


def build(hidden_units, learning_rate):
    """A compiled model."""
    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(hidden_units, activation="relu"),
            layers.Dense(hidden_units, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="mean_squared_error")
    return model
