"""Studies whose ``model`` returns a Pipeline that ends in a Keras estimator: prepared, trained, refitted and loaded."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold
from work import run as runs

import job
from job.errors import DataError, UsageError
from job.plan import identity
from job.study import reading
from job.study.mistakes import StudyMistakes
from job.work import refit, run_context
from job.work.facts import prepare
from job.work.op_threads import Threads
from job.work.orders import Orders
from job.work.shard import ShardWork

MODEL = """
import keras
from job import KerasClassifier, KerasRegressor
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler


def network(meta, units=3):
    model = keras.Sequential([keras.Input((meta["n_features_in_"],)), keras.layers.Dense(units, "tanh")])
    model.add(keras.layers.Dense(1, "sigmoid"))
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    return model


def halved(X):
    return X / 2


def build(scale=True):
    numbers = make_pipeline(SimpleImputer(), StandardScaler(with_mean=scale), FunctionTransformer(halved))
    words = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    )
    columns = ColumnTransformer([("numbers", numbers, ["age"]), ("words", words, ["plan"])])
    return Pipeline([("columns", columns), ("network", KerasClassifier(network, epochs=2))])


def picky(scale=True):
    if scale:
        raise ValueError("not to scale")
    return build(scale)


def other():
    return make_pipeline(StandardScaler(), LogisticRegression())  # and no KerasClassifier


def bare(units=3):
    return network({"n_features_in_": 1}, units)
"""

DATA = """
import numpy as np
import pandas as pd


def load():
    draws = np.random.default_rng(0)
    table = pd.DataFrame({"age": draws.normal(40, 9, 60), "plan": draws.choice(["basic", "family"], 60)})
    y = np.where(table["age"] > 40, "yes", "no")
    table.loc[::7, "age"] = np.nan
    table.loc[::9, "plan"] = None
    return table, y
"""

SCORES = """
def both(estimator, X, y):
    return {"hits": 1.0, "misses": 0.0}


def broken(estimator, X, y):
    raise RuntimeError("no score")
"""

STUDY = {
    "space: {units: [2, 3, 4]}": "space: {network__units: [2, 4], scale: [true, false], "
    "columns__numbers__simpleimputer__strategy: [median]}\nfit: {epochs: 3, batch_size: 16}",
    "cv: {StratifiedShuffleSplit: {n_splits: 1, random_state: 0}}": "cv: 2\nscoring: [accuracy, neg_log_loss]\n"
    "refit: accuracy",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of four pipelines over two folds, trained and refitted in this process."""
    planned = runs.planned(tmp_path_factory.mktemp("estimators"), STUDY, model=MODEL, data=DATA)
    context = run_context.load(planned.store, planned.keys, planned.folder)
    orders = Orders(planned.url, "small", str(planned.folder), "shards", run=planned.plan.run)
    with pytest.MonkeyPatch.context() as patched, Path(os.devnull).open("wb") as nobody:
        patched.setenv("TUNEJOB_EVENTS", str(nobody.fileno()))  # who watches a worker's process
        for shard in planned.shards:
            assert ShardWork(shard, context, planned.store, orders, Threads.FIXED).run() is None
        refit.run(orders, planned.store)
    return planned


def alone(run, params, train):
    """Return a pipeline of the study's own, fitted by scikit-learn by itself on some rows, and the data."""
    space = {}
    exec(DATA, space)  # noqa: S102
    table, y = space["load"]()
    import importlib.util

    spec = importlib.util.spec_from_file_location("alone_model", run.folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pipeline = module.build(scale=params["scale"])
    seed = identity.seed(0, params, np.asarray(train)) % 2**31
    given = {name: value for name, value in params.items() if name != "scale"}
    pipeline.set_params(network__epochs=3, network__batch_size=16, network__random_state=seed, **given)
    return pipeline.fit(table.iloc[train], y[train]), table, y


def test_scores_are_those_of_scikit_learn_over_the_same_pipelines(run):
    """Preprocessing is fitted on each fold's training rows; nothing is missing, nothing failed."""
    from sklearn.metrics import log_loss

    lines = run.lines()
    assert len(lines) == 4 * 2
    assert {line.error for line in lines} == {None}
    space = {}
    exec(DATA, space)  # noqa: S102
    table, y = space["load"]()
    folds = list(StratifiedKFold(2).split(table, y))
    for line in (lines[0], lines[-1]):
        train, test = folds[line.fold]
        pipeline, table, y = alone(run, line.params, train)
        loss = log_loss(y[test], pipeline.predict_proba(table.iloc[test]))
        assert line.scores["neg_log_loss"] == pytest.approx(-loss, abs=1e-4)
        assert line.scores["accuracy"] == pytest.approx(pipeline.score(table.iloc[test], y[test]), abs=1 / 30)
        assert line.epochs == 3
        assert len(line.history["loss"]) == 3


def test_the_refitted_pipeline_comes_back_ready_to_predict(run, monkeypatch):
    """From the study file, beside its code: missing values and unknown words in, the data's labels out."""
    monkeypatch.chdir(run.folder)
    (run.folder / "study.yaml").write_text((run.folder / "study.yaml").read_text() + "store: ./runs\n")
    found = job.load("small", store=run.url)
    rows = pd.DataFrame({"age": [20.0, None, 60.0], "plan": ["basic", None, "new"]})
    everything = np.arange(60)
    best = job.results("small", store=run.url).best_params_
    pipeline, *_ = alone(run, best, everything)
    assert set(found.predict(rows)) <= {"yes", "no"}
    np.testing.assert_allclose(found.predict_proba(rows), pipeline.predict_proba(rows), atol=1e-4)


def test_no_pickle_is_stored(run):
    """The pipeline's file holds a schema and arrays, and the Keras model is a file of its own."""
    with zipfile.ZipFile(io.BytesIO(run.store.read(run.keys.pipeline))) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert {name.rpartition(".")[2] for name in contents} <= {"json", "npy", "npz", "bin"}
    assert not any(content.startswith(b"\x80") for content in contents.values())  # as pickles do
    assert run.store.read(run.keys.model)[:2] == b"PK"


def test_functions_from_elsewhere_are_loaded_only_where_they_are_trusted(run, monkeypatch, tmp_path):
    """The error names them, and how to say that they are trusted."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"model\.halved.*trusted=\['model\.halved'\]"):
        job.load("small", store=run.url)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the code."""
    made = tmp_path_factory.mktemp("mistakes")
    (made / "model.py").write_text(MODEL)
    (made / "data.py").write_text(DATA)
    (made / "scores.py").write_text(SCORES)
    return made


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"space": {"network__unit": [2]}}, r"takes no `network__unit`: .*Did you mean `network__units`\?"),
        ({"model": "model:other", "space": {"logisticregression__C": [1.0]}}, "last step is a LogisticRegression"),
        ({"limits": {"fit": "1m"}}, r"limits.fit: a fit of an estimator can't be stopped"),
        ({"threshold": 0.3}, "threshold: an estimator has its own"),
        (
            {"scoring": "scores:both", "refit": "scores:both"},
            "refit: got 'scores:both'; the scores are `hits` and `mis",
        ),
        ({"scoring": "scores:both"}, "refit: `scores:both` gives several scores, and one ranks the trials"),
        ({"scoring": "scores:broken", "refit": "hits"}, "refit: fitting one fails, so that no scores .* no score"),
        ({"model": "model:bare", "space": {"units": [2]}}, "values that are missing or infinite"),
    ],
)
def test_what_does_not_go_with_an_estimator_is_told_beforehand(folder, fields, said):
    """With its place; a bare Keras model refuses missing values as ever."""
    whole = {"name": "small", "model": "model:build", "data": "data:load", "search": "grid", "cv": 2}
    declared = reading.given(whole | {"space": {"scale": [True]}} | fields, folder)
    with pytest.raises((StudyMistakes, DataError), match=said):
        prepare(declared, folder)


def test_trials_whose_estimator_raises_are_told_though_others_do_not(folder):
    """As a note, with where it was raised and the parameters."""
    whole = {"name": "small", "model": "model:picky", "data": "data:load", "search": "grid", "cv": 2, "refit": False}
    found = prepare(reading.given(whole | {"space": {"scale": [True, False]}}, folder), folder)[0]
    (note,) = (one for one in found.notes if "raised" in one)
    assert note.startswith(
        "`model:picky` raised for 1 of 2 trials that were tried: ValueError: not to scale (model.py, "
    )
    assert note.endswith("with {'scale': True}")


def test_what_scikit_learn_fits_is_noted(run):
    """`check` and `plan` print what prepares found."""
    assert any("scikit-learn fits" in note and "KerasClassifier" in note for note in run.plan.facts.notes)
    assert run.plan.facts.estimator
