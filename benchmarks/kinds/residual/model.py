"""Three blocks of two dense layers with batch normalization."""

import keras
from keras import layers


def build(units, learning_rate):
    """A compiled model."""
    row = keras.Input((50,))
    x = layers.Dense(units)(row)
    for _ in range(3):
        more = layers.Activation("relu")(layers.BatchNormalization()(layers.Dense(units)(x)))
        more = layers.BatchNormalization()(layers.Dense(units)(more))
        x = layers.Activation("relu")(x + more)
    model = keras.Model(row, layers.Dense(1, activation="sigmoid")(x))
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
