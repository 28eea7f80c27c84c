"""The whole page in a real Chromium: nothing in the console, nothing over the network, at both widths, in all cases."""

import math
from functools import cache

import numpy as np
import pytest
from made_run import MadeRun

from job.report import html
from job.results.line import FitFailure

EVIL = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
NO = FitFailure(kind="Value<b>Error", message=EVIL, traceback=f"Traceback\n{EVIL}", log="\x1b[31mred\x00")


def one_trial():
    """One trial of one param: no range to draw on any axis."""
    return MadeRun([{"rate": 0.1}], {"accuracy": [[0.5, 0.5]]})


def one_param():
    """One param of numbers, one trial with its fits missing."""
    return MadeRun(
        [{"rate": n / 7} for n in range(30)], {"accuracy": [[n, n + 1] for n in range(30)]}, missing=frozenset({(3, 0)})
    )


def two_thousand():
    """As many trials as a report shows, with params of every kind."""
    draw = np.random.default_rng(0)
    params = [{"rate": float(draw.random()), "units": n % 7, EVIL: [n % 3, EVIL]} for n in range(2000)]
    return MadeRun(params, {"accuracy": draw.random((2000, 5)), "f1": draw.random((2000, 5))}, refit="f1", shards=20)


def all_failed():
    """No score at all."""
    return MadeRun(
        [{"x": 1}, {"x": 2}],
        {"accuracy": [[0, 0], [0, 0]]},
        failed={(t, f): NO for t in (0, 1) for f in (0, 1)},
        error_score=0.0,
    )


def nothing_yet():
    """A run that just began."""
    return MadeRun(
        [{"x": 1}, {"x": 2}], {"accuracy": [[0, 0], [0, 0]]}, missing=frozenset((t, f) for t in (0, 1) for f in (0, 1))
    )


def odd():
    """Equal scores, infinite ones, duplicates, lists of spaces, fits without a history."""
    params = [{"a": None}, {"a": True}, {"b": math.inf}, {"a": None}, {"c": "x" * 500}]
    scores = [[0.5, 0.5], [0.5, 0.5], [-math.inf, 0.1], [0.5, 0.5], [0.5, 0.5]]
    return MadeRun(params, {"accuracy": scores}, twins={3: 0}, epochs=0)


CASES = [one_trial, one_param, two_thousand, all_failed, nothing_yet, odd]


@cache
def rendered(case):
    """A case's page, and how many of its trials have begun: for all tests that look at it."""
    run = case()
    table = run.table()
    data = html.render(table, run.store, resume="tunejob run study.yaml")
    return data, int(table.fits.done.any(axis=1).sum())


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_page_says_nothing_and_fits_its_width(show, case, width):
    """No console message, no request, no dialog (seen by ``show``), no sideways scrolling, all trials in the table."""
    data, seen = rendered(case)
    assert len(data) < 5_000_000
    page = show(data, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#ranking tbody tr").count() == min(seen, 50)
    if seen > 50:
        page.click("#more")
        assert page.locator("#ranking tbody tr").count() == seen
    right = "all => Math.max(...all.map(one => one.getBoundingClientRect().right))"
    assert page.locator("main > section, figure").evaluate_all(right) <= width


def test_what_users_wrote_is_shown_as_text(show):
    """Names, values, messages and tracebacks with markup in them are text, in the page, its tips and its data."""
    page = show(rendered(all_failed)[0])
    assert page.inner_text(".hero .none") == "No fit succeeded"
    assert EVIL in page.inner_text("#failures .message")
    assert "Value<b>Error" in page.inner_text("#failures .title")
    assert page.locator("img").count() == 0
    page = show(rendered(two_thousand)[0])
    page.locator("#params .mark").first.hover()
    assert EVIL in page.inner_text("#tip")
    assert page.locator("img").count() == 0


def test_the_policy_stops_any_other_script(browser, tmp_path):
    """A script that were in the page against our will would not be run, nor anything fetched."""
    run = one_trial()
    path = tmp_path / "report.html"
    path.write_bytes(html.render(run.table(), run.store).replace(b"<main>", b"<main><script>window.evil = 1</script>"))
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("window.evil") is None
    assert page.evaluate("fetch('http://127.0.0.1:9/').catch(error => error.message)") == "Failed to fetch"
    page.close()


def test_the_table_is_sorted_by_any_column(show):
    """Best first; a click on a column sorts by it, a second one the other way; what is missing stays last."""
    run = MadeRun(
        [{"rate": 0.3}, {"units": 2}, {"rate": 0.1}, {"rate": 0.2}],
        {"accuracy": [[0.3, 0.3], [0.9, 0.9], [0.5, 0.5], [0, 0]], "f1": [[1, 1], [2, 2], [3, 3], [4, 4]]},
        failed={(3, 0): NO},
        refit="accuracy",
    )
    page = show(html.render(run.table(), run.store))
    rows = "all => all.map(row => Number(row.dataset.row))"

    def order():
        return page.locator("#ranking tbody tr").evaluate_all(rows)

    assert order() == [1, 2, 0, 3]
    page.click("#ranking th:has-text('rate')")
    assert order() == [2, 3, 0, 1]
    page.click("#ranking th:has-text('rate')")
    assert order() == [0, 3, 2, 1]
    page.click("#ranking th:has-text('f1')")
    assert order() == [2, 1, 0, 3]
    assert page.inner_text("#ranking tr.best td:nth-child(2)") == "1"


def test_another_metric_redraws_the_charts(show):
    """Choosing a metric moves the marks, the best and the ranking to it."""
    run = MadeRun(
        [{"x": 1}, {"x": 2}, {"x": 3}], {"a": [[1, 1], [2, 2], [3, 3]], "b": [[9, 9], [5, 5], [1, 1]]}, refit="a"
    )
    page = show(html.render(run.table(), run.store))
    best = "#params .mark.best"
    assert page.get_attribute(best, "data-trial") == "2"
    page.select_option("#metric", "b")
    assert page.get_attribute(best, "data-trial") == "0"
    assert page.inner_text("#ranking tr.best td:nth-child(2)") == "0"


def test_a_trial_lights_up_in_all_charts(show):
    """Pointing at a dot lights its trial everywhere and tells its params and score."""
    run = MadeRun([{"x": n, "y": n % 3} for n in range(12)], {"accuracy": [[n, n] for n in range(12)]})
    page = show(html.render(run.table(), run.store))
    page.locator("#params .mark[data-trial='7']").first.hover()
    assert page.evaluate("[...new Set([...document.querySelectorAll('.hot')].map(m => m.dataset.trial))]") == ["7"]
    assert page.locator(".hot").count() == 6  # two params, lines, folds, two of time
    assert " ".join(page.inner_text("#tip").split()) == "trial 7 · rank 5 accuracy 7 ± 0 x 7 y 1 time of a fit 8.1 s"


def test_light_and_dark(show):
    """The page follows the system's choice of light or dark."""
    data, _ = rendered(one_param)
    grounds = [
        show(data, scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    light, dark = (sum(map(int, ground[4:-1].split(","))) for ground in grounds)
    assert light > 600
    assert dark < 150


def test_a_page_is_at_most_five_megabytes_whatever_it_shows():
    """Many trials with many long params: fewer are shown, the best among them, and it is said."""
    draw = np.random.default_rng(0)
    params = [{f"param_{p}": f"{draw.random()}" * 3 + f"{n}" for p in range(40)} | {"x": float(n)} for n in range(2500)]
    run = MadeRun(params, {f"metric_{m}": draw.random((2500, 3)) for m in range(2)}, refit="metric_1", shards=20)
    table = run.table()
    data = html.render(table, run.store)
    assert len(data) <= 5_000_000
    text = data.decode()
    assert "of 2,500 trials are in this report" in text
    assert f'"trial":{table.best.number}' in text
