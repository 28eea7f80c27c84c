"""Each chart's marks in a real Chromium, against the scores and params that the run was made of."""

import itertools
import math

import drawn
import numpy as np
import pytest
from made_run import MadeRun

from job.report import html
from job.results.line import FitFailure

NO = FitFailure(kind="ValueError", message="no")
UNITS, ACTS = [16, 32, 64], ["relu", "tanh", "selu"]


def grid():
    """Return a grid of levels with two metrics, in which trial 4 failed."""
    draw = np.random.default_rng(0)
    params = [{"act": act, "units": units} for act, units in itertools.product(ACTS, UNITS)]
    means = np.array([0.1 * UNITS.index(one["units"]) + 0.02 * ACTS.index(one["act"]) for one in params])
    accuracy = means[:, None] + draw.uniform(0, 0.01, (9, 3))
    return MadeRun(
        params, {"accuracy": accuracy, "f1": 1 - accuracy}, failed={(4, f): NO for f in range(3)}, refit="accuracy"
    )


def random(trials):
    """Return a random search of two numbers and a choice that not all have, with far outliers and failures."""
    draw = np.random.default_rng(1)
    params = [{"rate": float(10 ** draw.uniform(-5, -1)), "drop": float(draw.uniform(0, 1))} for _ in range(trials)]
    for number in range(0, trials, 3):
        params[number]["act"] = ACTS[number // 3 % 3]
    means = np.array([-abs(math.log10(one["rate"]) + 3) for one in params])
    means[::97] -= 1e6
    scores = means[:, None] + draw.uniform(0, 0.1, (trials, 2))
    failed = {(number, 0): NO for number in range(5, trials, 50)}
    return MadeRun(params, {"neg_log_loss": scores}, failed=failed, shards=10)


def means(run, metric):
    """Return the prescribed mean of each trial that did not fail."""
    broken = {trial for trial, _ in run.failed}
    return {n: float(np.mean(row)) for n, row in enumerate(run.scores[metric]) if n not in broken}


def assert_heights(chart, expected):
    """Compare the heights of all marks with the scores, and see that each trial is there once."""
    height = drawn.scale(chart, "y")
    found = drawn.marks(chart)
    assert sorted(mark["trial"] for mark in found) == sorted(expected)
    shown = [mark for mark in found if not mark["below"]]
    for mark in shown:
        assert mark["y"] == pytest.approx(height(expected[mark["trial"]]), abs=0.5)
    worst = min(expected[mark["trial"]] for mark in shown)
    assert all(expected[mark["trial"]] < worst for mark in found if mark["below"])
    assert expected[next(mark["trial"] for mark in found if mark["best"])] == max(expected.values())
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_score_against_each_level(show, width):
    """In a grid, each dot stands over its level at its score, and each bar at its level's mean."""
    run = grid()
    page = show(html.render(run.table(), run.store), width)
    expected = means(run, "accuracy")
    assert page.locator("#params figure").evaluate_all("all => all.map(one => one.dataset.param)") == ["units", "act"]
    for name in ("units", "act"):
        chart = page.locator(f"#params [data-param={name}] svg")
        for mark in assert_heights(chart, expected):
            assert drawn.level(chart, "x", mark["x"]) == str(run.params[mark["trial"]][name])
        for text, mean in chart.locator(".level-mean").evaluate_all(
            "a => a.map(l => [l.dataset.level, l.dataset.mean])"
        ):
            level = [score for trial, score in expected.items() if str(run.params[trial][name]) == text]
            assert float(mean) == pytest.approx(np.mean(level), abs=1e-5)
        assert chart.locator(".failed").evaluate_all("all => all.map(one => one.dataset.trial)") == ["4"]


@pytest.mark.parametrize("width", [1280, 390])
def test_score_against_numbers_of_2000_trials(show, width):
    """Every one of 2,000 trials is at its number, logarithmic where that is better, and outliers at the edge."""
    run = random(2000)
    data = html.render(run.table(), run.store)
    assert len(data) < 5_000_000
    page = show(data, width)
    expected = means(run, "neg_log_loss")
    for name, log in (("rate", True), ("drop", False)):
        chart = page.locator(f"#params [data-param={name}] svg")
        across = drawn.scale(chart, "x", log=log)
        found = assert_heights(chart, expected)
        assert sum(mark["below"] for mark in found) == len([n for n in expected if n % 97 == 0])
        for mark in found:
            assert mark["x"] == pytest.approx(across(run.params[mark["trial"]][name]), abs=0.5)
    chart = page.locator("#params [data-param=act] svg")
    assert_heights(chart, {trial: score for trial, score in expected.items() if "act" in run.params[trial]})


def test_the_interaction_of_two(show):
    """Each cell has the mean of the trials with both values, stands where they cross, and any pair can be chosen."""
    run = grid()
    page = show(html.render(run.table(), run.store))
    expected = means(run, "accuracy")
    chart = page.locator("#heatmap svg")
    cells = chart.locator(".cell").evaluate_all(
        "all => all.map(c => ({...c.dataset, at: [c.firstChild.x.baseVal.value + c.firstChild.width.baseVal.value / 2,"
        " c.firstChild.y.baseVal.value + c.firstChild.height.baseVal.value / 2]}))"
    )
    assert len(cells) == 8  # trial 4 failed
    for cell in cells:
        trial = run.params.index({"act": cell["y"], "units": int(cell["x"])})
        assert float(cell["mean"]) == pytest.approx(expected[trial], abs=1e-5)
        assert (drawn.level(chart, "x", cell["at"][0]), drawn.level(chart, "y", cell["at"][1])) == (
            cell["x"],
            cell["y"],
        )
    page.select_option("#pair-x", "act")
    swapped = chart.locator(".cell").evaluate_all("all => all.map(c => c.dataset.x)")
    assert set(swapped) == set(ACTS)


def test_the_interaction_of_numbers_counts_every_trial(show):
    """Numbers are cut into parts; no trial is lost on their edges, and means weigh to the mean of all."""
    run = random(400)
    page = show(html.render(run.table(), run.store))
    page.select_option("#pair-x", "rate")
    page.select_option("#pair-y", "drop")
    read = "all => all.map(c => [c.dataset.count, c.dataset.mean, c.dataset.x, c.dataset.y])"
    cells = page.locator("#heatmap .cell").evaluate_all(read)
    for side, place in (("x", 2), ("y", 3)):
        assert {cell[place] for cell in cells} <= set(drawn.ticks(page.locator("#heatmap svg"), side))
    expected = list(means(run, "neg_log_loss").values())
    assert sum(int(count) for count, *_ in cells) == len(expected)
    assert sum(int(count) * float(mean) for count, mean, *_ in cells) == pytest.approx(sum(expected), rel=1e-4)


@pytest.mark.parametrize("width", [1280, 390])
def test_parallel_coordinates(show, width):
    """Each line passes each axis at its trial's value and ends at its score; the slider keeps the best."""
    run = random(900)
    page = show(html.render(run.table(), run.store), width)
    expected = means(run, "neg_log_loss")
    best = sorted(expected, key=expected.get, reverse=True)
    read = "all => all.map(line => [Number(line.dataset.trial), line.getAttribute('d')])"
    few = dict(page.locator("#lines .line").evaluate_all(read))
    assert set(few) == set(best[: len(few)])
    assert 300 <= len(few) <= 310
    page.locator("#share").fill("100")
    lines = dict(page.locator("#lines .line").evaluate_all(read))
    assert set(lines) == set(expected)
    axes = {name: page.locator(f"#lines [data-axis={name}]") for name in ("rate", "drop", "neg_log_loss")}
    at = {name: float(axis.get_attribute("data-at")) for name, axis in axes.items()}
    across = {name: drawn.scale(axis, "y", log=name == "rate") for name, axis in axes.items()}
    for trial, text in lines.items():
        points = dict(drawn.path(text))
        for name in ("rate", "drop"):
            assert points[at[name]] == pytest.approx(across[name](run.params[trial][name]), abs=0.5)
        if trial % 97:
            assert points[at["neg_log_loss"]] == pytest.approx(across["neg_log_loss"](expected[trial]), abs=0.5)


def test_the_spread_over_folds(show):
    """The best trials from the best on, each with a dot at each fold's score and a bar at their mean."""
    run = random(60)
    page = show(html.render(run.table(), run.store))
    expected = means(run, "neg_log_loss")
    chart = page.locator("#spread svg")
    across = drawn.scale(chart, "x")
    rows = chart.locator(".fold-row").evaluate_all(
        "all => all.map(r => [Number(r.dataset.row), [...r.querySelectorAll('.dot')].map(d => d.cx.baseVal.value),"
        " r.querySelector('.mean').x1.baseVal.value])"
    )
    assert [row[0] for row in rows] == sorted(expected, key=expected.get, reverse=True)[:20]
    for trial, dots, mean in rows:
        assert dots == pytest.approx([across(score) for score in run.scores["neg_log_loss"][trial]], abs=0.5)
        assert mean == pytest.approx(across(expected[trial]), abs=0.5)


def test_score_and_time(show):
    """Dots stand at their fits' mean time and at their end; the lines know the front and the best so far."""
    run = random(100)
    page = show(html.render(run.table(), run.store))
    expected = means(run, "neg_log_loss")
    seconds = {trial: np.mean([run.line(trial, fold).fit_seconds for fold in range(2)]) for trial in expected}
    chart = page.locator("#time-chart svg")
    across = drawn.scale(chart, "x")
    for mark in assert_heights(chart, expected):
        assert mark["x"] == pytest.approx(across(seconds[mark["trial"]]), abs=0.5)
    front = [int(n) for n in chart.locator(".front").get_attribute("data-front").split()]
    beaten = {a for a in expected if any(expected[b] > expected[a] and seconds[b] < seconds[a] for b in expected)}
    assert not beaten & set(front)
    assert max(expected, key=expected.get) in front
    chart = page.locator("#progress-chart svg")
    assert_heights(chart, expected)
    assert float(chart.locator(".so-far").get_attribute("data-best")) == pytest.approx(max(expected.values()), abs=1e-5)


def test_the_learning_curves_of_the_best(show):
    """The best trial's losses by epoch, a line per fold for training rows and for held-out rows; others by a click."""
    run = grid()
    page = show(html.render(run.table(), run.store))
    chart = page.locator("#curve-charts [data-metric=loss] svg")

    def points(trial):
        across, up = drawn.scale(chart, "x"), drawn.scale(chart, "y")
        history = run.line(trial, 0).history
        for name in ("loss", "val_loss"):
            lines = chart.locator(f".curve[data-name={name}] polyline").evaluate_all(
                "all => all.map(l => l.getAttribute('points'))"
            )
            assert len(lines) == 3
            for line in lines:
                expected = [(across(epoch + 1), up(value)) for epoch, value in history[name]]
                assert np.allclose(drawn.path(line), expected, atol=0.5)

    points(8)
    page.click("text=trial 7")
    points(7)
