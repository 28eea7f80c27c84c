"""Small weights that an optimizer steps as one."""

import keras
import pytest
from keras import layers, optimizers

from job.train.together.step import small_weights


def model(optimizer: keras.optimizers.Optimizer, **of_last: object) -> keras.Model:
    """Two layers with biases."""
    found = keras.Sequential(
        [keras.Input((5,)), layers.Dense(7, activation="relu"), layers.Dense(1, **of_last)]  # type: ignore[arg-type]
    )
    found.compile(optimizer, "mse")
    return found


def test_biases_are_stepped_as_one():
    """Kernels are not: they are large enough."""
    found = small_weights.of(model(optimizers.Adam()))
    assert (found.places, found.rest, found.whole.shape) == ([1, 3], [0, 2], (8,))


@pytest.mark.parametrize(
    "built",
    [
        model(optimizers.Lamb()),
        model(optimizers.Adafactor()),
        model(optimizers.Adam(global_clipnorm=1.0)),
        model(optimizers.SGD(clipnorm=1.0)),
        model(optimizers.Adam(use_ema=True)),
        model(optimizers.Adam(), bias_constraint="non_neg"),
        model(optimizers.Adam(), use_bias=False),
    ],
)
def test_what_looks_at_whole_weights_steps_each_by_itself(built: keras.Model):
    """Norms and trust ratios are of one weight, constraints too; and one bias alone has no company."""
    assert small_weights.of(built) is None
