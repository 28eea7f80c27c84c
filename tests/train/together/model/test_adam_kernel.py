"""Which models TensorFlow's kernel for Adam can step: its formula must be theirs, and all its weights be divisible."""

import keras
import pytest
from keras import layers as L  # noqa: N812
from keras import optimizers as O  # noqa: N812

from job.train.together.model import adam_kernel


def compiled(optimizer, *more, kind=keras.Sequential):
    """A model with a dense end, compiled and not yet built by its optimizer."""
    model = kind([keras.Input((4, 3)), *more, L.Flatten(), L.Dense(1)])
    model.compile(optimizer, "mse")
    return model


class Looks(keras.Sequential):
    """Looks at weights where metrics are computed."""

    def compute_metrics(self, *given, **more):
        """As Keras does."""
        return super().compute_metrics(*given, **more)


@pytest.mark.parametrize(
    ("model", "suits"),
    [
        (lambda: compiled(O.Adam(0.01)), True),
        (lambda: compiled(O.Adam(0.01), L.Dense(5, "relu"), L.Dropout(0.1)), True),
        (lambda: compiled(O.SGD(0.01)), False),
        (lambda: compiled(O.AdamW(0.01)), False),
        (lambda: compiled(O.Adam(0.01, clipnorm=1.0)), False),
        (lambda: compiled(O.Adam(0.01, amsgrad=True)), False),
        (lambda: compiled(O.Adam(0.01, use_ema=True)), False),
        (lambda: compiled(O.Adam(0.01, gradient_accumulation_steps=2)), False),
        (lambda: compiled(O.Adam(O.schedules.CosineDecay(0.01, 8))), False),
        (lambda: compiled(O.Adam(0.01), L.LSTM(3)), False),
        (lambda: compiled(O.Adam(0.01), L.Conv1D(3, 2)), False),
        (lambda: compiled(O.Adam(0.01), L.Dense(3, kernel_constraint="non_neg")), False),
        (lambda: compiled(O.Adam(0.01), kind=Looks), False),
    ],
)
def test_only_what_its_formula_is_right_for(model, suits):
    """Plain Adam of one constant rate on dense layers; all else is stepped as Keras does."""
    assert adam_kernel.suits(model()) is suits


def test_an_optimizer_that_is_built_has_state_of_its_own():
    """That the kernel would not begin with."""
    model = compiled(O.Adam(0.01))
    model.optimizer.build(model.trainable_variables)
    assert not adam_kernel.suits(model)
