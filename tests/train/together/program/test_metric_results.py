"""What the metrics of all fits tell, beside Keras's metrics of each fit alone."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L  # noqa: N812
from train.together.prepared import Prepared

from job.train.together.program.metric_results import MetricResults

rng = np.random.default_rng(9)


class Hits(keras.metrics.TruePositives):  # type: ignore[misc]  # Keras ships no types
    """A metric of the user's that tells a whole number."""

    def result(self) -> Any:
        """How many."""
        return keras.ops.cast(super().result(), "int32")


def build(rate: float) -> Any:
    """With metrics of one value, of several, and of whole numbers."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(1, "sigmoid")])
    metrics = ["accuracy", keras.metrics.AUC(name="auc"), keras.metrics.F1Score(name="f1"), Hits(name="hits")]
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=metrics)
    return model


@pytest.fixture(scope="module", params=[True, False], ids=["any shape", "one shape"])
def given(request: pytest.FixtureRequest) -> Prepared:
    """Two fits, whose metrics nobody has asked for."""
    return Prepared(build, [{"rate": 0.1}, {"rate": 0.2}], free=request.param)


def test_names_are_known_once_it_is_traced(given: Prepared) -> None:
    """Those of Keras's history, in its order."""
    results = MetricResults(given.program.tracer, given.program.fit)
    assert results.names == []
    _ = results.traced
    model = given.plain(0)
    model.train_on_batch(np.zeros((4, 12)), np.zeros((4, 1)))
    assert results.names == list(model.get_metrics_result()) == ["loss", "accuracy", "auc", "f1", "hits"]


def test_each_fit_is_told_what_keras_tells_of_it(given: Prepared) -> None:
    """After different batches of each, as numbers in single precision."""
    models = [given.plain(fit) for fit in (0, 1)]
    for model in models:
        for rows in (8, 5):
            model.test_on_batch(rng.normal(size=(rows, 12)), rng.integers(0, 2, (rows, 1)).astype("float32"))
    state = [
        tf.stack([one.value for one in pair]) for pair in zip(*(one.metrics_variables for one in models), strict=True)
    ]
    results = given.program.results
    told = results(state)
    found = dict(zip(results.names, told, strict=True))
    assert {one.dtype for one in found.values()} == {tf.float32}
    for fit, model in enumerate(models):
        for name, its in model.get_metrics_result().items():
            np.testing.assert_allclose(found[name][fit], its, rtol=1e-5, err_msg=name)
    assert not np.allclose(found["loss"][0], found["loss"][1])


def test_any_number_of_fits_is_told_by_one_trace(given: Prepared) -> None:
    """Metrics as they begin, of one fit and of five."""
    _, _, _, metrics = given.program.variables.parted(given.initial[0])
    for fits in (1, 5):
        found = given.program.results([tf.stack([tf.constant(one)] * fits) for one in metrics])
        assert [len(one) for one in found] == [fits] * 5
