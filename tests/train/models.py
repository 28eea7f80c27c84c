"""Small models that tests build."""

from typing import Any

import keras
from keras import layers


def dense(
    *, inputs: int = 6, units: int = 8, outputs: int = 1, activation: Any = "sigmoid",
    loss: Any = "binary_crossentropy", learning_rate: float = 0.01, rate: float = 0.0, metrics: Any = (),
):  # fmt: skip
    """A Dense network with Dropout if there is a rate."""
    drop = [layers.Dropout(rate)] if rate else []
    model = keras.Sequential(
        [
            keras.Input((inputs,)),
            layers.Dense(units, activation="relu"),
            *drop,
            layers.Dense(outputs, activation=activation),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=loss, metrics=list(metrics))
    return model
