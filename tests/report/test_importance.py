"""Which params mattered: against a decomposition of scikit-learn's own predictions, and known functions."""

import itertools

import numpy as np
import pytest
from made_run import MadeRun

from job.report import importance
from job.report.axes import axis
from job.report.boxes import Param, boxes, variances
from job.results.line import FitFailure


def column(values):
    """Return values as a column of ``cv_results_``; None is masked."""
    data = np.empty(len(values), object)
    data[:] = values
    return np.ma.MaskedArray(data, mask=[value is None for value in values])


def shares(found):
    """Return shares by name."""
    return {one.names: one.share for one in found.shares}


GRID = {"units": [16, 32, 64, 128], "act": ["relu", "tanh", "selu"], "rate": [0.1, 0.01]}


def test_shares_are_those_of_the_forests_predictions_on_the_whole_grid():
    """Means and variances of each tree's predictions, made by scikit-learn for every point, say the same."""
    points = list(itertools.product(*GRID.values()))
    axes = [axis(name, column([point[n] for point in points])) for n, name in enumerate(GRID)]
    scores = np.random.default_rng(0).normal(size=len(points)) + np.arange(len(points)) / 8
    params = [Param.of(one, np.arange(len(points))) for one in axes]
    forest = importance.grown(params, scores)
    rows = np.hstack([param.columns for param in params]).astype(np.float32)
    for tree in forest.estimators_[:8]:
        cube = tree.predict(rows).reshape(4, 3, 2)
        found = boxes(tree.tree_, params)
        assert found.mean == pytest.approx(cube.mean())
        assert found.variance == pytest.approx(cube.var())
        for places in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2)):
            others = tuple({0, 1, 2} - set(places))
            assert variances(found, places) == pytest.approx(cube.mean(axis=others).var())


def test_numbers_are_weighed_by_how_much_of_the_line_they_take():
    """On a line, a mean over a million even points between the ends is what boxes say."""
    draw = np.random.default_rng(1)
    values = draw.uniform(0, 1, (60, 2))
    params = [Param.of(axis(f"x{n}", column(values[:, n].tolist())), np.arange(60)) for n in range(2)]
    tree = importance.grown(params, np.sin(6 * values[:, 0]) + values[:, 1]).estimators_[0]
    even = (np.arange(1000) + 0.5) / 1000
    across = tree.predict(np.stack(np.meshgrid(even, even, indexing="ij"), -1).reshape(-1, 2)).reshape(1000, 1000)
    found = boxes(tree.tree_, params)
    assert found.variance == pytest.approx(across.var(), rel=0.01)
    assert variances(found, (0,)) == pytest.approx(across.mean(axis=1).var(), rel=0.01)
    assert variances(found, (1,)) == pytest.approx(across.mean(axis=0).var(), rel=0.01)


def test_known_functions_have_known_shares():
    """X + 2y is one part x to four parts y and nothing together; a product about the middle is only together."""
    draw = np.random.default_rng(2)
    values = draw.uniform(-1, 1, (600, 3))
    axes = [axis(name, column(values[:, n].tolist())) for n, name in enumerate("xyz")]
    alone = shares(importance.measured(axes, values[:, 0] + 2 * values[:, 1]))
    assert alone["y",] == pytest.approx(0.8, abs=0.06)
    assert alone["x",] == pytest.approx(0.2, abs=0.06)
    assert alone["z",] < 0.02
    found = importance.measured(axes, values[:, 0] * values[:, 1])
    assert found.shares[0].names == ("x", "y")
    assert found.shares[0].share > 0.6
    assert 0 < found.shares[0].deviation < 0.3
    assert 0.7 < found.foretold < 1


def test_nothing_is_said_where_nothing_is_known():
    """Too few trials, noise, and equal scores each have their sentence and no shares."""
    draw = np.random.default_rng(3)
    axes = [axis(name, column(draw.uniform(0, 1, 60).tolist())) for name in "xy"]
    scores = draw.normal(size=60)
    few = np.where(np.arange(60) < 15, scores, np.nan)
    assert "15 trials are too few" in importance.measured(axes, few).why
    assert "chance" in importance.measured(axes, scores).why
    assert "the same" in importance.measured(axes, np.ones(60)).why
    assert not importance.measured(axes, scores).shares


def test_a_param_that_some_trials_lack_counts_with_its_absence():
    """With a list of spaces, whether a param is there at all may be what matters."""
    draw = np.random.default_rng(4)
    depth = [None if n % 2 else float(draw.uniform(1, 3)) for n in range(80)]
    axes = [axis("depth", column(depth)), axis("rate", column(draw.uniform(0, 1, 80).tolist()))]
    found = shares(importance.measured(axes, np.array([0.5 if one is None else 0.9 for one in depth])))
    assert found["depth",] > 0.95


def test_fits_that_diverged_and_failed_trials_do_not_drown_the_others():
    """Of a run, trials with failed fits are left out and a loss of a million counts as the worst of the usual."""
    draw = np.random.default_rng(5)
    params = [{"rate": float(draw.uniform(0, 1)), "seed": float(draw.uniform(0, 1))} for _ in range(90)]
    scores = np.array([[-one["rate"]] * 2 for one in params])
    scores[3] = -1e6
    no = FitFailure(kind="ValueError", message="no")
    run = MadeRun(params, {"neg_log_loss": scores}, failed={(5, 0): no}, error_score=-1e9)
    found = importance.of(run.table(), "neg_log_loss")
    assert found.trials == 89
    assert found.shares[0].names == ("rate",)
    assert found.shares[0].share > 0.8
