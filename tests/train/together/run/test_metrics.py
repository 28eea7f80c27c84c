"""What an epoch's metrics tell of each fit, named as Keras names them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from job.train.together.run.metrics import logged


def test_each_fit_has_its_own_numbers() -> None:
    """Plain floats, as Keras's ``History`` has them; in the order of the metrics."""
    found = logged([tf.constant([0.5, 0.25, 2.0]), np.array([1, 0, 3])], ["loss", "hits"], 3)
    assert found == [{"loss": 0.5, "hits": 1}, {"loss": 0.25, "hits": 0}, {"loss": 2.0, "hits": 3}]
    assert [list(one) for one in found] == [["loss", "hits"]] * 3
    assert all(isinstance(one["loss"], float) for one in found)


def test_a_metric_of_several_values_has_a_name_for_each() -> None:
    """F1 of each of three classes, of two fits: as Keras computes them for each by itself."""
    labels = [np.eye(3)[[0, 1, 2, 2]], np.eye(3)[[1, 1, 0, 2]]]
    outputs = np.eye(3)[[0, 1, 1, 2]]
    each = [keras.metrics.F1Score()(one, outputs) for one in labels]
    found = logged([tf.stack(each)], ["f1_score"], 2)
    for log, values in zip(found, each, strict=True):
        assert log == {f"f1_score[{place}]": pytest.approx(float(value)) for place, value in enumerate(values)}


@pytest.mark.parametrize(("shape", "names"), [((2, 1), ["m"]), ((2, 2, 2), ["m[0]", "m[1]", "m[2]", "m[3]"])])
def test_values_are_numbered_row_by_row(shape: tuple[int, ...], names: list[str]) -> None:
    """A table's too; one value in a list is one value."""
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = logged([values], ["m"], 2)
    assert [list(one) for one in found] == [names] * 2
    assert [list(one.values()) for one in found] == values.reshape(2, -1).tolist()


def test_a_name_too_few_is_an_error() -> None:
    """A metric is never told by another one's name."""
    with pytest.raises(ValueError, match="zip"):
        logged([np.ones(2), np.ones(2)], ["loss"], 2)
