"""One hidden layer; the study says what varies."""

import keras
from keras import layers


def build(hidden_units, learning_rate):
    model = keras.Sequential(
        [
            keras.Input((30,)),
            layers.Normalization(),  # learns mean and variance from each fit's training rows alone
            layers.Dense(hidden_units, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="binary_crossentropy", metrics=["accuracy"])
    return model
