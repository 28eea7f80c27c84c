"""The same scores as scikit-learn's own search over the same Keras model, and as any other space that has the trial."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import scale
from train import models, plain
from train.cases import Case

from job.data import folds as fold_numbers
from job.plan import identity
from job.plan.plan import Trial
from job.results import line as results_line
from job.study import search
from job.train import by_fit, lines, requests

X, Y = load_breast_cancer(return_X_y=True)
X, Y = scale(X[:300, :6]).astype("float32"), Y[:300]
SPACE = {"units": [2, 5], "learning_rate": [0.01, 0.1]}
STUDY = {
    "space": SPACE,
    "cv": 3,
    "scoring": ["roc_auc", "accuracy"],
    "refit": "roc_auc",
    "fit": {"epochs": 2},
    "seed": 5,
}


class KerasClassifier(ClassifierMixin, BaseEstimator):
    """A Keras model as scikit-learn's estimator, written as any user would; ``seeds`` gives the seed of a fit."""

    def __init__(self, units=1, learning_rate=0.01, seeds=None):
        self.units, self.learning_rate, self.seeds = units, learning_rate, seeds

    def fit(self, X, y):
        """Trains on a fold."""
        params = {"units": self.units, "learning_rate": self.learning_rate}
        seed = self.seeds[self.units, self.learning_rate, float(X[:, 0].sum())]
        self.classes_ = np.unique(y)
        self.model_, _ = plain.fit(models.dense, params, X, y, seed, epochs=2, traced=True)
        return self

    def predict_proba(self, X):
        """Two columns."""
        chance = self.model_.predict(X, verbose=0)
        return np.hstack([1 - chance, chance])

    def predict(self, X):
        """Labels."""
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]

    def __deepcopy__(self, memo):
        return self


def lines_of(case, trials, folds):
    """Result lines of these trials on these folds."""
    found = []
    for number, params in trials:
        for index, fold in enumerate(folds):
            request = requests.make(case.study, case.facts, Trial(number, params), index, fold, case.rows)
            trained = by_fit.train(request, case.build, case.material)
            found.append(lines.line(trained, case.score(trained, *case.study.scoring), group="g", attempt=0))
    return found


@pytest.fixture(scope="module")
def case():
    """The study that both search."""
    return Case(models.dense, X, Y, settings=STUDY)


@pytest.fixture(scope="module")
def ours(case):
    """Our result lines of the whole search."""
    return lines_of(case, enumerate(search.candidates(case.study)), fold_numbers.make(case.study, case.rows))


def test_candidates_splits_and_scores_are_those_of_scikit_learns_search(case, ours):
    """GridSearchCV over the wrapped model, with equal folds and seeds: equal candidates, sizes, scores to rounding."""
    seeds = {
        (p["units"], p["learning_rate"], float(X[fold.train, 0].sum())): identity.seed(5, p, fold.train)
        for p in search.candidates(case.study)
        for fold in fold_numbers.make(case.study, case.rows)
    }
    grid = GridSearchCV(
        KerasClassifier(seeds=seeds), SPACE, cv=3, scoring=["roc_auc", "accuracy"], refit=False, error_score="raise"
    )
    sizes = [(len(train), len(test)) for train, test in StratifiedKFold(3).split(X, Y)]
    theirs = grid.fit(X, Y).cv_results_
    assert [line.params for line in ours[::3]] == theirs["params"]
    for line in ours:
        assert (line.train_rows, line.test_rows) == sizes[line.fold]
        for scorer in ("roc_auc", "accuracy"):
            expected = theirs[f"split{line.fold}_test_{scorer}"][line.trial]
            assert line.scores[scorer] == pytest.approx(expected, abs=1e-6), (line.params, line.fold, scorer)


def test_reordering_or_extending_the_space_changes_no_common_fit(case, ours):
    """A fit's randomness knows neither its number nor its neighbours: scores and histories are bit-equal."""
    space = {"learning_rate": [0.5, 0.1, 0.01], "units": [5, 3, 2]}
    other = Case(models.dense, X, Y, settings=STUDY | {"space": space})
    folds = fold_numbers.make(other.study, other.rows)[:2]
    found = {line.identity: line for line in lines_of(other, enumerate(search.candidates(other.study)), folds)}
    common = [line for line in ours if line.identity in found]
    assert len(common) == 8
    for line in common:
        assert found[line.identity].scores == line.scores
        assert found[line.identity].history == line.history
    assert [found[line.identity].trial for line in common] != [line.trial for line in common]


def test_lines_survive_storing(ours):
    """What a search stored is read as it was."""
    for line in ours:
        assert results_line.loads(results_line.dumps(line)) == line
