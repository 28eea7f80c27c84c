"""What an estimator and its process are set to holds for the fits of worker processes, as it does in this process."""

import json
import textwrap

import pytest

MODULE = textwrap.dedent(
    """
    import keras


    def build(units=2):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, "tanh")])
        model.add(keras.layers.Dense(1, "sigmoid"))
        model.compile(keras.optimizers.SGD(2.0), "binary_crossentropy")
        return model


    def with_policy(units=2):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, "tanh")])
        model.add(keras.layers.Dense(1, "sigmoid", name=f"{keras.config.dtype_policy().name}_{keras.config.floatx()}"))
        model.compile("sgd", "binary_crossentropy")
        return model


    def named(X):
        return X[["x0", "x1"]]
    """
)
SCRIPT = textwrap.dedent(
    """
    import json
    import pickle

    import keras
    import numpy as np
    import sklearn
    from sklearn.feature_selection import SelectKBest, f_classif
    from sklearn.metrics import check_scoring
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    import nets
    from job import GridSearchCV, KerasClassifier

    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.where(X[:, :2].sum(axis=1) > 0, "yes", "no")
    weights = 0.1 + np.abs(X[:, 0])


    def routed(**where):
        estimator = KerasClassifier(nets.build, epochs=8, validation_split=0.25, random_state=0)
        estimator.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        stops = [None, True, {"patience": 1, "restore_best_weights": True}]
        grid = {"early_stopping": stops, "callbacks": [None, [keras.callbacks.TerminateOnNaN()]]}
        return GridSearchCV(estimator, grid, cv=2, **where).fit(X, y, sample_weight=weights)


    def configured(**where):
        step = KerasClassifier(nets.with_policy, epochs=2, random_state=0)
        steps = make_pipeline(StandardScaler(), FunctionTransformer(nets.named), step)
        whole = make_pipeline(SelectKBest(f_classif, k=3), steps)
        return GridSearchCV(whole, {"pipeline__kerasclassifier__units": [2, 3]}, cv=2, **where).fit(X, y)


    def told(search):
        copied = pickle.loads(pickle.dumps(search))
        best = search.best_estimator_
        while hasattr(best, "steps"):
            best = best[-1]
        return {
            "scores": [np.asarray(search.cv_results_[name]).tolist() for name in sorted(search.cv_results_)
                       if name.endswith("test_score")],
            "scorer": [repr(search.scorer_), repr(check_scoring(search.estimator))],
            "same": bool(np.array_equal(copied.predict(X), search.predict(X))),
            "layer": best.model_.layers[-1].name,
        }


    there = {"backend": "processes", "store": "runs", "workers": 1}
    for search, config in ((routed, {"enable_metadata_routing": True}), (configured, {"transform_output": "pandas"})):
        sklearn.set_config(**config)
        if search is configured:
            keras.config.set_dtype_policy("mixed_bfloat16")
            keras.config.set_floatx("float64")
        try:
            found = [told(search(verbose=0, **where)) for where in ({}, there)]
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        print(json.dumps(found))
    """
)


@pytest.fixture(scope="module")
def told(searched):
    """What both searches say, fitted in a process and by workers."""
    done = searched(MODULE, SCRIPT)
    return dict(zip(("routed", "configured"), map(json.loads, done.stdout.splitlines()[-2:]), strict=True))


@pytest.mark.parametrize("kind", ["routed", "configured"])
def test_a_search_is_that_of_this_process(told, kind):
    """Scores of weights that are routed and of settings of every kind; a scorer that pickles, and the best model."""
    here, there = told[kind]
    for one, expected in zip(there.pop("scores"), here.pop("scores"), strict=True):
        assert one == pytest.approx(expected, abs=1e-4)
    assert there == here
    assert there["same"]
    assert there["scorer"][0] == there["scorer"][1]
