"""The pictures of retunes, as SVG: what is known of the difference, and scores over time."""

from collections.abc import Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from job.report import words
from job.report.elements import tag
from job.retune.evidence import Posterior
from job.retune.record import CHANGED, Evidence, Record

_WIDE, _HIGH, _EDGE = 760.0, 260.0, 46.0
_POINTS = 161
_APART = 40.0  # between two numbers at an axis
_REACH = 4.5
"""How far the curve is drawn, in its own scale."""


def posterior(of: Evidence) -> Element | None:
    """Return the density of the mean difference with each fold's difference below; None where all folds agree."""
    if of.scale == 0.0:
        return None
    folds = [new - old for old, new in zip(of.champion, of.challenger, strict=True)]
    low = min(of.mean - _REACH * of.scale, -of.margin, *folds)
    high = max(of.mean + _REACH * of.scale, of.margin, *folds)
    at = [low + (high - low) * place / (_POINTS - 1) for place in range(_POINTS)]
    density = Posterior(of.mean, of.scale, of.freedom).density(at)
    top = max(density)
    floor = _HIGH - 70

    def x(value: float) -> float:
        return _EDGE + (value - low) / (high - low) * (_WIDE - 2 * _EDGE)

    def y(value: float) -> float:
        return floor - value / top * (floor - 20)

    curve = " L".join(f"{x(one):.1f},{y(value):.1f}" for one, value in zip(at, density, strict=True))
    right = [(one, value) for one, value in zip(at, density, strict=True) if one >= of.margin]
    parts = [_rect(x(-of.margin), x(of.margin), floor)] if of.margin else []
    if len(right) > 1:
        edge = " L".join(f"{x(one):.1f},{y(value):.1f}" for one, value in right)
        parts.append(
            tag("path", d=f"M{x(right[0][0]):.1f},{floor} L{edge} L{x(right[-1][0]):.1f},{floor} Z", class_="under")
        )
    parts += [
        tag("path", d=f"M{curve}", class_="curve"),
        _line(_EDGE, floor, _WIDE - _EDGE, floor, "rule"),
        _line(x(0.0), 10.0, x(0.0), floor + 24, "zero"),
        *(tag("circle", cx=f"{x(one):.1f}", cy=f"{floor + 14:.1f}", r="3.5", class_="fold") for one in folds),
        _text(x(0.0), floor + 40, "0"),
        *(_text(x(one), floor + 40, words.short(one, 3)) for one in (low, high) if abs(x(one) - x(0.0)) > _APART),
        _text(_WIDE / 2, _HIGH - 6, f"challenger's score less champion's; mean {of.mean:+.4g}"),
    ]  # fmt: skip
    return _drawing(parts, "what is known of the difference between challenger and champion")


def scores(records: Sequence[Record]) -> Element | None:
    """Return the scores of what was in use after each retune, oldest first, promotions marked; None for none."""
    if not records:
        return None
    values = [one.score or 0.0 for one in records]
    low, high = min(values), max(values)
    width = (high - low) or abs(high) or 1.0
    moments = [datetime.fromisoformat(one.when).timestamp() for one in records]
    span = (moments[-1] - moments[0]) or 1.0
    floor = _HIGH - 50

    def x(moment: float) -> float:
        return _EDGE + 30 + (moment - moments[0]) / span * (_WIDE - 2 * _EDGE - 30)

    def y(value: float) -> float:
        return floor - 16 - (value - low) / width * (floor - 50)

    spots = [(x(moment), y(value)) for moment, value in zip(moments, values, strict=True)]
    line = " L".join(f"{across:.1f},{up:.1f}" for across, up in spots)
    dots = [_spot(record, *spot) for record, spot in zip(records, spots, strict=True)]
    parts = [
        tag("path", d=f"M{line}", class_="curve"), *dots, _line(_EDGE, floor, _WIDE - _EDGE, floor, "rule"),
        *(_text(_EDGE, y(one) + 4, words.short(one)) for one in dict.fromkeys((low, high))),
        _text(_EDGE + 50, floor + 20, words.moment(records[0].when)),
        *([_text(_WIDE - _EDGE - 40, floor + 20, words.moment(records[-1].when))] if len(records) > 1 else []),
        _text(_WIDE / 2, _HIGH - 6, f"{records[-1].metric} of what is in use; large dots changed it"),
    ]  # fmt: skip
    return _drawing(parts, "scores over time")


def _spot(record: Record, across: float, up: float) -> Element:
    changed = record.verdict in CHANGED
    title = tag("title", f"{words.moment(record.when)}: {record.verdict}, {words.short(record.score or 0.0)}")
    kind = "promoted" if changed else "kept"
    return tag("circle", title, cx=f"{across:.1f}", cy=f"{up:.1f}", r="6" if changed else "4", class_=kind)


def _drawing(parts: Sequence[Element], said: str) -> Element:
    return tag("svg", tag("title", said), *parts, viewBox=f"0 0 {_WIDE:g} {_HIGH:g}", role="img", class_="drawn")


def _rect(left: float, right: float, floor: float) -> Element:
    width = f"{right - left:.1f}"
    return tag("rect", x=f"{left:.1f}", y="10", width=width, height=f"{floor - 10:.1f}", class_="margin")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Element:
    return tag("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=kind)


def _text(x: float, y: float, text: str) -> Element:
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor="middle")
