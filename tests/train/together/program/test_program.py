"""A program of stacks: each fit of a stack has what it would have alone, and what its own model gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from train.together import against

from job.train.together.run.metrics import logged
from job.train.together.step import stack
from job.train.together.study_cache import StudyCache

PARAMS = [{"units": 5, "momentum": 0.5}, {"units": 5, "momentum": 0.9}]


def build(units, momentum):
    """A network with state beside its weights."""
    parts = [L.Dense(units, "tanh"), L.BatchNormalization(), L.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,)), *parts])
    model.compile(keras.optimizers.SGD(0.05, momentum=momentum), "binary_crossentropy", metrics=["accuracy"])
    return model


class Given:
    """Two fits of one program, and what it is called with."""

    def __init__(self, *, free: bool) -> None:
        case = against.case(build)
        self.cache = StudyCache(build, case.material)
        self.requests = [case.request(one, trial=place) for place, one in enumerate(PARAMS)]
        self.blueprints = [self.cache.blueprint(one) for one in self.requests]
        self.program = self.cache.program(self.blueprints[0], weighted=False, free=free)
        pairs = zip(self.requests, self.blueprints, strict=True)
        self.initial = [blueprint.initial(request, self.cache.learned) for request, blueprint in pairs]
        self.table = self.program.table.tensors

    def numbers(self, fits):
        """The settings that differ, for some fits."""
        places = self.cache.places(self.blueprints[0])
        return [
            tf.constant([self.blueprints[fit].signature.leaves[one].value for fit in fits], tf.float64)
            for one in places
        ]

    def trained(self, fits, steps=3):
        """The state of some fits after some steps of 16 rows."""
        state = stack.stacked([self.initial[fit] for fit in fits])
        rows = np.stack([np.arange(16) + 7 * step for step in range(steps)])
        indices = tf.constant(np.repeat(rows[:, None], len(fits), axis=1), tf.int32)
        classes = self.cache.classes([self.requests[fit] for fit in fits])
        return self.program.train(state, self.numbers(fits), classes, indices, self.table, tf.constant(steps))


@pytest.fixture(scope="module", params=[True, False], ids=["any shape", "one shape"])
def given(request):
    """Of either kind of program."""
    return Given(free=request.param)


def test_fits_in_a_stack_are_as_alone(given):
    """Weights, statistics, momenta and metrics after some steps, though their settings differ."""
    together = given.trained([0, 1])
    for fit in (0, 1):
        for mine, its in zip(together, given.trained([fit]), strict=True):
            np.testing.assert_allclose(mine[fit], its[0], rtol=1e-5, atol=1e-6)
    assert any(np.abs(one[0] - one[1]).max() > 1e-3 for one in map(np.asarray, together) if one.dtype.kind == "f")


def test_what_is_predicted_is_what_the_model_gives(given):
    """In inference, for other rows of each fit."""
    count = len(given.program.variables.model)
    state = [one[:count] for one in given.initial]
    rows = np.array([[1, 2, 3], [40, 50, 60]], np.int32)
    classes = given.cache.classes(given.requests)
    (found,) = given.program.predict(
        stack.stacked(state), given.numbers([0, 1]), classes, tf.constant(rows), given.table
    )
    for fit, request in enumerate(given.requests):
        model = build(**request.build)
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        for variable, value in zip(variables, state[fit], strict=False):
            variable.assign(value)
        np.testing.assert_allclose(found[fit], model(against.X[rows[fit]], training=False), rtol=1e-5, atol=1e-6)


def test_evaluating_steps_nothing_and_counts_rows(given):
    """Metrics after some batches, as Keras evaluates the model on the same rows."""
    weights = len(given.program.variables.model)
    state = stack.stacked(given.initial)
    fit_state = len(given.program.variables.fit)
    rows = np.arange(20, dtype=np.int32)[None, None].repeat(2, axis=1)
    classes = tf.ones_like(given.cache.classes(given.requests))
    start = [*state[:weights], *state[fit_state:]]
    metrics = given.program.evaluate(
        start, given.numbers([0, 1]), classes, tf.constant(rows), given.table, tf.constant(0)
    )
    found = logged(given.program.results(list(metrics)), given.program.results.names, 2)
    for fit, request in enumerate(given.requests):
        model = build(**request.build)
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        for variable, value in zip(variables, given.initial[fit], strict=False):
            variable.assign(value)
        expected = model.evaluate(against.X[:20], against.Y[:20], batch_size=20, verbose=0, return_dict=True)
        for name, value in expected.items():
            assert found[fit][name] == pytest.approx(value, rel=1e-4), name


def test_a_trace_tells_its_time_once(given):
    """Compiling is guessed from it until somebody has measured."""
    seconds = given.program.tracer.seconds
    assert seconds > 0
    assert given.program.compile_seconds == pytest.approx(3 * seconds)
    _ = given.program.train
    assert given.program.tracer.seconds == seconds


def test_dimensions_are_unknown_where_one_trace_serves_all(given):
    """Of all but metrics, which are alike in all models; the fits come first and may be any number."""
    tracer, variables = given.program.tracer, given.program.variables
    kernel = variables.trainable[0]
    assert tracer.spec(kernel).shape.as_list() == ([None] * 3 if tracer.free else [None, 12, 5])
    metric = variables.metrics[0]
    assert tracer.spec(metric).shape.as_list() == [None, *metric.shape]
