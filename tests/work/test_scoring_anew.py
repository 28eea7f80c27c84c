"""Other scorers over fits that were trained before: scored from kept predictions, as if they had been trained again."""

import shutil

import pytest
from work import run as runs

from job.plan import stored
from job.results import kept, predictions, taking
from job.results.aggregate import aggregate
from job.store.keys import outputs_beside
from job.study import reading

SCORES = """
import numpy as np

def fits(y, outputs):
    return -float(np.abs(y - outputs[:, 0]).mean())

def sure(estimator, X, y):
    return {"sure": float(estimator.predict_proba(X).max(axis=1).mean()), "rows": float(len(X))}
"""
BEFORE = {"cv:": "scoring: accuracy\nreturn_train_score: true\ncv:"}
OTHERS = "[roc_auc, neg_log_loss, 'scores:sure', {outputs: 'scores:fits'}]\nrefit: roc_auc"
AFTER = {"cv:": f"scoring: {OTHERS}\nreturn_train_score: true\ncv:"}


def study_of(run):
    """The study of a run's folder."""
    return reading.parse((run.folder / "study.yaml").read_text(), "study.yaml")


def ended(run):
    """Adds a run's fits to the index, as its controller does at the end."""
    kept.end(run.store, run.keys, aggregate(run.store, run.keys, run.plan, study_of(run)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run by accuracy, trained by a worker."""
    run = runs.planned(tmp_path_factory.mktemp("before"), BEFORE, scores=SCORES)
    assert run.work().code == 0, run.log
    ended(run)
    return run


@pytest.fixture
def again(trained, tmp_path):
    """The same study by other scorers, in a copy of the same store; nothing is taken over yet."""
    shutil.copytree(trained.folder / "runs", tmp_path / "runs")
    return runs.planned(tmp_path, AFTER, scores=SCORES)


def test_scores_are_those_that_training_gives(trained, again, tmp_path_factory):
    """Of all kinds of scorers, on test and training rows: equal to those of training; the lines say who trained."""
    taken = taking.take(again.store, again.plan, study_of(again))
    assert (taken.total, taken.anew, taken.unscored) == (3, 3, 0)
    assert [one.partition(" ")[0] for one in taken.told()] == ["3", "3"]
    assert "none is trained" in taken.told()[0]
    assert "scored anew" in taken.told()[1]
    assert again.work().code == 0, again.log
    assert '"way"' not in again.log  # which a worker logs of each group that it trains
    other = runs.planned(tmp_path_factory.mktemp("other"), AFTER, scores=SCORES)
    assert other.work().code == 0, other.log
    for found, expected, before in zip(again.lines(), other.lines(), trained.lines(), strict=True):
        assert (
            list(found.scores)
            == list(again.plan.facts.scoring)
            == ["roc_auc", "neg_log_loss", "sure", "rows", "scores:fits"]
        )
        assert found.scores == pytest.approx(expected.scores, rel=1e-6)
        assert found.train_scores == pytest.approx(expected.train_scores, rel=1e-6)
        assert (found.identity, found.taken) == (expected.identity, trained.plan.run)
        assert (found.history, found.fit_seconds, found.way) == (before.history, before.fit_seconds, before.way)
        assert (before.outputs, found.outputs) == (True, False)
    table = aggregate(again.store, again.keys, again.plan, study_of(again))
    assert table.taken == table.done == 3


def test_a_scorer_that_fails_and_predictions_that_are_gone(trained, again):
    """A fit fails by a scorer that raises, and its mending trains nothing; what was deleted is trained; all is told.

    What is larger than the run allows is not kept.
    """
    taking.take(again.store, again.plan, study_of(again))
    first, *_ = trained.store.list(trained.keys.results_prefix)
    again.store.delete(outputs_beside(first.key))
    plan = again.plan.model_copy(update={"fits": predictions.PER_RUN})
    again.store.write(again.keys.plan, plan.model_dump_json().encode())
    (again.folder / "scores.py").write_text(SCORES.replace("return {", "raise ArithmeticError; return {"))
    assert again.work().code == 0, again.log
    assert {line.error.kind for line in again.lines()} == {"ArithmeticError"}
    run = trained.plan.run
    assert sorted((line.taken, line.outputs) for line in again.lines()) == [("", False), (run, False), (run, False)]
    ended(again)
    shards = [stored.shard(again.store, again.keys, number) for number in again.shards]
    mended = again.plan.model_copy(update={"run": "small-0123456789"})
    taken = taking.foreseen(again.store, mended, study_of(again), shards)
    assert (taken.total, taken.anew) == (3, 3)
