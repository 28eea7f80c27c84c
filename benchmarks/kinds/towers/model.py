"""A tower for each half of a row, and the product of what they make of it."""

import keras
from keras import layers


def build(units, learning_rate):
    """A compiled model."""
    row = keras.Input((40,))
    towers = []
    for half in (row[:, :20], row[:, 20:]):
        towers.append(layers.Dense(units)(layers.Dense(2 * units, activation="relu")(half)))
    met = layers.Dense(1, activation="sigmoid")(layers.Dot(1)(towers))
    model = keras.Model(row, met)
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
