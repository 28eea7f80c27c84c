"""An embedding with places, attention and two dense layers, each added to what it reads and normalized."""

import keras
from keras import layers


def build(width, learning_rate):
    """A compiled model."""
    words = keras.Input((32,))
    x = layers.Embedding(2000, width)(words)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, width // 2)(x, x))
    more = layers.Dense(width)(layers.Dense(2 * width, activation="relu")(x))
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x + more))
    model = keras.Model(words, layers.Dense(1, activation="sigmoid")(x))
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
