"""A model that takes the table's columns as they are: its first layers turn them into numbers."""

import keras
from keras import layers

NUMBERS = ["age", "hours", "gains"]
WORDS = ["education", "work"]


def lookup():
    # Padded, its width is known before it has seen a word.
    return layers.StringLookup(max_tokens=8, output_mode="one_hot", pad_to_max_tokens=True)


def build(depth, learning_rate, units=0):
    # A column each, by its name. None of these layers is adapted here: each fit does that, on its training rows alone.
    inputs = {name: keras.Input((1,), name=name) for name in NUMBERS}
    inputs |= {name: keras.Input((1,), name=name, dtype="string") for name in WORDS}
    numbers = [layers.Normalization()(inputs[name]) for name in NUMBERS]
    ages = layers.Discretization(num_bins=6, output_mode="one_hot")(inputs["age"])
    words = [lookup()(inputs[name]) for name in WORDS]
    x = layers.Concatenate()([*numbers, ages, *words])
    for _ in range(depth):
        x = layers.Dense(units, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model
