"""Four hidden layers, each normalized and with dropout."""

import keras
from keras import layers


def build(hidden_units, rate, learning_rate):
    """A compiled model."""
    model = keras.Sequential([keras.Input((100,))])
    for _ in range(4):
        model.add(layers.Dense(hidden_units, use_bias=False))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
        model.add(layers.Dropout(rate))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
