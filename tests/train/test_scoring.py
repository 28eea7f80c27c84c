"""Fits scored by scikit-learn's scorers, from predictions made once."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.metrics import get_scorer, make_scorer
from train import models
from train.cases import Case

from job.results import line as results_line
from job.train import lines, scoring
from job.train.fits import Head, Reading, Trained

rng = np.random.default_rng(2)
X = rng.normal(size=(60, 6)).astype("float32")
TWO = np.where(X[:, 0] > 0, "yes", "no")
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]


def trained(case, outputs, activation=None, **more):
    """A fit that gave these outputs."""
    values = {
        "history": {"loss": [1.0]},
        "epochs": 1,
        "seconds": 1.0,
        "predict_seconds": 0.5,
        "way": "fit",
        "why": "so",
    }
    return Trained(
        request=case.request({}),
        test_outputs=outputs,
        train_outputs=None,
        reading=Reading((Head(activation=activation),)),
        **(values | more),
    )


def test_scores_are_scikit_learns_own_of_the_same_predictions():
    """Labels, probabilities and ranks of two classes, from one sigmoid output."""
    case = Case(models.dense, X, TWO)
    chance = rng.uniform(size=(20, 1)).astype("float32")
    scored = case.score(trained(case, chance), "accuracy", "f1", "roc_auc", "neg_log_loss", "average_precision")
    y, labels = TWO[40:], np.where(chance[:, 0] > 0.5, "yes", "no")
    expected = {
        "accuracy": metrics.accuracy_score(y, labels),
        "f1": metrics.f1_score(y, labels, pos_label="yes"),
        "roc_auc": metrics.roc_auc_score(y, chance[:, 0]),
        "neg_log_loss": -metrics.log_loss(y, np.hstack([1 - chance, chance])),
        "average_precision": metrics.average_precision_score(y, chance[:, 0], pos_label="yes"),
    }
    assert scored.failure is None
    assert scored.scores == pytest.approx(expected)


def test_a_fold_without_a_class_is_scored_on_all_classes():
    """``classes_`` is of the whole y, so a test fold may lack one."""
    y = np.sort(THREE)  # the last third is mostly c
    case = Case(models.dense, X, y)
    assert "a" not in y[40:]
    chances = rng.dirichlet(np.ones(3), 20).astype("float32")
    scored = case.score(trained(case, chances), "neg_log_loss", "f1_macro")
    assert scored.scores["neg_log_loss"] == pytest.approx(-metrics.log_loss(y[40:], chances, labels=["a", "b", "c"]))


def test_train_scores_are_of_all_training_rows():
    """On request, the fold's training rows are scored too, those held out for validation included."""
    settings = {"return_train_score": True, "fit": {"validation_split": 0.25, "epochs": 1}}
    case = Case(models.dense, X, TWO, settings=settings)
    fit = case.train({"units": 3})
    scored = case.score(fit, "accuracy")
    labels = np.where(fit.train_outputs[:, 0] > 0.5, "yes", "no")
    assert len(labels) == 40
    assert scored.train_scores["accuracy"] == pytest.approx(np.mean(labels == TWO[:40]))


def test_hinge_outputs_rank_but_are_no_probabilities():
    """Scorers by decision_function work on distances; one that needs probabilities fails the fit, by its name."""
    case = Case(models.dense, X, TWO)
    raw = rng.normal(size=(20, 1))
    fit = trained(case, raw, activation="margin")
    assert case.score(fit, "roc_auc").scores["roc_auc"] == pytest.approx(metrics.roc_auc_score(TWO[40:], raw[:, 0]))
    failure = case.score(fit, "neg_log_loss").failure
    assert failure.kind == "AttributeError"
    assert "raised by the scorer neg_log_loss" in failure.traceback


def test_a_scorer_of_the_users_own_gets_the_rows_and_an_estimator():
    """It may look at X, and at predictions for all of it; other rows it can't ask for."""
    seen = {}

    def looks(estimator, X, y):
        seen["X"], seen["tags"] = X, estimator.__sklearn_tags__().estimator_type
        return float(np.mean(estimator.predict(X) == y))

    def asks_for_some(estimator, X, y):
        return float(np.mean(estimator.predict(X[:3]) == y[:3]))

    case = Case(models.dense, X, TWO)
    fit = trained(case, rng.uniform(size=(20, 1)))
    scorers = {"looks": looks, "made": make_scorer(metrics.accuracy_score)}
    scored = scoring.score(fit, case.rows, scorers)
    assert np.array_equal(seen["X"], X[40:])
    assert seen["tags"] == "classifier"
    assert scored.scores["looks"] == scored.scores["made"]
    failure = scoring.score(fit, case.rows, {"some": asks_for_some}).failure
    assert "a scorer can't ask for other rows" in failure.message


def test_scores_of_other_names_than_the_runs_fail_the_fit():
    """A scorer's dict may lack a class that was not predicted: NaN without a word would be no answer."""
    case = Case(models.dense, X, TWO)
    fit = trained(case, rng.uniform(size=(20, 1)))
    scorers = {"own": lambda *_: {"f1_0": 0.5, "f1_2": 0.5}}
    assert scoring.score(fit, case.rows, scorers, ("f1_2", "f1_0")).failure is None
    failure = scoring.score(fit, case.rows, scorers, ("f1_0", "f1_1")).failure
    assert failure.kind == "NamesVary"
    assert "`f1_1` missing and `f1_2` more" in failure.message


def test_labels_and_amounts_are_scored():
    """Several labels and several outputs, as scikit-learn scores its own estimators."""
    labels, amounts = (X[:, :3] > 0).astype(int), X[:, :2].astype("float64")
    case, chances = Case(models.dense, X, labels), rng.uniform(size=(20, 3))
    found = case.score(trained(case, chances), "accuracy", "f1_macro", "roc_auc").scores
    exact = ((chances > 0.5) == labels[40:]).all(axis=1).mean()
    assert found["accuracy"] == pytest.approx(exact)
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(labels[40:], chances))
    case, values = Case(models.dense, X, amounts), rng.normal(size=(20, 2))
    found = case.score(trained(case, values), "r2", "neg_mean_absolute_error").scores
    assert found["r2"] == pytest.approx(metrics.r2_score(amounts[40:], values))


def test_a_failed_fit_is_a_line_with_its_failure():
    """Scores are empty, and the line can be stored and read again."""
    case = Case(models.dense, X, TWO)
    nan = np.full((20, 1), np.nan)
    fit = trained(case, nan, history={"loss": [float("nan"), float("inf"), 0.5]}, epochs=3)
    line = lines.line(fit, scoring.score(fit, case.rows, {"accuracy": get_scorer("accuracy")}), group="g", attempt=2)
    assert line.error.kind == "non-finite"
    assert line.scores == {}
    again = results_line.loads(results_line.dumps(line))
    assert str(again.history) == str(line.history) == "{'loss': ((0, nan), (1, inf), (2, 0.5))}"
    assert (again.train_rows, again.test_rows, again.attempt, again.group) == (40, 20, 2, "g")


@pytest.mark.parametrize("count", [1, 50, 51, 99, 1000])
def test_history_is_thinned_to_fifty_points(count):
    """First and last epoch are kept, the rest evenly spread, the same epochs for each metric."""
    points = lines.thinned({"loss": list(range(count)), "val_loss": list(range(count))})
    assert len(points["loss"]) == min(count, 50)
    assert points["loss"][0] == (0, 0.0)
    assert points["loss"][-1] == (count - 1, count - 1.0)
    assert points["loss"] == points["val_loss"]
    gaps = np.diff([epoch for epoch, _ in points["loss"]])
    assert count <= 50 or gaps.max() - gaps.min() <= 1
