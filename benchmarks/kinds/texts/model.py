"""An embedding, one convolution over the words, the largest of each filter."""

import keras
from keras import layers


def build(filters, learning_rate):
    """A compiled model."""
    model = keras.Sequential(
        [
            keras.Input((80,)),
            layers.Embedding(2000, 32),
            layers.Conv1D(filters, 5, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
