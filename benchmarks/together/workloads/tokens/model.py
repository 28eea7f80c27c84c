"""An embedding, read from both ends by LSTMs."""

import keras
from keras import layers


def build(units, learning_rate):
    """A compiled model."""
    model = keras.Sequential(
        [
            keras.Input((60,), dtype="int32"),
            layers.Embedding(500, 16),
            layers.Bidirectional(layers.LSTM(units)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
