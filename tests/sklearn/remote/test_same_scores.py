"""What a search is given of labels and scorers means the same to workers as in this process."""

import json
import textwrap

import numpy as np
import pytest

from job import GridSearchCV, KerasClassifier
from job.sklearn.remote import declared
from job.study import sklearn_private

MODULE = textwrap.dedent(
    """
    import keras


    def build(last="softmax", outputs=3):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(outputs, last)])
        loss = "categorical_crossentropy" if last == "softmax" else "binary_crossentropy"
        model.compile(keras.optimizers.SGD(0.5), loss)
        return model
    """
)
SCRIPT = textwrap.dedent(
    """
    import json
    import warnings

    import numpy as np

    import nets
    from job import GridSearchCV, KerasClassifier

    warnings.simplefilter("ignore")
    X = np.random.default_rng(0).normal(size=(60, 4))
    numbers = X[:, :3].argmax(axis=1)
    words = np.where(X[:, 0] > 0, "yes", "no")
    binary = KerasClassifier(nets.build, last="sigmoid", outputs=1, random_state=0)


    def both(estimator, X, y):
        import numpy

        right = numpy.ravel(y) == estimator.predict(X)
        return {"right": right.mean(), "wrong": -(~right).mean()}


    def last(results):
        return len(results["params"]) - 1


    def one_hot(**where):
        estimator = KerasClassifier(nets.build, epochs=3, random_state=0)
        scoring = ["balanced_accuracy", "f1_macro", "accuracy"]
        grid = {"last": ["softmax", "sigmoid"]}
        search = GridSearchCV(estimator, grid, cv=2, scoring=scoring, refit="f1_macro", **where)
        return search.fit(X, np.eye(3)[numbers])


    def column(**where):
        search = GridSearchCV(binary, {"epochs": [1, 2]}, cv=2, scoring=both, refit=last, **where)
        return search.fit(X, words.reshape(-1, 1))


    def told(search):
        scores = {name: one.tolist() for name, one in search.cv_results_.items() if name.endswith("test_score")
                  or "_test_" in name}
        return [scores, search.best_params_, search.predict(X).tolist(), search.predict_proba(X).tolist()]


    there = {"backend": "processes", "store": "runs", "workers": 1}
    kinds = (one_hot, column)
    print(json.dumps({kind.__name__: [told(kind(verbose=0, **where)) for where in ({}, there)] for kind in kinds}))
    """
)


@pytest.fixture(scope="module")
def told(searched):
    """What searches here and there say, by kind."""
    return json.loads(searched(MODULE, SCRIPT).stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", ["one_hot", "column"])
def test_scores_and_the_best_are_those_of_this_process(told, kind):
    """One-hot rows, which one candidate reads as labels, so that one scorer has no score of it; words in a column."""
    here, there = told[kind]
    assert here[0].keys() == there[0].keys()
    for name, scores in here[0].items():
        assert there[0][name] == pytest.approx(scores, abs=1e-4, nan_ok=True), name
    assert there[1:3] == here[1:3]
    for one, other in zip(here[3], there[3], strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_scorers_fail_by_themselves(told):
    """The others of a fit stay; and what has a score here has one there."""
    scores = told["one_hot"][1][0]
    assert scores["mean_test_balanced_accuracy"] == [
        pytest.approx(0.8, abs=0.3),
        pytest.approx(float("nan"), nan_ok=True),
    ]
    assert min(scores["mean_test_f1_macro"]) > 0.3


def test_scorers_go_without_what_a_study_would_tell_them(build):
    """scikit-learn's searches tell them neither labels nor which of two counts; those that need neither go by name."""
    search = GridSearchCV(KerasClassifier(build), {}, scoring=["accuracy", "f1", "neg_log_loss"])
    found = declared.scorers(search, np.array(["no", "yes"] * 3), weighed=False)
    assert found["accuracy"] == "accuracy"
    assert [sklearn_private.given(found[name]) for name in ("f1", "neg_log_loss")] == [{"average": "binary"}, {}]
    assert declared.scorers(search.set_params(scoring="f1"), np.array([0, 1] * 3), weighed=False) == {"score": "f1"}
