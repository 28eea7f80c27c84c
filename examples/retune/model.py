"""One hidden layer; the study says how wide."""

import keras
from keras import layers


def build(hidden_units, learning_rate):
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(hidden_units, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
