"""One hidden layer that predicts an amount."""

import keras
from keras import layers


def build(units, l2, learning_rate):
    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Normalization(),  # learns mean and variance from each fit's training rows alone
            layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.L2(l2)),
            layers.Dense(1),
            layers.Rescaling(75.0, offset=150.0),  # progression lies about 150, give or take 75
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="mean_absolute_error")
    return model
