"""What a page drew, read back from its SVG: positions, and the scales that its ticks tell."""

import math
import re

MARKS = """chart => [...chart.querySelectorAll('.mark')].map(mark => ({
    trial: Number(mark.dataset.trial), below: mark.classList.contains('below'), best: mark.classList.contains('best'),
    x: Number(mark.getAttribute('cx') ?? mark.dataset.x), y: Number(mark.getAttribute('cy') ?? mark.dataset.y)}))"""
TICKS = (
    "(chart, side) => [...chart.querySelectorAll('.tick.' + side)].map(t => [t.dataset.value, Number(t.dataset.at)])"
)


def marks(chart):
    """Return the trials' marks of a chart."""
    return chart.evaluate(MARKS)


def ticks(chart, side):
    """Return the ticks of a chart's axis ("x" or "y") as {value as text: position in pixels}."""
    return dict(chart.evaluate(TICKS, side))


def scale(chart, side, *, log=False):
    """Return the function from a value to its position that the outer two ticks of an axis imply."""
    found = [(float(value), at) for value, at in ticks(chart, side).items()]
    place = math.log if log else float
    (low, start), (high, end) = found[0], found[-1]
    assert low != high, "one tick tells no scale"
    return lambda value: start + (place(value) - place(low)) / (place(high) - place(low)) * (end - start)


def level(chart, side, position):
    """Return the label of the tick nearest to a position."""
    found = ticks(chart, side)
    return min(found, key=lambda text: abs(found[text] - position))


def path(text):
    """Return the points of a path of straight lines."""
    return [tuple(map(float, point.split(","))) for point in re.findall(r"[-\d.e]+,[-\d.e]+", text)]
