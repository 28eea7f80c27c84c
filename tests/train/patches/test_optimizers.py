"""Every optimizer of Keras, in groups of unlike learning rates."""

import keras
import pytest
from keras import layers
from keras import optimizers as O  # noqa: N812  # as short as Keras's own examples have it
from train.together import against

OPTIMIZERS = {
    "SGD": O.SGD,
    "SGD with momentum": lambda rate: O.SGD(rate, momentum=0.9),
    "SGD with Nesterov's momentum": lambda rate: O.SGD(rate, momentum=0.9, nesterov=True),
    "Adam": O.Adam,
    "AMSGrad": lambda rate: O.Adam(rate, amsgrad=True),
    "AdamW": lambda rate: O.AdamW(rate, weight_decay=0.05),
    "AdamW but for biases": lambda rate: _spared(O.AdamW(rate, weight_decay=0.05)),
    "RMSprop": lambda rate: O.RMSprop(rate, centered=True, momentum=0.5),
    "Adagrad": O.Adagrad,
    "Adadelta": O.Adadelta,
    "Adamax": O.Adamax,
    "Nadam": O.Nadam,
    "Ftrl": lambda rate: O.Ftrl(rate, l1_regularization_strength=0.01),
    "Lion": O.Lion,
    "Lamb": O.Lamb,
    "Adafactor": O.Adafactor,
    "Muon": O.Muon,
    "clipnorm": lambda rate: O.Adam(rate, clipnorm=0.1),
    "global_clipnorm": lambda rate: O.Adam(rate, global_clipnorm=0.1),
    "clipvalue": lambda rate: O.Adam(rate, clipvalue=0.01),
    "averages": lambda rate: O.Adam(rate, use_ema=True, ema_momentum=0.8),
    "averages copied back": lambda rate: O.Adam(rate, use_ema=True, ema_overwrite_frequency=2),
    "accumulated gradients": lambda rate: O.Adam(rate, gradient_accumulation_steps=2),
    "scaled losses": lambda rate: O.LossScaleOptimizer(O.Adam(rate)),
    "scaled losses, averages": lambda rate: O.LossScaleOptimizer(O.Adam(rate, use_ema=True, ema_momentum=0.8)),
}
BY_FIT = {}
"""What does not go together, and why."""

if hasattr(O, "MultiOptimizer"):  # since Keras 3.15
    OPTIMIZERS["one for each layer"] = lambda rate: O.MultiOptimizer(
        O.OptimizerMap(O.Adam(rate), {".*bias": O.SGD(rate)})
    )
    OPTIMIZERS["one for each layer, averages"] = lambda rate: O.MultiOptimizer(
        O.OptimizerMap(O.Adam(rate, use_ema=True, ema_momentum=0.8), {".*bias": O.SGD(rate)})
    )
BROKEN = {"Muon"} if keras.__version__.startswith("3.12.") else set()  # there Keras itself can't step with it
for one in BROKEN:
    del OPTIMIZERS[one]
if hasattr(O, "ScheduleFreeAdamW"):
    told = "its variables begin as copies of weights, which a build without values does not have"
    BY_FIT["ScheduleFreeAdamW"] = (O.ScheduleFreeAdamW, told)


def _spared(optimizer):
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def built_with(optimizer):
    """A network that is trained by it."""

    def build(rate):
        model = keras.Sequential(
            [
                keras.Input((12,)),
                layers.Dense(5, activation="tanh", kernel_regularizer=keras.regularizers.L2(1e-3)),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(optimizer=optimizer(rate), loss="binary_crossentropy", metrics=["accuracy"])
        return model

    return build


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_steps_as_in_keras(name):
    """Learning rates differ within the group; each fit's history and predictions are those of Keras alone."""
    case = against.case(built_with(OPTIMIZERS[name]))
    against.assert_as_keras(case, [{"rate": 0.01}, {"rate": 0.03}], groups=1)


@pytest.mark.parametrize("name", BY_FIT)
def test_what_cannot_go_together_goes_by_fit_and_says_why(name):
    """The list is kept here, with reasons; each still trains."""
    optimizer, _ = BY_FIT[name]
    case = against.case(built_with(optimizer))
    for one in against.trained(case, against.requests(case, [{"rate": 0.01}])):
        assert one.way == "fit"
        assert one.why
        assert one.failure is None


def test_every_optimizer_of_keras_is_tried():
    """A new one in Keras shows here."""
    kinds = {type(make(0.01)).__name__ for make in (*OPTIMIZERS.values(), *(one for one, _ in BY_FIT.values()))}
    known = {name for name, one in vars(keras.optimizers).items() if isinstance(one, type)}
    assert known - kinds - BROKEN - {"Optimizer", "OptimizerMap"} == set()
