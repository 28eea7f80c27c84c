"""What a search elsewhere can't do is refused in words, before anything is trained."""

import functools
import re

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from job import GridSearchCV, KerasClassifier, RandomizedSearchCV
from job.errors import StoreError
from job.study import reading


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"store": "runs"}, "store given without a backend"),
        ({"backend": "threads"}, "'processes', 'kubernetes'"),
        ({"backend": "processes", "overlay": "k8s"}, "overlay=… is for backend='kubernetes'"),
        ({"backend": "processes", "workers": 0}, "workers=0"),
        ({"backend": "kubernetes"}, "needs store='s3://BUCKET/PREFIX'"),
        ({"backend": "kubernetes", "store": "./runs"}, "which pods reach; got './runs'"),
    ],
)
def test_what_would_be_ignored_is_refused(build, rows, given, sentence):
    """Arguments that contradict each other, or have no meaning."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        GridSearchCV(build, {"hidden_units": [2]}, cv=2, **given).fit(*rows)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.array([False, True], dtype=object), "y holds bool as Python objects"),
        (np.array(["a", np.nan], dtype=object), "Input y contains NaN: nan in row"),
    ],
)
def test_labels_are_refused_as_in_this_process(build, rows, labels, sentence):
    """Objects that are neither text nor numbers, and what is missing."""
    X, y = rows
    with pytest.raises(ValueError, match=sentence):
        GridSearchCV(KerasClassifier(build), {"hidden_units": [2]}, cv=2, backend="processes").fit(X, labels[y])


def outer(units):
    """Return a function that needs a value of its own."""

    def build():
        return units

    return build


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"estimator": KerasClassifier(lambda: None)}, "a lambda can't travel to workers"),
        ({"estimator": KerasClassifier(outer(2))}, "`outer.<locals>.build` can't travel to workers"),
        ({"estimator": LogisticRegression()}, "the estimator is a LogisticRegression; with backend=… allowed are"),
        ({"scoring": lambda *_: 0.0}, "a lambda can't travel to workers"),
        ({"step": FunctionTransformer(lambda X: X)}, "is not defined at the top of a cell or module"),
        (
            {"X": csr_matrix(np.eye(120))},
            "X is a csr_matrix; only arrays, DataFrames and lists of texts can be sent to workers",
        ),
        ({"fit": {"standardscaler__sample_weight": np.ones(120)}}, "fit was given standardscaler__sample_weight"),
    ],
)
def test_what_cannot_travel_is_refused(rows, tmp_path, changed, sentence):
    """Naming what it is; the search in this process takes it."""
    X, y = rows
    step = changed.get("step", StandardScaler())
    estimator = changed.get("estimator") or make_pipeline(step, KerasClassifier(outer))
    name = "epochs" if isinstance(estimator, KerasClassifier) else "kerasclassifier__epochs"
    name = "C" if isinstance(estimator, LogisticRegression) else name
    where = {"backend": "processes", "store": str(tmp_path), "verbose": 0}
    search = GridSearchCV(estimator, {name: [1, 2]}, cv=2, scoring=changed.get("scoring"), **where)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        search.fit(changed.get("X", X), y, **changed.get("fit", {}))
    assert not list(tmp_path.rglob("plan.json"))


def test_more_candidates_than_travel_are_counted(rows, tmp_path, monkeypatch):
    """How many there are, how many may, and what to do; a grid of as many travels as it is written."""
    monkeypatch.setattr(reading, "LARGEST", 1_000)
    where = {"cv": 2, "backend": "processes", "store": str(tmp_path), "verbose": 0}
    search = RandomizedSearchCV(outer(2), {"epochs": range(1, 200)}, n_iter=100, random_state=0, **where)
    search.estimator = KerasClassifier(functools.partial(max, 2))
    with pytest.raises(ValueError, match=r"the search's 100 candidates are 2 KB .* about \d\d\. Draw fewer"):
        search.fit(*rows)
    assert not list(tmp_path.rglob("plan.json"))


def test_a_store_without_credentials_is_told(build, rows, monkeypatch):
    """With why a search needs them here, and where to look."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TUNEJOB_STORE_PATIENCE", "1")
    search = GridSearchCV(build, {"hidden_units": [2]}, cv=2, backend="kubernetes", store="s3://bucket/prefix")
    with pytest.raises(StoreError, match="Unlike `tunejob submit`, a search puts its rows into the store from here"):
        search.fit(*rows)
