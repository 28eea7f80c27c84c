"""Retunes told to a person: a page for each, and one that lists all of a study's; HTML that runs no script."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from xml.etree.ElementTree import Element

from job.data.profile import Profile
from job.report import retune_drawn, words
from job.report.elements import facts, markup, tag
from job.retune import champion
from job.retune.evidence import exact, percent
from job.retune.record import CHANGED, Evidence, Record
from job.retune.why import brief
from job.store import Store, keys
from job.study import times

_CLASS = {"kept": "open", "unchanged": "open", "failed": "failed"}
"""How a verdict's pill looks; the others are good."""
_SHORT = 0.1  # hours
_CSS = (
    " svg.drawn { width: 100%; height: auto; display: block; } svg.drawn text { fill: var(--soft); font-size: 12px; }"
    " .curve { fill: none; stroke: var(--high); stroke-width: 2; } .under { fill: var(--high); opacity: .22; }"
    " .zero { stroke: var(--soft); } .margin { fill: var(--line); opacity: .6; } .fold { fill: var(--best); }"
    " .rule { stroke: var(--line); } .promoted { fill: var(--best); } .kept { fill: var(--low); }"
    " main table td, main table th { text-align: left; padding: 4px 14px 4px 0; max-width: none; vertical-align: top; }"
    " main table td:last-child { white-space: normal; min-width: 16em; } header { margin-bottom: 16px; }"
    " .tiles { grid-template-columns: repeat(3, 1fr); } .tiles .tile.card { grid-column: auto; }"
)


def store_all(store: Store, record: Record, earlier: list[Record] | None = None) -> None:
    """Write a retune's page, and that of all the study's retunes anew.

    Args:
        store: of the study.
        record: what the retune came to, which is kept by now.
        earlier: what those before came to, the newest first, where that was read just now.
    """
    records = champion.history(store, record.study) if earlier is None else [record, *earlier]
    store.write(keys.retune_report(record.study, record.name), one(record, _before(record, records)))
    store.write(keys.retunes_report(record.study), every(record.study, records))


def store_every(store: Store, study: str) -> list[Record]:
    """Write all pages of a study's retunes anew; return the retunes, newest first."""
    records = champion.history(store, study)
    for record in records:
        store.write(keys.retune_report(study, record.name), one(record, _before(record, records)))
    if records:
        store.write(keys.retunes_report(study), every(study, records))
    return records


def one(record: Record, last: Record | None) -> bytes:
    """Return a retune's page as UTF-8 HTML.

    Args:
        record: what it came to.
        last: the retune before it that trained something, to compare the cost with.
    """
    pill = tag("span", record.verdict, class_=f"pill {_CLASS.get(record.verdict, '')}".strip())
    body = [
        tag("section", *_why(record.why), class_="card"),
        *_evidence(record),
        *_data(record),
        tag(
            "section",
            tag("h2", "What it cost, and where it comes from"),
            tag("div", _known(record, last), class_="card"),
        ),
    ]
    return _page(f"{record.study}: retune of {words.moment(record.when)}", pill, body)


def every(study: str, records: Sequence[Record]) -> bytes:
    """Return the page of all retunes of a study, given newest first."""
    rows = [tag("thead", tag("tr", *(tag("th", name) for name in _HEAD))), tag("tbody", *map(_row, records))]
    promoted = sum(one.verdict in CHANGED for one in records)
    pill = tag("span", f"{words.counted(len(records), 'retune')}, {promoted:,} changed what is in use", class_="pill")
    scored = [one for one in reversed(records) if one.score is not None]
    drawn = retune_drawn.scores([one for one in scored if one.metric == scored[-1].metric])
    body = [
        *(
            [tag("section", tag("h2", "Scores over time"), tag("div", drawn, class_="card"))]
            if drawn is not None
            else []
        ),
        tag("section", tag("h2", "All retunes"), tag("div", tag("table", *rows), class_="card scroll")),
    ]
    return _page(f"{study}: retunes", pill, body)


_HEAD = ("when", "verdict", "score", "challenger", "better, probably", "trained", "device time", "why")


def _row(record: Record) -> Element:
    link = tag("a", words.moment(record.when), href=f"retunes/{record.name}.html")
    better = "" if record.evidence is None else percent(record.evidence.better, record.evidence.confidence)
    cells = [
        record.verdict, _score(record.score), _score(record.challenger_score), better,
        words.counted(record.fits, "fit"), times.duration(record.seconds), brief(record.why),
    ]  # fmt: skip
    return tag("tr", tag("td", link), *(tag("td", cell) for cell in cells))


def _evidence(record: Record) -> Iterator[Element]:
    found = record.evidence
    if found is None:
        return
    tiles = [tag("div", tag("b", value), tag("span", name), class_="card tile") for name, value in _probable(found)]
    lead = (
        f"How probable each is for the mean difference in {record.metric}, by the correlated Bayesian t-test on "
        f"{len(found.champion)} fresh folds; {exact(found.confidence)} for better are asked for."
    )
    yield _titled("Is the challenger better?", tag("p", lead, class_="lead"), tag("div", *tiles, class_="tiles"))
    picture = retune_drawn.posterior(found)
    if picture is not None:
        where = "the grey band" if found.margin else "the line at 0"
        said = f"The curve is what is known of the mean difference; each dot is a fold. Right of {where} is better."
        yield tag(
            "section", tag("h2", "The difference"), tag("p", said, class_="lead"), tag("div", picture, class_="card")
        )
    head = tag("tr", *(tag("th", name) for name in ("fold", "champion", "challenger", "difference")))
    rows = [
        tag("tr", *(tag("td", cell) for cell in (str(fold), _score(old), _score(new), f"{new - old:+.4g}")))
        for fold, (old, new) in enumerate(zip(found.champion, found.challenger, strict=True))
    ]
    yield _titled("Fold by fold", tag("div", tag("table", head, *rows), class_="card scroll"))
    given = [("champion", record.champion_params), ("challenger", record.params)]
    names = sorted({name for _, params in given for name in params or {}})
    head = tag("tr", tag("th", "parameter"), *(tag("th", who) for who, _ in given))
    values = [tag("tr", tag("td", name), *(tag("td", _value(params, name)) for _, params in given)) for name in names]
    yield _titled("Parameters", tag("div", tag("table", head, *values), class_="card scroll"))


def _probable(found: Evidence) -> Iterator[tuple[str, str]]:
    """How probable worse, equal and better are; without a margin, of two that differ equal is a single point."""
    yield "worse", percent(found.worse)
    if found.margin:
        yield f"practically equal (within {found.margin:g})", percent(found.equal)
    else:
        yield "practically equal (no margin)", "0 %" if found.scale else percent(found.equal)
    yield "better", percent(found.better, found.confidence)


def _why(told: str) -> Iterator[Element]:
    """All of why: in a line, and below it what more there is, such as a traceback."""
    said = brief(told)
    yield tag("p", said, class_="lead")
    if said != told:
        yield tag("pre", told)


def _data(record: Record) -> Iterator[Element]:
    now = record.profile
    if record.against is None or (now is None and not record.changes):
        return
    if record.changes is None:
        unknown = "The champion's data was not looked at when it was trained, so what changed is not known."
        yield _titled("What changed in the data", tag("p", unknown, class_="lead"))
        return
    if now is not None and not record.changes:
        yield _titled("What changed in the data", tag("p", _alike(now), class_="lead"))
        return
    head = tag("tr", *(tag("th", name) for name in ("what", "the champion's data", "now")))
    rows = [tag("tr", *(tag("td", cell) for cell in (one.what, one.before, one.now))) for one in record.changes]
    yield _titled("What changed in the data, the largest first", tag("div", tag("table", head, *rows), class_="card"))


def _alike(now: Profile) -> str:
    """That nothing that was looked at differs: what is in no profile is not spoken of."""
    looked = {
        "class's share": now.classes,
        "label's share": now.labels,
        "column's range, mean or missing values": now.columns,
        "word's share": now.words,
    }
    found = [name for name, values in looked.items() if values]
    also = f", and no {' or '.join(found)} differs by 0.5 % or more" if found else ""
    return f"The number of rows is that of the champion's data{also}."


def _known(record: Record, last: Record | None) -> Element:
    cost = f"{_device_time(record)}, {words.counted(record.fits, 'fit')}"
    cost += f" ({record.reused:,} more taken over from earlier runs)" if record.reused else ""
    if last is not None:
        cost += f"; the retune before took {_device_time(last)}, {words.counted(last.fits, 'fit')}"
    return facts(
        {
            "cost": cost,
            "when": words.moment(record.when),
            "due": words.moment(record.scheduled) if record.scheduled else "by hand",
            "search": record.run,
            "on fresh folds": record.confirm,
            "champion before": f"number {record.against}" if record.against is not None else "none",
            "device": record.device,
            "by": record.by,
        }
    )


def _device_time(record: Record) -> str:
    hours = record.seconds / 3600
    return f"{hours:.4g} device-hours" if hours >= _SHORT else f"{times.duration(record.seconds)} of device time"


def _titled(title: str, *body: Element) -> Element:
    return tag("section", tag("h2", title), *body)


def _before(record: Record, records: Sequence[Record]) -> Record | None:
    """The last retune before this one that trained something."""
    earlier = (one for one in records if (one.when, one.name) < (record.when, record.name) and one.fits)
    return next(earlier, None)


def _page(title: str, pill: Element, body: Sequence[Element]) -> bytes:
    style = files("job.report").joinpath("page").joinpath("page.css").read_text("utf-8") + _CSS
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<link rel="icon" href="data:,">\n'
        f"{markup(tag('title', title))}\n<style>{style}</style>\n</head>\n<body>\n"
    )
    return (head + markup(tag("header", tag("h1", title), pill), tag("main", *body)) + "\n</body>\n</html>\n").encode()


def _score(value: float | None) -> str:
    return "" if value is None else words.short(value)


def _value(params: dict[str, object] | None, name: str) -> str:
    return "" if params is None or name not in params else str(params[name])
