"""Raw outputs read as the task says; what fits no task is told by its shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, softmax

from job.data import loading
from job.data.given import Given
from job.study.study import Study
from job.train import outputs
from job.train.fits import Head, Reading
from job.train.outputs import WrongShape

STUDY = {"name": "s", "model": "m:b", "data": "d:l", "search": "grid", "space": {"x": [1]}}


def rows(y, task=None):
    """The rows of a study with this y."""
    return loading.rows(Given(np.zeros((len(y), 2)), np.asarray(y)), Study.model_validate(STUDY | {"task": task}))


def read_as(*activations):
    """A reading of outputs in their own order."""
    return Reading(tuple(Head(place, one) for place, one in enumerate(activations)))


AS_THEY_SEEM = read_as(None)
BINARY, MANY = rows(["no", "yes", "no"]), rows(["a", "b", "c"])
LABELS = rows([[1, 0], [1, 1], [0, 0]])


def test_one_sigmoid_output_is_two_classes():
    """The probability of the second class; labels are the study's own."""
    found = outputs.read(np.array([[0.2], [0.9], [0.5]], "float32"), AS_THEY_SEEM, BINARY)
    assert found.labels.tolist() == ["no", "yes", "no"]
    np.testing.assert_allclose(found.probabilities, [[0.8, 0.2], [0.1, 0.9], [0.5, 0.5]], rtol=1e-6)


def test_logits_get_their_sigmoid_or_softmax():
    """What ``from_logits=True`` leaves out is applied before scoring, and labels stay what the logits say."""
    raw = np.array([[-2.0], [0.1], [3.0]], "float32")
    found = outputs.read(raw, read_as("sigmoid"), BINARY)
    assert found.labels.tolist() == ["no", "yes", "yes"]
    np.testing.assert_allclose(found.probabilities[:, 1], expit(raw[:, 0]), rtol=1e-6)
    raw = np.array([[-2.0, 5, 1], [0, 1, 2], [9, 8, 7]], "float32")
    found = outputs.read(raw, read_as("softmax"), MANY)
    assert found.labels.tolist() == ["b", "c", "a"]
    np.testing.assert_allclose(found.probabilities, softmax(raw, axis=1), rtol=1e-6)
    found = outputs.read(raw[:, :2], read_as("sigmoid"), LABELS)
    assert found.labels.tolist() == [[0, 1], [0, 1], [1, 1]]


def test_outputs_that_are_no_probabilities_give_none():
    """Linear outputs rank, but are not passed off as probabilities."""
    found = outputs.read(np.array([[-1.0], [0.6], [7.0]]), AS_THEY_SEEM, BINARY)
    assert found.labels.tolist() == ["no", "yes", "yes"]
    assert found.probabilities is None
    assert (found.distances > 0).tolist() == [False, True, True]
    assert (np.diff(found.distances) > 0).all()
    found = outputs.read(np.array([[0.9, 0.9, 0.1]]), AS_THEY_SEEM, MANY)
    assert (found.labels.tolist(), found.probabilities) == (["a"], None)


def test_margins_decide_by_their_sign():
    """Outputs of a hinge loss are signed distances."""
    found = outputs.read(np.array([[-0.2], [0.2], [0.9]]), read_as("margin"), BINARY)
    assert found.labels.tolist() == ["no", "yes", "yes"]
    assert found.probabilities is None


def test_amounts_have_the_shape_of_y():
    """(rows, 1) becomes (rows,) where y is; several columns, in one output or in several, stay columns."""
    one, two = rows([0.5, 1.5, 2.5]), rows([[0.5, 1], [1.5, 2], [2.5, 3]])
    raw = np.array([[1.0], [2.0], [3.0]])
    assert outputs.read(raw, AS_THEY_SEEM, one).labels.tolist() == [1, 2, 3]
    assert outputs.read(raw[:, 0], AS_THEY_SEEM, one).labels.tolist() == [1, 2, 3]
    both = outputs.read((raw, raw * 2), read_as(None, None), two).labels
    assert both.tolist() == outputs.read({"a": raw, "b": raw * 2}, read_as(None, None), two).labels.tolist()
    assert both.tolist() == [[1, 2], [2, 4], [3, 6]]


finite = st.floats(-30, 30, width=32)


@given(arrays(np.float32, (3, 3), elements=finite))
def test_labels_probabilities_and_distances_agree(raw):
    """Whatever the logits: probabilities are some, and the greatest of them and of the distances is the label's."""
    found = outputs.read(raw, read_as("softmax"), MANY)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    at = np.searchsorted(MANY.classes, found.labels)
    assert (found.distances[np.arange(3), at] == found.distances.max(axis=1)).all()
    assert (found.probabilities[np.arange(3), at] >= found.probabilities.max(axis=1) - 1e-6).all()


@given(arrays(np.float32, 3, elements=finite))
def test_one_logit_is_as_good_as_two(raw):
    """A sigmoid of one output and a softmax of two, one of them zero, say the same."""
    one = outputs.read(raw[:, None], read_as("sigmoid"), BINARY)
    two = outputs.read(np.stack([np.zeros_like(raw), raw], axis=1), read_as("softmax"), BINARY)
    np.testing.assert_allclose(one.probabilities, two.probabilities, atol=1e-6)
    np.testing.assert_allclose(one.distances, two.distances)


@pytest.mark.parametrize("threshold", [None, 0.2])
@pytest.mark.parametrize("activation", [None, "sigmoid", "margin"])
def test_distances_of_two_classes_are_above_zero_for_the_second(activation, threshold):
    """They agree with the labels whatever the threshold, and rank as the outputs do, the least of probabilities too."""
    raw = np.array([0, 1e-40, 1e-20, 1e-3, 0.2, 0.21, 0.5, 0.51, 0.9, 1 - 1e-7, 1], "float32")[:, None]
    raw = raw * 20 - 10 if activation else raw
    head = Reading((Head(activation=activation, threshold=threshold),))
    one = outputs.read(raw, head, BINARY)
    assert ((one.distances > 0) == (one.labels == "yes")).all()
    assert (np.sign(np.diff(one.distances)) == np.sign(np.diff(raw[:, 0]))).all()
    assert np.isfinite(one.distances).all()
    two = outputs.read(np.concatenate([1 - raw, raw], axis=1), head, BINARY)
    assert ((two.distances > 0) == (two.labels == "yes")).all()
    assert outputs.read(raw[:3], head, BINARY).distances.tolist() == one.distances[:3].tolist()


@pytest.mark.parametrize(
    ("raw", "of", "says"),
    [
        (
            np.zeros((3, 3)),
            BINARY,
            "(3, 3) and y has shape (3,); for the task binary outputs of shape (rows, 1) or (rows, 2)",
        ),
        (np.zeros((3, 1)), MANY, "for the task multiclass of 3 classes outputs of shape (rows, 3)"),
        (np.zeros((3, 4, 3)), MANY, "predictions have shape (3, 4, 3)"),
        (np.zeros((3, 1)), LABELS, "y has shape (3, 2); for the task multilabel outputs of shape (rows, 2)"),
        ((np.zeros((3, 2, 2)), np.zeros((3, 1))), LABELS, "outputs have shapes (3, 2, 2), (3, 1)"),
    ],
)
def test_shapes_that_fit_no_task_are_told(raw, of, says):
    """The failure names the shape got, the shape of y, and the shapes allowed."""
    with pytest.raises(WrongShape) as caught:
        outputs.read(raw, read_as(*[None] * (len(raw) if isinstance(raw, tuple) else 1)), of)
    assert says in str(caught.value)
