"""A model built without values: what it is known to be, where its values come from, and which models are none."""

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812
from train.together import against

from job.train.order import keras_seed
from job.train.patches import keras_state
from job.train.refusals import Alone, ByFit
from job.train.together.model import blueprint
from job.train.together.model.normalization import Learned


def dense(units=8, dtype=None):
    """Two layers, with Adam."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(units, "relu", dtype=dtype), L.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


def convolutional():
    """A convolution over two by three places."""
    model = keras.Sequential(
        [keras.Input((12,)), L.Reshape((3, 4, 1)), L.Conv2D(5, 2), L.Flatten(), L.Dense(1, "sigmoid")]
    )
    model.compile("sgd", "binary_crossentropy")
    return model


def drawn(build, **params):
    """The blueprint of one fit."""
    case = against.case(build)
    return blueprint.draw(case.request(params), build, case.material), case


def test_what_it_weighs_is_known_before_any_value_is():
    """Bytes of all variables, as a real model has them once it has trained; a row's outputs and multiplications."""
    found, _ = drawn(dense)
    real = dense()
    real.fit(against.X[:4], against.Y[:4], verbose=0)
    variables = [*real.variables, *real.optimizer.variables, *real.metrics_variables]
    assert found.state_bytes == sum(np.asarray(one).nbytes for one in {id(one): one for one in variables}.values())
    assert found.activation_bytes == 4 * (12 + 8 + 1)
    assert found.products == real.count_params()
    assert not found.is_half


def test_a_filter_counts_at_each_of_its_places():
    """Two by two, five of them: at three by four places of the image, the largest of what it reads and writes."""
    found, _ = drawn(convolutional)
    assert found.products == 12 * (2 * 2 * 5 + 5) + (2 * 3 * 5 + 1)


def test_initial_values_are_those_of_a_real_build():
    """Of the same seed, to the bit; of another they differ."""
    found, case = drawn(dense)
    request = case.request({})
    keras.utils.set_random_seed(keras_seed(request.seed))
    real = dense()
    mine = found.initial(request, Learned(case.material.X))
    for one, its in zip(mine[:4], real.trainable_variables, strict=True):
        assert np.asarray(one).tobytes() == np.asarray(its).tobytes()


def test_half_precision_is_seen():
    """It decides how near a proof has to be."""
    assert drawn(dense, dtype="mixed_bfloat16")[0].is_half


def own_step():
    """A model with a training step of its own."""

    class Own(keras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    model = Own([keras.Input((12,)), L.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model


def eager():
    """A model that is never traced."""
    model = dense()
    model.run_eagerly = True
    return model


def drawing():
    """A rate drawn by NumPy."""
    model = dense()
    model.compile(keras.optimizers.SGD(np.random.uniform(0.01, 0.1)), "binary_crossentropy")  # noqa: NPY002
    return model


def global_policy():
    """What is set for all that comes after."""
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    return dense()


class Ending(keras.optimizers.SGD):
    """Halves all weights where a fit ends."""

    def finalize_variable_values(self, var_list):
        for one in var_list:
            one.assign(one / 2)


def own_end():
    """An optimizer that does more than to step, within another one."""
    model = dense()
    model.compile(keras.optimizers.LossScaleOptimizer(Ending(0.1)), "binary_crossentropy")
    return model


def capped():
    """A build that ends every training early."""
    keras.config.set_max_epochs(1)
    return dense()


@pytest.mark.parametrize(
    ("build", "kind", "said"),
    [
        (capped, Alone, "sets Keras's max epochs for everything after it"),
        (own_step, ByFit, "has a train_step of its own"),
        (eager, ByFit, "runs eagerly"),
        (own_end, ByFit, "optimizer has a finalize_variable_values of its own"),
        (drawing, Alone, "draws random numbers from"),
        (global_policy, Alone, "for everything after it"),
    ],
)
def test_what_keras_would_do_otherwise_is_refused(build, kind, said):
    """With the reason; what may touch other fits goes alone. Keras's own state is as before."""
    case = against.case(build)
    before = keras.mixed_precision.dtype_policy().name
    with pytest.raises(ByFit, match=said) as refused:
        blueprint.draw(case.request({}), build, case.material)
    assert type(refused.value) is kind
    assert keras.mixed_precision.dtype_policy().name == before
    assert keras.config.max_epochs() is None


@pytest.mark.parametrize("name", ["make_test_function", "make_predict_function", "reset_metrics", "evaluate"])
def test_a_model_whose_fit_is_partly_its_own_is_refused(name):
    """What Keras calls around its steps, held-out rows and predictions included, may change what is scored."""

    def build():
        model = dense()
        model.__class__ = type("Own", (type(model),), {name: lambda *_, **__: None})
        return model

    with pytest.raises(ByFit, match=f"has a {name} of its own"):
        drawn(build)


@pytest.mark.parametrize("cap", ["max_epochs", "max_steps_per_epoch"])
def test_a_fit_that_keras_ends_early_goes_by_keras(cap):
    """As ``KERAS_MAX_EPOCHS`` sets it for a whole process, and ``keras.config`` for what follows."""
    with keras_state.kept():
        getattr(keras.config, f"set_{cap}")(1)
        with pytest.raises(ByFit, match=f"Keras's {cap.replace('_', ' ')} is set") as refused:
            drawn(dense)
    assert type(refused.value) is ByFit
