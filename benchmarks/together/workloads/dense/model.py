"""Two hidden layers of one width."""

import keras
from keras import layers


def build(hidden_units, learning_rate):
    """A compiled model."""
    model = keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(hidden_units, activation="relu"),
            layers.Dense(hidden_units, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
