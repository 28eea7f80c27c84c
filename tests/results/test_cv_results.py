"""``cv_results_`` compared column by column with scikit-learn's own, from a search over a stub with given scores."""

import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_run import MadeRun
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid, ParameterSampler, RandomizedSearchCV

from job.plan import stored
from job.results.aggregate import aggregate
from job.results.line import FitFailure
from job.store.keys import RunKeys
from job.study.study import Search

SCORES = [0.25, 0.5, 0.5, 0.75, -1.0, -3.5, math.nan, math.inf, -math.inf]
VALUES = [1, 2, 10**20, 0.1, 2.5, True, False, None, "relu", "selu", "1", [64, 32], [16], [8, 4], math.inf, -1]


class Stub(BaseEstimator):
    """An estimator that takes any params and remembers which rows it did not see."""

    def __init__(self, **params):
        self.params = params

    def get_params(self, deep=True):  # noqa: FBT002 - scikit-learn's signature
        """Return its params, as scikit-learn asks."""
        return dict(self.params)

    def set_params(self, **params):
        """Take other params."""
        self.params |= params
        return self

    def fit(self, X, y=None):
        """Raise where a failure is prescribed."""
        self.fold = (set(range(int(X[0, 1]))) - set(X[:, 0].tolist())).pop()
        if (json.dumps(self.params, sort_keys=True), self.fold) in Prescribed.failed:
            raise ValueError("prescribed")


class Prescribed:
    """What the stub scores and where it fails, by canonical params and fold."""

    scores: dict
    failed: set

    @classmethod
    def scorer(cls, name):
        """Return a scorer that looks its score up; the only row of a test fold is the one not trained on."""

        def score(stub, X, y=None):
            text, tested = json.dumps(stub.params, sort_keys=True), X[0, 0] == stub.fold
            return cls.scores[text, stub.fold, name, "test" if tested else "train"]

        return score


def sklearn_search(make, metrics, folds, error_score, train):
    """Run scikit-learn's own search with the prescribed scores."""
    scoring = {name: Prescribed.scorer(name) for name in metrics} if len(metrics) > 1 else Prescribed.scorer(metrics[0])
    X = np.array([[row, folds] for row in range(folds)])
    search = make(scoring=scoring, refit=False, cv=KFold(folds), error_score=error_score, return_train_score=train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return search.fit(X).cv_results_


def our_table(params, metrics, folds, error_score, train):
    """Aggregate result lines with the same scores."""
    texts = [json.dumps(one, sort_keys=True) for one in params]
    first = {text: number for number, text in reversed(list(enumerate(texts)))}

    def scores(kind):
        rows = [[Prescribed.scores[t, f, m, kind] for f in range(folds)] for m in metrics for t in texts]
        return dict(zip(metrics, np.reshape(rows, (len(metrics), len(texts), folds)), strict=True))

    failure = FitFailure(kind="ValueError", message="prescribed")
    return MadeRun(
        params=params,
        scores=scores("test"),
        train_scores=scores("train") if train else {},
        failed={(n, f): failure for n, t in enumerate(texts) for f in range(folds) if (t, f) in Prescribed.failed},
        twins={number: first[text] for number, text in enumerate(texts) if first[text] != number},
        error_score=error_score,
        refit=metrics[0],
    ).table()


def assert_same(ours, theirs):
    """Compare every column: name, place, dtype, mask, fill value, values; times by their kind only."""
    assert list(ours) == list(theirs)
    for name, column in theirs.items():
        mine = ours[name]
        assert type(mine) is type(column), name
        if name == "params":
            assert [list(one.items()) for one in mine] == [list(one.items()) for one in column]
            continue
        assert (mine.dtype, mine.shape) == (column.dtype, column.shape), name
        if np.ma.isMaskedArray(column):
            assert np.array_equal(mine.mask, column.mask), name
            assert mine.mask.shape == column.mask.shape
            assert repr(mine.fill_value) == repr(column.fill_value), name
            assert [repr(value) for value in mine.compressed()] == [repr(value) for value in column.compressed()]
        elif not name.endswith("_time"):
            assert np.array_equal(mine, column, equal_nan=True), (name, mine, column)


spaces = st.lists(
    st.dictionaries(
        st.sampled_from("abc"),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=3),
        min_size=1,
        max_size=3,
    ),
    min_size=1,
    max_size=2,
)


@settings(max_examples=100, deadline=None)
@given(
    space=spaces,
    folds=st.integers(2, 4),
    metrics=st.sampled_from([["accuracy"], ["roc_auc", "accuracy"], ["f1", "accuracy", "neg_log_loss"]]),
    error_score=st.sampled_from([math.nan, 0.0, -7.5]),
    train=st.booleans(),
    trials=st.sampled_from([None, 3]),
    data=st.data(),
)
def test_every_column_equals_scikit_learns(space, folds, metrics, error_score, train, trials, data):
    """Any space, as a grid or at random, with NaN, infinite, tied and failed scores, gives the same columns."""
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    failing = data.draw(st.sampled_from([0.0, 0.3]))

    class Scores(dict):
        def __missing__(self, key):
            self[key] = SCORES[draw.integers(len(SCORES))]
            return self[key]

    Prescribed.scores = Scores()
    texts = [json.dumps(one, sort_keys=True) for one in ParameterGrid(space)]
    fits = [(text, fold) for text in dict.fromkeys(texts) for fold in range(folds)]
    Prescribed.failed = {fit for fit in fits[1:] if draw.random() < failing}

    def make(**options):
        if trials is None:
            return GridSearchCV(Stub(), space, **options)
        return RandomizedSearchCV(Stub(), space, n_iter=min(trials, len(texts)), random_state=1, **options)

    try:
        theirs = sklearn_search(make, metrics, folds, error_score, train)
    except ValueError as error:
        assume("fits failed" not in str(error))  # all of the sampled fits: scikit-learn gives no table
        raise
    assert_same(our_table(theirs["params"], metrics, folds, error_score, train).cv_results_, theirs)


@pytest.mark.parametrize("count", [1, 2])
def test_the_best_is_the_one_scikit_learn_would_refit(count):
    """Among tied trials the first is the best, by the scorer that ``refit`` names."""
    scores = {"accuracy": [[0.1, 0.2], [0.9, 0.7], [0.7, 0.9]], "f1": [[0.3, 0.2], [0.1, 0.1], [0.1, 0.1]]}
    run = MadeRun([{"x": 1}, {"x": 2}, {"x": 3}], dict(list(scores.items())[:count]), refit="accuracy")
    assert run.table().best.number == 1
    assert run.table().best.params == {"x": 2}
    assert list(run.table().ranking) == [1, 2, 0]


@pytest.mark.parametrize("kind", ["grid", "random"])
def test_a_planned_run_keeps_scikit_learns_order_of_names(kind):
    """Through plan, shards and back, params and their columns come in the order of scikit-learn's own candidates."""
    space = {"units": [32, 64], "act": ["relu", "tanh"], "rate": [0.1, 0.2]}
    made = MadeRun([{"x": 1}], {"accuracy": [[0.1, 0.2]]})
    search = Search(kind=kind, **({"trials": 5, "seed": 3} if kind == "random" else {}))
    study = made.study.model_copy(update={"search": search, "space": (space,), "name": "planned"})
    plan = stored.write(made.store, study, made.plan.facts, b"", workers=2)
    theirs = list(ParameterSampler(space, 5, random_state=3) if kind == "random" else ParameterGrid(space))
    found = aggregate(made.store, RunKeys(plan.study, plan.run), plan, study).cv_results_
    assert [list(params.items()) for params in found["params"]] == [list(params.items()) for params in theirs]
    assert [name for name in found if name.startswith("param_")] == [f"param_{name}" for name in theirs[0]]
