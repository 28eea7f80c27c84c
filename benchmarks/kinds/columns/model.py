"""An embedding for each kind of code, beside the numbers."""

import keras
from keras import layers


def build(units, width, learning_rate):
    """A compiled model."""
    row = keras.Input((12,))
    found = [row[:, :8]]
    for kind in range(4):
        found.append(layers.Embedding(20, width)(row[:, 8 + kind]))
    x = layers.Dense(units, activation="relu")(layers.Concatenate()(found))
    x = layers.Dropout(0.2)(x)
    model = keras.Model(row, layers.Dense(1, activation="sigmoid")(layers.Dense(units, activation="relu")(x)))
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
