"""Settings that differ within a group: each fit has its own, as with plain Keras."""

import keras
import pytest
from keras import layers
from keras import optimizers as O  # noqa: N812
from keras import regularizers as R  # noqa: N812
from keras.optimizers import schedules as S  # noqa: N812
from train.together import against


def optimized(optimizer):
    """A network with batch normalization, trained by an optimizer of one number."""

    def build(value):
        model = keras.Sequential(
            [
                keras.Input((12,)),
                layers.Dense(5, activation="tanh", use_bias=False),
                layers.BatchNormalization(),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(optimizer=optimizer(value), loss="binary_crossentropy")
        return model

    return build


def layered(layer):
    """A network with a layer of one number."""

    def build(value):
        model = keras.Sequential([keras.Input((12,)), *layer(value), layers.Dense(1, activation="sigmoid")])
        model.compile(optimizer=O.Adam(0.01), loss="binary_crossentropy")
        return model

    return build


SETTINGS = {
    "learning rate": (optimized(O.Adam), 0.1, 0.01),
    "momentum": (optimized(lambda x: O.SGD(0.01, momentum=x)), 0.5, 0.9),
    "Nesterov's momentum": (optimized(lambda x: O.SGD(0.01, momentum=x, nesterov=True)), 0.5, 0.9),
    "beta_1": (optimized(lambda x: O.Adam(0.01, beta_1=x)), 0.8, 0.9),
    "beta_2": (optimized(lambda x: O.Adam(0.01, beta_2=x)), 0.99, 0.999),
    "epsilon": (optimized(lambda x: O.Adam(0.01, epsilon=x)), 1e-7, 1e-3),
    "rho": (optimized(lambda x: O.RMSprop(0.01, rho=x)), 0.8, 0.9),
    "rho of Adadelta": (optimized(lambda x: O.Adadelta(0.1, rho=x)), 0.8, 0.9),
    "initial accumulator": (optimized(lambda x: O.Adagrad(0.01, initial_accumulator_value=x)), 0.1, 0.2),
    "weight decay": (optimized(lambda x: O.AdamW(0.01, weight_decay=x)), 0.01, 0.1),
    "clipnorm": (optimized(lambda x: O.Adam(0.01, clipnorm=x)), 0.01, 0.1),
    "global clipnorm": (optimized(lambda x: O.Adam(0.01, global_clipnorm=x)), 0.01, 0.1),
    "clipvalue": (optimized(lambda x: O.SGD(0.1, clipvalue=x)), 0.01, 0.02),
    "clip threshold": (optimized(lambda x: O.Adafactor(0.01, clip_threshold=x)), 0.5, 1.5),
    "averages' momentum": (optimized(lambda x: O.Adam(0.01, use_ema=True, ema_momentum=x)), 0.5, 0.9),
    "L1 of Ftrl": (optimized(lambda x: O.Ftrl(0.1, l1_regularization_strength=x)), 0.001, 0.01),
    "L2 of Ftrl": (optimized(lambda x: O.Ftrl(0.1, l2_regularization_strength=x)), 0.001, 0.01),
    "exponential decay: rate": (optimized(lambda x: O.Adam(S.ExponentialDecay(0.01, 3, x))), 0.5, 0.9),
    "exponential decay: steps": (optimized(lambda x: O.Adam(S.ExponentialDecay(0.01, x, 0.9))), 3, 6),
    "piecewise constant": (
        optimized(lambda x: O.Adam(S.PiecewiseConstantDecay([3, 6], [x, x / 2, x / 4]))), 0.01, 0.02
    ),
    "polynomial decay": (optimized(lambda x: O.Adam(S.PolynomialDecay(x, 5, 0.001, power=1.5))), 0.01, 0.02),
    "polynomial decay: end": (optimized(lambda x: O.Adam(S.PolynomialDecay(0.01, 5, x, cycle=True))), 0.001, 0.002),
    "inverse time decay": (optimized(lambda x: O.Adam(S.InverseTimeDecay(0.01, 5, x, staircase=True))), 0.5, 0.6),
    "cosine decay": (
        optimized(lambda x: O.Adam(S.CosineDecay(x, 8, 0.1, warmup_target=0.02, warmup_steps=3))), 0.01, 0.015
    ),
    "cosine decay: steps": (optimized(lambda x: O.Adam(S.CosineDecay(0.01, x))), 5, 8),
    "cosine restarts": (optimized(lambda x: O.Adam(S.CosineDecayRestarts(x, 3, 1.5, 0.9))), 0.01, 0.02),
    "L1": (layered(lambda x: [layers.Dense(5, kernel_regularizer=R.L1(x))]), 0.01, 0.001),
    "L2": (layered(lambda x: [layers.Dense(5, kernel_regularizer=R.L2(x))]), 0.01, 0.001),
    "L1 and L2": (layered(lambda x: [layers.Dense(5, bias_regularizer=R.L1L2(x, x / 2))]), 0.01, 0.001),
    "L2 of activity": (layered(lambda x: [layers.Dense(5, activity_regularizer=R.L2(x))]), 0.01, 0.001),
    "Dropout": (layered(lambda x: [layers.Dense(5), layers.Dropout(x)]), 0.2, 0.4),
    "SpatialDropout1D": (
        layered(lambda x: [layers.Reshape((4, 3)), layers.SpatialDropout1D(x), layers.Flatten()]), 0.2, 0.4
    ),
    "GaussianNoise": (layered(lambda x: [layers.Dense(5), layers.GaussianNoise(x)]), 0.2, 0.4),
    "AlphaDropout": (layered(lambda x: [layers.Dense(5), layers.AlphaDropout(x)]), 0.2, 0.4),
    "BatchNormalization's momentum": (
        layered(lambda x: [layers.Dense(5, use_bias=False), layers.BatchNormalization(momentum=x)]), 0.9, 0.5
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_differs_within_a_group(name):
    """Fits of two values go as one program, and each is that of plain Keras with its own."""
    build, *values = SETTINGS[name]
    against.assert_as_keras(against.case(build), [{"value": value} for value in values], groups=1)


@pytest.mark.parametrize(
    "build",
    [SETTINGS["Dropout"][0], layered(lambda x: [layers.Dense(5, kernel_regularizer=R.L1L2(x, 0.1))])],
    ids=["Dropout", "L1"],
)
def test_zero_is_another_program(build):
    """Keras does not even draw for a rate of zero, so such fits have a group of their own."""
    against.assert_as_keras(against.case(build), [{"value": 0.0}, {"value": 0.3}], groups=2)


def test_a_setting_that_no_program_holds_splits_the_group():
    """The slope of a LeakyReLU is a number in the graph: each value is another program, right all the same."""
    build = layered(lambda x: [layers.Dense(5), layers.LeakyReLU(x)])
    against.assert_as_keras(against.case(build), [{"value": 0.1}, {"value": 0.3}], groups=2)
