"""Down by pooling, up by transposed convolutions, and across."""

import keras
from keras import layers


def build(filters, learning_rate):
    """A compiled model."""
    image = keras.Input((16, 16, 1))
    first = layers.Conv2D(filters, 3, padding="same", activation="relu")(image)
    second = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(layers.MaxPooling2D()(first))
    least = layers.Conv2D(4 * filters, 3, padding="same", activation="relu")(layers.MaxPooling2D()(second))
    up = layers.Conv2DTranspose(2 * filters, 2, strides=2, activation="relu")(least)
    up = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(layers.Concatenate()([up, second]))
    up = layers.Conv2DTranspose(filters, 2, strides=2, activation="relu")(up)
    up = layers.Conv2D(filters, 3, padding="same", activation="relu")(layers.Concatenate()([up, first]))
    model = keras.Model(image, layers.Flatten()(layers.Conv2D(1, 1)(up)))
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse")
    return model
