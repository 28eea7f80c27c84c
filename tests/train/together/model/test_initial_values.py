"""Initial values of a fit without building its model: those of plain Keras, bit by bit, whatever the seed."""

import random

import keras
import numpy as np
import pytest
from keras import initializers, layers, optimizers

from job.train import building
from job.train.order import keras_seed
from job.train.together.model import initial_values
from job.train.together.model.initial_values import NotReplayable, Source


def model(*parts, inputs=(6,)):
    """A compiled Sequential of these layers."""
    found = keras.Sequential([keras.Input(inputs), *parts])
    found.compile(optimizers.SGD(), "mse")
    return found


def initialized(name):
    """A layer whose weights begin by an initializer of that name."""
    return lambda: model(layers.Dense(6, kernel_initializer=getattr(initializers, name)(), bias_initializer="ones"))


def shared():
    """Two layers whose weights begin by one initializer."""
    once = initializers.GlorotNormal()
    return model(layers.Dense(6, kernel_initializer=once), layers.Dense(6, kernel_initializer=once))


BEFORE = initializers.GlorotUniform()
BUILDS = {
    **{name: initialized(name) for name in ("GlorotUniform", "HeNormal", "Orthogonal", "TruncatedNormal", "Identity")},
    "a seed of the user's own": lambda: model(layers.Dense(3, kernel_initializer=initializers.RandomNormal(seed=7))),
    "one initializer for two layers": shared,
    "an LSTM": lambda: model(layers.Reshape((3, 2)), layers.LSTM(4)),
    "masks": lambda: model(layers.Dense(3), layers.Dropout(0.2), layers.GaussianNoise(0.1)),
    "statistics": lambda: model(layers.Dense(3), layers.BatchNormalization()),
    "a nested model": lambda: model(layers.Dense(3), keras.Sequential([layers.Dense(2)])),
    "half precision": lambda: model(layers.Dense(3, dtype="bfloat16")),
}  # fmt: skip


def weights(found):
    """What a fit begins with."""
    return found.trainable_variables + found.non_trainable_variables


@pytest.mark.parametrize("name", BUILDS)
def test_values_of_any_seed_are_those_of_plain_keras(name):
    """Recorded from one seed, drawn for others, and compared with a real build after ``set_random_seed``."""
    recording = initial_values.record(BUILDS[name], {}, seed=1)
    sources = recording.sources(weights(recording.model))
    for seed in (1, 2, 2**62 + 5):
        keras.utils.set_random_seed(keras_seed(seed))
        real = weights(BUILDS[name]())
        draws = initial_values.draws(seed, 50)
        for source, variable in zip(sources, real, strict=True):
            value = source.initial(draws)
            assert str(value.dtype) == str(variable.numpy().dtype)
            np.testing.assert_array_equal(value, variable.numpy())


def test_a_recorded_build_creates_no_values():
    """Its variables know their shapes only, and real ones are made again when it has ended."""
    recording = initial_values.record(BUILDS["an LSTM"], {}, seed=1)
    assert {variable._value for variable in recording.model.trainable_variables} == {None}
    assert [tuple(one.shape) for one in recording.model.trainable_variables] == [(2, 16), (4, 16), (16,)]
    assert keras.Variable(np.ones(3)).numpy().tolist() == [1, 1, 1]


def test_keras_is_as_it_was_where_a_build_raises():
    """Later variables have values again."""

    def build():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        initial_values.record(build, {}, seed=1)
    assert keras.Variable(np.ones(3)).numpy().tolist() == [1, 1, 1]


def test_draws_are_those_of_keras_s_generator():
    """As many as asked for, each the seed that Keras would give to the next initializer."""
    random.seed(keras_seed(3))
    assert initial_values.draws(3, 4) == [random.randint(1, int(1e9)) for _ in range(4)]  # noqa: S311


def test_a_variable_of_another_build_is_refused():
    """Its value does not follow from this one's seed."""
    recording = initial_values.record(BUILDS["masks"], {}, seed=1)
    with pytest.raises(NotReplayable, match="was not created by build"):
        recording.sources([keras.Variable(np.ones(3))])


def test_an_initializer_made_before_the_build_is_refused():
    """Its seed does not follow from the fit's."""
    recording = initial_values.record(lambda: model(layers.Dense(3, kernel_initializer=BEFORE)), {}, seed=1)
    with pytest.raises(NotReplayable, match="was not drawn from Keras's generator"):
        recording.sources(weights(recording.model))


def test_a_seed_s_state_begins_with_the_draw_and_no_count():
    """As Keras's SeedGenerator keeps it."""
    source = Source((2,), "uint32", draw=1)
    found = source.initial([5, 9])
    assert found.tolist() == [9, 0]
    assert found.dtype == np.uint32


def test_the_generator_is_seeded_as_for_a_real_build():
    """So what ``build`` itself draws is the same with and without values."""
    drawn = []

    def build():
        drawn.append((random.random(), float(np.random.rand())))  # noqa: S311, NPY002  # as users do
        return model(layers.Dense(2))

    initial_values.record(build, {}, seed=4)
    building.fresh(build, {}, 4)
    assert drawn[0] == drawn[1]
