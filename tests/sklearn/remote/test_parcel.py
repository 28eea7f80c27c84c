"""What travels arrives as it was: estimators, candidates' values and folds, sent by a search and read by a worker."""

import datetime as dt
import functools
import json
import sys
from types import ModuleType

import keras
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, SplineTransformer, StandardScaler

from job import KerasClassifier
from job.sklearn.multi_input import MultiInput
from job.sklearn.remote import arrived, rows, tables
from job.sklearn.remote.archives import Archives
from job.sklearn.remote.parcel import Parcel
from job.store import open_store


def build(units=2, optimizer="sgd", loss="binary_crossentropy"):
    """Return a compiled model."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile(optimizer, loss)
    return model


def halved(X):
    """Return half."""
    return X / 2


def holes():
    """Return a table of every kind of column, with holes of both kinds."""
    return pd.DataFrame(
        {
            "number": [1.5, np.nan, 2.5],
            "count": pd.array([1, None, 3], dtype="Int64"),
            "flag": [True, False, True],
            "day": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
            "kind": pd.Categorical(["a", "b", None]),
            "none": pd.Series(["x", None, "y"], dtype=object),
            "nan": pd.Series(["x", np.nan, "y"], dtype=object),
            "na": pd.Series(["x", pd.NA, "y"], dtype=object),
            "several": pd.Series([None, np.nan, pd.NA], dtype=object),
            "whole": pd.Series([1, None, 3], dtype=object),
            "mixed": pd.Series([1, "1", True], dtype=object),
            "date": pd.Series([dt.date(2024, 1, 1), None, dt.date(2024, 1, 3)], dtype=object),
        }
    ).set_axis([7, 8, 9])


@pytest.mark.parametrize(
    "X",
    [holes(), MultiInput({"b": np.ones((3, 2)), "a": np.array(["x", "y", "z"])}), MultiInput((np.ones(3), np.eye(3)))],
    ids=["table", "dict", "tuple"],
)
def test_rows_arrive_as_they_are(tmp_path, X):
    """Tables with their columns' kinds and what is missing in them; several inputs by name or place."""
    store = open_store(str(tmp_path))
    kept = rows.of(X, ["p", "q", "p"], np.array([1.0, 2.0, 3.0]), store, "grid-search")
    assert kept.key == rows.of(X, ["p", "q", "p"], np.array([1.0, 2.0, 3.0]), store, "grid-search").key
    (tmp_path / "search.json").write_text(json.dumps({"rows": kept.put(store)}))
    found = arrived.rows(tmp_path)
    assert (found["y"].tolist(), found["sample_weight"].tolist()) == (["p", "q", "p"], [1.0, 2.0, 3.0])
    if isinstance(X, pd.DataFrame):
        pd.testing.assert_frame_equal(found["X"], X.reset_index(drop=True))
        assert found["X"]["none"][1] is None
        assert found["X"]["na"][1] is found["X"]["several"][2] is pd.NA
        assert [type(one) for one in found["X"]["whole"]] == [int, type(None), int]
        assert found["X"]["mixed"].tolist() == [1, "1", True]
    else:
        assert type(found["X"]) is type(X.arrays)
        assert str(found["X"]) == str(X.arrays)


@pytest.mark.parametrize("unit", ["ns", "D"])
@pytest.mark.parametrize("kind", [np.datetime64, np.timedelta64])
def test_times_of_numpy_arrive_as_times(kind, unit):
    """Of any precision, with those that are none, in a column of Python objects; no counts of nanoseconds."""
    X = pd.DataFrame({"a": pd.Series([kind(19_000, unit), kind("NaT", unit), None], dtype=object)})
    found = tables.arrived(tables.sent(X))["a"].tolist()
    assert found[0] == pd.Series([kind(19_000, unit)])[0]
    assert type(found[0]) in (pd.Timestamp, pd.Timedelta)
    assert found[1] is pd.NaT
    assert found[2] is None


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "several columns named 'a'; give each a name of its own"),
        (pd.DataFrame({"a": [1, {2}]}), "Parquet does not take it"),
    ],
)
def test_tables_that_do_not_travel_are_refused(tmp_path, table, sentence):
    """What Parquet can't hold, in a sentence."""
    with pytest.raises(ValueError, match=sentence):
        rows.of(table, [0] * len(table), None, open_store(str(tmp_path)), "grid-search")


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """This module is as one that workers have."""
    module = ModuleType("travelling_here")
    for function in (build, halved):
        monkeypatch.setattr(function, "__module__", module.__name__)
        setattr(module, function.__name__, function)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def there(folder, estimator, *candidates):
    """Return what workers make of an estimator with each candidate, and the values that the study has."""
    parcel = Parcel()
    sent = [parcel.params(one) for one in candidates]
    for path, content in parcel.files(estimator, {}).items():
        (folder / path).write_bytes(content)
    return [arrived.estimator(folder, one) for one in sent], sent


def test_a_large_estimator_lies_among_the_rows(tmp_path):
    """One with much validation data, which would not fit beside a study; a small one does."""
    store = open_store(str(tmp_path / "store"))
    X, y = np.random.default_rng(0).normal(size=(3_000, 5)), np.arange(3_000) % 2
    for n, is_large in ((10, False), (3_000, True)):
        estimator = KerasClassifier(build, validation_data=(X[:n], y[:n]))
        files = Parcel().files(estimator, {}, lambda found: rows.of_estimator(found, "study").put(store))
        assert ("estimator.skops" not in files) is is_large
        assert sum(map(len, files.values())) < 60_000
        folder = tmp_path / str(n)
        folder.mkdir()
        for path, content in files.items():
            (folder / path).write_bytes(content)
        assert np.array_equal(arrived.estimator(folder, {}).validation_data[0], X[:n])


def test_candidates_of_any_kind_arrive(tmp_path):
    """Plain values stay readable in the study; steps, dicts by numbers and text like a number have a name there."""
    steps = make_pipeline(StandardScaler(), KerasClassifier(build, epochs=3))
    values = [
        {"kerasclassifier__units": np.int64(4), "kerasclassifier__loss": "mse"},
        {"standardscaler": MinMaxScaler((0, 2)), "kerasclassifier__early_stopping": {"patience": 3}},
        {"standardscaler": "passthrough", "kerasclassifier__class_weight": {0: 1.0, 1: 2.0}},
        {"kerasclassifier__loss": "1e-3", "standardscaler__with_mean": False},
        {},
    ]
    found, sent = there(tmp_path, steps, *values)
    for made, given in zip(found, values, strict=True):
        plain = {"kerasclassifier__units": 4} if "kerasclassifier__units" in given else {}  # as Python has it
        expected = clone(steps).set_params(**{**given, **plain})
        assert str(made.get_params()) == str(expected.get_params())
    assert sent[0] == {"kerasclassifier__units": 4, "kerasclassifier__loss": "mse"}
    assert sent[1]["standardscaler"] == "MinMaxScaler #1"


def test_a_candidates_time_of_numpy_arrives_as_it_is(tmp_path):
    """One in nanoseconds, of which Python would make a count."""
    steps = make_pipeline(SimpleImputer(), KerasClassifier(build))
    day = np.datetime64("2024-01-01", "ns")
    (made,), _ = there(tmp_path, steps, {"simpleimputer__fill_value": day})
    assert repr(made[0].fill_value) == repr(day)


def test_what_the_fit_takes_by_name_arrives_too(tmp_path):
    """Of a bare estimator, whose names a study's own fit has as well."""
    callback = keras.callbacks.EarlyStopping("loss", patience=2)
    found, sent = there(
        tmp_path, KerasClassifier(build),
        {"epochs": 2, "callbacks": [callback]}, {"early_stopping": {"patience": 3}}, {"class_weight": {"a": 2.0}},
        {"early_stopping": True, "callbacks": None},
    )  # fmt: skip
    assert found[0].epochs == 2
    assert (found[0].callbacks[0].monitor, found[0].callbacks[0].patience) == ("loss", 2)
    assert found[1].early_stopping == sent[1]["estimator__early_stopping"] == {"patience": 3}
    assert found[2].class_weight == {"a": 2.0}
    assert found[3].early_stopping is True
    assert all("callbacks" not in one and "early_stopping" not in one for one in sent)  # a study's fit takes fewer


def test_objects_of_keras_arrive_as_keras_writes_them(tmp_path):
    """In the estimator and in the grid, each worker's its own."""
    estimator = KerasClassifier(build, optimizer=keras.optimizers.Adam(0.25))
    (one, other), _ = there(tmp_path, estimator, {"units": 3}, {"optimizer": keras.optimizers.SGD(0.5)})
    assert float(one.get_params()["optimizer"].learning_rate.numpy()) == 0.25
    assert float(other.get_params()["optimizer"].learning_rate.numpy()) == 0.5


def test_a_built_model_arrives_as_a_template(tmp_path):
    """Compiled, with its settings by name; and one that is made by a partial function."""
    for name in ("template", "partial"):
        (tmp_path / name).mkdir()
    (made,), _ = there(tmp_path / "template", KerasClassifier(build(units=5)), {"optimizer__learning_rate": 0.5})
    assert made.model.compiled
    assert made.model.layers[0].units == 5
    (made,), _ = there(tmp_path / "partial", KerasClassifier(functools.partial(build, units=7)), {"loss": "mse"})
    assert made.model.keywords == {"units": 7}


def test_what_was_sent_is_trusted_once_it_comes_back_fitted():
    """A transformer's own function, and classes that fits make of it; a function that nobody sent is not."""
    steps = make_pipeline(SplineTransformer(n_knots=3), SelectKBest(f_classif, k=2), FunctionTransformer(halved))
    archives = Archives()
    archives.dumped(clone(steps), "the estimator")
    X = np.random.default_rng(0).normal(size=(20, 3))
    written = skops.io.dumps(steps.fit(X, np.arange(20) % 2))
    assert skops.io.get_untrusted_types(data=written)
    archive, trusted = archives.returned(written)
    assert np.array_equal(skops.io.loads(archive, trusted=trusted).transform(X), steps.transform(X))
    other, trusted = archives.returned(skops.io.dumps(make_pipeline(SelectKBest(f_regression), SplineTransformer())))
    assert skops.io.get_untrusted_types(data=other) == ["sklearn.feature_selection._univariate_selection.f_regression"]
    assert trusted == []


def test_the_same_parcel_is_the_same_bytes(tmp_path):
    """So that the same search is the same run."""
    estimator = make_pipeline(FunctionTransformer(halved), StandardScaler(), KerasClassifier(build))
    files = []
    for _ in range(2):
        parcel = Parcel()
        parcel.params({"standardscaler": MinMaxScaler(), "kerasclassifier__optimizer": keras.optimizers.SGD(0.5)})
        files.append(parcel.files(estimator, {}))
    assert files[0] == files[1]


def test_folds_arrive_in_their_own_order(tmp_path):
    """Of row numbers and of masks, stored once for the same folds."""
    draws = np.random.default_rng(0).permutation(9)
    masks = np.arange(9) < 6, np.arange(9) >= 6
    store = open_store(str(tmp_path))
    kept = rows.of_folds([(draws[:6], draws[6:]), masks], 9, "grid-search")
    place = kept.put(store)
    assert rows.of_folds([(draws[:6], draws[6:]), masks], 9, "grid-search").put(store) == place
    (tmp_path / "search.json").write_text(json.dumps({"folds": place}))
    found = arrived.folds(tmp_path)
    assert [[one.tolist() for one in fold] for fold in found] == [
        [draws[:6].tolist(), draws[6:].tolist()],
        [list(range(6)), list(range(6, 9))],
    ]
