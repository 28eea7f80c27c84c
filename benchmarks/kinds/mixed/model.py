"""Dense layers that multiply in bfloat16 and keep their weights in float32."""

import keras
from keras import layers

HALF = "mixed_bfloat16"


def build(units, rate, learning_rate):
    """A compiled model."""
    model = keras.Sequential([keras.Input((100,))])
    for _ in range(2):
        model.add(layers.Dense(units, activation="relu", dtype=HALF))
        model.add(layers.Dropout(rate, dtype=HALF))
    model.add(layers.Dense(1, activation="sigmoid", dtype="float32"))
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
