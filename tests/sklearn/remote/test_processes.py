"""Searches by worker processes on a folder, against the same searches in this process and scikit-learn's own."""

import json
import textwrap

import pytest

MODULE = textwrap.dedent(
    """
    import keras


    def build(units=2):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, "tanh")])
        model.add(keras.layers.Dense(1, "sigmoid"))
        model.compile("sgd", "binary_crossentropy")
        return model
    """
)
SCRIPT = textwrap.dedent(
    """
    import json
    import re
    from pathlib import Path

    import keras
    import numpy as np
    from sklearn.base import clone
    from sklearn.metrics import brier_score_loss, make_scorer
    from sklearn.model_selection import GridSearchCV as Stock
    from sklearn.model_selection import ShuffleSplit
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    import nets
    from job import GridSearchCV, HalvingGridSearchCV, KerasClassifier

    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.where(X.sum(axis=1) > 0, "yes", "no")


    def build(units=2, optimizer="sgd"):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, "tanh")])
        model.add(keras.layers.Dense(1, "sigmoid"))
        model.compile(optimizer, "binary_crossentropy")
        return model


    def halved(X):
        return X / 2


    def brier(estimator, X, y):
        import numpy

        return -float(numpy.mean((estimator.predict_proba(X)[:, 1] - (y == "yes")) ** 2))


    def scorer():
        return make_scorer(brier_score_loss, greater_is_better=False, response_method="predict_proba", pos_label="yes")


    def pipelined(kind, **where):
        step = KerasClassifier(build, epochs=2, random_state=0)
        whole = make_pipeline(FunctionTransformer(halved), StandardScaler(), step)
        grid = {
            "kerasclassifier__optimizer": [keras.optimizers.SGD(0.5), "adam"],
            "kerasclassifier__units": [2, 3],
            "standardscaler": ["passthrough"],
        }
        masks = [(np.isin(np.arange(60), train), test) for train, test in ShuffleSplit(2, random_state=0).split(X)]
        scoring = {"loss": "neg_log_loss", "brier": brier, "made": scorer()}
        return kind(whole, grid, cv=masks, scoring=scoring, refit="loss", return_train_score=True, **where).fit(X, y)


    def halving(kind, **where):
        estimator = KerasClassifier(nets.build, random_state=0)
        rounds = {"resource": "epochs", "min_resources": 1, "max_resources": 3, "factor": 3}
        weights = 0.1 + np.abs(X[:, 0])  # which newer searches of scikit-learn give to scorers too
        return kind(estimator, {"units": [2, 3, 4]}, cv=2, **rounds, **where).fit(X, y, sample_weight=weights)


    def plain(value):
        return re.sub(" at 0x[0-9a-f]+", "", str(value))


    def told(search):
        best = search.best_estimator_
        step = best[-1] if hasattr(best, "steps") else best
        return {
            "results": {name: np.asarray(one).tolist() for name, one in search.cv_results_.items()
                        if name.endswith(("_score", "n_resources", "iter"))},
            "columns": sorted(search.cv_results_),
            "best": plain(search.best_params_),
            "outputs": search.predict_proba(X).tolist(),
            "made": [step.model is made, step.model_.compiled, plain(clone(best))],
        }


    def objects():
        return {str(one): one.stat().st_mtime_ns for one in Path("runs").rglob("*.jsonl*")}


    there = {"backend": "processes", "store": "runs", "workers": 1, "verbose": 0}
    made = build
    found = {"stock": told(pipelined(Stock)), "here": told(pipelined(GridSearchCV, verbose=0))}
    found["there"] = told(pipelined(GridSearchCV, **there))
    before = objects()
    found |= {"again": told(pipelined(GridSearchCV, **there)), "same": before == objects() and len(before) > 0}
    print(json.dumps(found))
    made = nets.build
    here, elsewhere = (told(halving(HalvingGridSearchCV, **where)) for where in ({"verbose": 0}, there))
    print(json.dumps({"here": here, "there": elsewhere}))
    print(sorted(one.name for one in Path("runs/grid-search/data").glob("*/*")))
    """
)


@pytest.fixture(scope="module")
def told(searched):
    """What the script says of a Pipeline of its own functions, a halving search, and what it put into the store."""
    done = searched(MODULE, SCRIPT)
    pipeline, halving, stored = done.stdout.splitlines()[-3:]
    return {"pipeline": json.loads(pipeline), "halving": json.loads(halving), "stored": stored, "said": done.stderr}


@pytest.mark.parametrize(("kind", "other"), [("pipeline", "here"), ("pipeline", "stock"), ("halving", "here")])
def test_results_and_the_best_estimator_are_those_of_this_process(told, kind, other):
    """Every fold's score by every scorer, every column, and what the best estimator predicts and is made of."""
    here, there = told[kind][other], told[kind]["there"]
    assert there["columns"] == here["columns"]
    for name, scores in here["results"].items():
        for one, expected in zip(there["results"][name], scores, strict=True):
            assert one == pytest.approx(expected, abs=1e-4), name
    for one, expected in zip(there["outputs"], here["outputs"], strict=True):
        assert one == pytest.approx(expected, abs=1e-4)
    assert there["best"] == here["best"]
    assert there["made"] == here["made"]
    assert there["made"][:2] == [True, True]


def test_fit_again_trains_nothing_anew(told):
    """No result is written a second time, and all is as it was."""
    assert told["pipeline"]["same"]
    assert told["pipeline"]["again"] == told["pipeline"]["there"]


def test_rows_and_folds_lie_in_the_store_once(told):
    """However often the search was fitted; and it said nothing, as it was told to be quiet."""
    assert told["stored"] == "['folds.npz', 'rows.npz']"
    assert "fits" not in told["said"]
