"""Whatever a study file holds, it is read or refused in sentences; nothing else is raised."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from job.errors import UsageError
from job.study import document, reading
from job.study.study import Study

WORDS = st.sampled_from([
    "grid", "random", "trials", "seed", "KFold", "n_splits", "StratifiedKFold", "ShuffleSplit", "f1", "r2",
    "roc_auc", "range", "linspace", "geomspace", "uniform", "loguniform", "randint", "dirichlet",
    "rv_histogram", "my:own", "nan", "raise", "balanced", "30m", "true", "units", "batch_size", "epochs",
    "early_stopping", "callbacks", "name", "arguments", "kind", "path", "train.csv", "x.npy", "y.npy",
    "binary", "regression", "shuffle", "test_size", "random_state",
])  # fmt: skip
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 70) | st.floats() | WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.integers(0, 2), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from([*Study.model_fields, "unknown"])
RIGHT = {"name": "s", "model": "m:b", "data": "d:l", "search": "grid", "space": {"units": [1]}}


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(FIELDS, PLAIN, max_size=4), st.sets(st.sampled_from([*RIGHT]), max_size=1))
def test_any_study_is_read_or_refused(fields, left_out):
    """A study is equal to what is stored of it, or every mistake is a sentence."""
    values = {name: value for name, value in (RIGHT | fields).items() if name not in left_out}
    study = None
    with contextlib.suppress(UsageError):
        study = reading.parse(document.dump(values), "study.yaml")
    if study is not None:
        assert reading.dump(reading.parse(reading.dump(study), "stored")) == reading.dump(study)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text(" \n:-[]{}'\"&*!#%|>?a1", max_size=40))
def test_any_text_is_read_or_refused(text):
    """A file of any characters ends in a sentence at worst."""
    with pytest.raises(UsageError):
        reading.parse(text, "study.yaml")
