"""Whoever reads a report: with eyes, with a keyboard, without a script; and brushes over its axes."""

import itertools
import re

import numpy as np
import pytest
from made_run import MadeRun
from playwright.sync_api import expect

from job.report import html, importance

CONTRASTS = """() => {
  const parse = (text) => { const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    c.fillStyle = text; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3); };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const contrast = (a, b) => { const [x, y] = [light(parse(a)), light(parse(b))].sort((m, n) => m - n);
    return (y + 0.05) / (x + 0.05); };
  const ground = (node) => { for (let one = node; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)|transparent/.test(colour)) return colour; } return 'white'; };
  const told = [];
  for (const node of document.querySelectorAll('.mark, .cell rect, .dot, .failed, .share rect, .level-mean, .range'
      + ', .mean, .line:not(.out), .front, .so-far, .curve polyline, .level')) {
    const style = getComputedStyle(node);
    const isLine = style.fill === 'none' || node.matches('.level') || node.tagName === 'line';
    const colour = isLine ? style.stroke : style.fill;
    told.push(['mark ' + node.getAttribute('class'), contrast(colour, ground(node)), 3]);
  }
  for (const node of document.querySelectorAll('p, dt, dd, td, th, th button, b, span, h1, h2, svg text, li, small')) {
    if (!node.textContent.trim() || !node.getClientRects().length) continue;
    const style = getComputedStyle(node), isSvg = node instanceof SVGElement;
    const cell = node.closest('.cell');
    const behind = cell ? getComputedStyle(cell.querySelector('rect')).fill : ground(node);
    told.push(['text ' + node.textContent.slice(0, 20), contrast(isSvg ? style.fill : style.color, behind), 4.5]);
  }
  return told.filter(([, got, least]) => got < least);
}"""


def grid():
    """A full grid of numbers and a choice, with an error for a metric."""
    points = itertools.product([16, 32, 64], [0.001, 0.01, 0.1], ["relu", "tanh", "selu"])
    params = [{"units": units, "rate": rate, "act": act} for units, rate, act in points]
    draw = np.random.default_rng(0)
    scores = [[-(8 + 3 * (one["rate"] == 0.1) + draw.normal() / 9) for _ in range(3)] for one in params]
    return MadeRun(params, {"neg_root_mean_squared_error": scores})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_text_stand_out(show, scheme):
    """Every mark has three times its ground's light or a third of it, every text four and a half."""
    run = grid()
    page = show(html.render(run.table(), run.store), scheme=scheme)
    assert page.locator(".mark").count() > 50
    assert page.evaluate(CONTRASTS) == []


def test_errors_are_shown_as_people_say_them(show):
    """The best RMSE is a positive number of which less is better, beside scikit-learn's; charts have the best above."""
    run = grid()
    page = show(html.render(run.table(), run.store))
    best = run.table().best.scores["neg_root_mean_squared_error"].mean
    hero = page.inner_text(".hero .card >> nth=0")
    assert "best mean RMSE over 3 folds, less is better" in hero
    assert f"{-best:.4g}" in hero
    assert f"neg_root_mean_squared_error {best:.4g}" in hero
    ticks = page.locator("#params svg >> nth=0").locator(".tick.y")
    read = ticks.evaluate_all(
        "all => all.map(t => [Number(t.textContent), Number(t.dataset.value), Number(t.dataset.at)])"
    )
    assert all(text == -value for text, value, _ in read)
    assert sorted(read) == sorted(read, key=lambda tick: tick[2]), "the least error is highest"
    column = page.locator("#ranking td:nth-child(3)").all_inner_texts()
    assert [float(cell.split(" ")[0]) for cell in column] == sorted(float(cell.split(" ")[0]) for cell in column)


def test_what_mattered_is_drawn_as_it_was_computed(show):
    """A bar for each param and pair worth telling, the longest first, with its deviation."""
    run = grid()
    page = show(html.render(run.table(), run.store))
    found = importance.of(run.table(), "neg_root_mean_squared_error")
    bars = page.locator("#shares .share")
    assert bars.first.get_attribute("data-names") == "rate"
    shares = {" × ".join(one.names): one.share for one in found.shares}  # noqa: RUF001
    for bar in bars.all():
        assert float(bar.get_attribute("data-share")) == pytest.approx(
            shares[bar.get_attribute("data-names")], rel=1e-4
        )
    widths = bars.locator("rect").evaluate_all("all => all.map(r => r.width.baseVal.value)")
    assert widths == sorted(widths, reverse=True)
    assert f"{found.foretold:.0%}".replace("%", " %") in page.inner_text("#sure")


def test_ranges_on_axes_sieve_the_lines(show):
    """Drawing along an axis keeps the lines within, on two axes those within both; a click takes a range away."""
    run = grid()
    page = show(html.render(run.table(), run.store))

    def lines():
        shown = page.locator("#lines .line:not(.out)").evaluate_all("all => all.map(l => Number(l.dataset.trial))")
        return {trial: run.params[trial] for trial in shown}

    def draw(name, low, high):
        box = page.locator(f"#lines [data-axis={name}] .handle").bounding_box()
        x, (top, height) = box["x"] + box["width"] / 2, (box["y"] + 6, box["height"] - 12)
        page.mouse.move(x, top + height * (1 - low))
        page.mouse.down()
        page.mouse.move(x, top + height * (1 - high), steps=4)
        page.mouse.up()

    page.locator("#lines").scroll_into_view_if_needed()
    assert len(lines()) == 27
    draw("units", 0.4, 0.6)
    assert {one["units"] for one in lines().values()} == {32}
    draw("rate", 0.0, 0.6)
    assert {(one["units"], one["rate"]) for one in lines().values()} == {(32, 0.001), (32, 0.01)}
    assert page.inner_text("#within") == "6 within the ranges"
    draw("rate", 0.5, 0.5)
    assert len(lines()) == 9
    page.click("#clear")
    assert len(lines()) == 27


def test_ranges_are_moved_by_keys(show):
    """Up and down move the lower end of a focused axis, with shift the upper one; Escape gives all back."""
    run = grid()
    page = show(html.render(run.table(), run.store))
    handle = page.locator("#lines [data-axis=units] .handle")
    handle.focus()
    for _ in range(4):
        page.keyboard.press("PageUp")
    shown = page.locator("#lines .line:not(.out)")
    assert {run.params[int(one.get_attribute("data-trial"))]["units"] for one in shown.all()} == {64}
    assert handle.get_attribute("aria-valuetext") == "64 to 64"
    page.keyboard.press("Escape")
    assert shown.count() == 27


def test_choices_are_points_and_labels_lie_on_no_line(show):
    """All lines through a level meet in its point, and no line crosses the room of an axis's labels."""
    run = grid()
    page = show(html.render(run.table(), run.store))
    axis = page.locator("#lines [data-axis=act]")
    at = float(axis.get_attribute("data-at"))
    levels = dict(axis.locator(".tick").evaluate_all("all => all.map(t => [t.dataset.value, Number(t.dataset.at)])"))
    for line in page.locator("#lines .line").all():
        points = dict(
            tuple(map(float, pair.split(","))) for pair in re.findall(r"[-\d.]+,[-\d.]+", line.get_attribute("d"))
        )
        assert points[at] == pytest.approx(levels[run.params[int(line.get_attribute("data-trial"))]["act"]])
    crossed = page.evaluate(
        """() => { const texts = [...document.querySelectorAll('#lines .tick text')].map(t => t.getBBox());
        return [...document.querySelectorAll('#lines .line')].some(line => { const length = line.getTotalLength();
          for (let at = 0; at <= length; at += 2) { const p = line.getPointAtLength(at);
            if (texts.some(b => p.x > b.x && p.x < b.x + b.width && p.y > b.y && p.y < b.y + b.height)) return true; }
          return false; }); }"""
    )
    assert not crossed


def test_charts_are_reached_by_keyboard(show):
    """Tab comes to a chart, arrows to its marks from left to right, each told as by pointing at it."""
    run = grid()
    page = show(html.render(run.table(), run.store))
    chart = page.locator("#params svg >> nth=0")
    assert chart.get_attribute("tabindex") == "0"
    assert "RMSE against rate" in chart.get_attribute("aria-label")
    chart.focus()
    seen = []
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        seen.append(chart.locator(".at").get_attribute("data-trial"))
        expect(page.locator("#tip")).to_contain_text(f"trial {seen[-1]}")
    assert len(set(seen)) == 3
    assert {run.params[int(trial)]["rate"] for trial in seen} == {0.001}
    page.keyboard.press("End")
    assert run.params[int(chart.locator(".at").get_attribute("data-trial"))]["rate"] == 0.1
    page.keyboard.press("Escape")
    assert chart.locator(".at").count() == 0


def test_without_a_script_the_table_is_read(browser, tmp_path):
    """The ranked trials are there, and no empty chart or button without a use."""
    run = grid()
    path = tmp_path / "report.html"
    path.write_bytes(html.render(run.table(), run.store))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    rows = page.locator("#ranking tbody tr")
    assert rows.count() == 27
    best = run.table().best
    assert rows.first.locator("td").nth(1).inner_text() == str(best.number)
    assert rows.first.locator("td").nth(2).inner_text().startswith(f"{-best.scores[run.table().metric].mean:.4g} ±")
    assert not page.locator(".charts").is_visible()
    assert not page.locator("button.copy >> nth=0").is_visible()
    context.close()


def test_times_are_compared_only_where_fits_went_one_way(show):
    """Where fits were trained in several ways, score against time is left out, and the other chart has the row."""
    run = grid()
    run.put("again", [run.line(0, fold, group="again") for fold in range(3)])
    page = show(html.render(run.table(), run.store))
    assert page.locator("#time-chart svg").count() == 1
    mixed = MadeRun([{"x": n} for n in range(4)], {"accuracy": np.ones((4, 2))}, missing=frozenset({(3, 0), (3, 1)}))
    mixed.put("group3", [mixed.line(3, fold, way="any-shape graph") for fold in range(2)])
    page = show(html.render(mixed.table(), mixed.store))
    assert not page.locator("#time-chart").is_visible()
    assert page.locator("#progress-chart svg").count() == 1


def test_long_names_and_losses_stay_within_their_charts(show):
    """Params and scorers of sixty letters and losses of a million: no text leaves its chart."""
    names = [
        "a_param_whose_name_tells_all_there_is_to_know_about_it",
        "another_one_that_is_just_as_long_as_the_first_one",
    ]
    params = [{names[0]: ["a choice of many letters", "short"][n % 2], names[1]: n / 7} for n in range(40)]
    scores = [[-1234567.891 * (1 + n % 5)] * 2 for n in range(40)]
    run = MadeRun(params, {"neg_mean_squared_error": scores})
    for width in (1280, 390):
        page = show(html.render(run.table(), run.store), width)
        beyond = page.evaluate(
            """() => [...document.querySelectorAll('svg')].flatMap(svg => { const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
              return b.width && (b.left < box.left - 1 || b.right > box.right + 1); }).map(t => t.textContent); })"""
        )
        assert beyond == []
