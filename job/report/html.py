"""``report.html``: one file with all of a run's charts, that needs no network and runs no script but its own."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any
from xml.etree.ElementTree import Element

from job.report import content, static, usage, words
from job.report.elements import code, facts, markup, tag
from job.report.metrics import said
from job.results import coverage
from job.results.failures import Cause
from job.results.table import Ranked, Table
from job.store import Store
from job.study import times

MOST_BYTES = 5_000_000
_STEPS = (2_000, 1_000, 500, 200, 50)
"""How many trials are shown: as many as there are, or as fit into the file."""
_SCRIPTS = ("base", "axes", "keys", "importance", "params", "brush", "parallel", "spread", "curves", "table", "main")
_LIVE = ("live",)
_START = "start"
_CAUSES = 20
_TRACEBACK = 8_000


def render(table: Table, store: Store, *, resume: str = "", live: str = "") -> bytes:
    """Return the report as UTF-8 HTML of at most 5 MB.

    Args:
        table: the run's table, of any moment of the run.
        store: where the best trials' learning curves are read, and whether there is a model.
        resume: the command that resumes an incomplete run.
        live: names what is shown, of a page that is served and renews itself; "" for one that stands alone.
    """
    for most in _STEPS:
        page = _page(table, store, content.gather(table, store, most), resume, live).encode()
        if len(page) <= MOST_BYTES or len(table.trials) <= _STEPS[-1]:
            break
    return page


def _page(table: Table, store: Store, data: Mapping[str, Any], resume: str, live: str) -> str:
    page = files("job.report").joinpath("page")
    style = page.joinpath("page.css").read_text("utf-8")
    scripts = (page.joinpath(f"{name}.js").read_text("utf-8") for name in (*_SCRIPTS, *(_LIVE if live else ()), _START))
    script = '"use strict";\n(() => {\n' + "\n".join(scripts) + "})();\n"
    return Template(page.joinpath("page.html").read_text("utf-8")).substitute(
        title=markup(tag("i", f"{table.plan.study}: {words.verdict(table)[1]}"))[3:-4],
        style=style,
        connect=" connect-src 'self';" if live else "",
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        data=_json(data),
        header=markup(_header(table, data, live)),
        hero=markup(_hero(table)),
        notes=markup(*_notes(table, resume)),
        no_charts=" hidden" if table.best is None or table.hopeless else "",
        shown=_shown(table, data),
        ranking=markup(*static.ranking(table)),
        failures=markup(*_failures(table)),
        use=markup(_use(table, store)),
        provenance=markup(_provenance(table)),
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(data: Mapping[str, Any]) -> str:
    """Return JSON that can't end the script element it stands in."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _header(table: Table, data: Mapping[str, Any], live: str) -> Element:
    kind, text = words.verdict(table)
    header = tag("header", tag("h1", table.plan.study), tag("span", text, class_=f"pill {kind}".strip()))
    if live:
        header.append(tag("span", "live", class_="pill live", id="live", data_version=live, role="status"))
    if len(table.scoring) > 1:
        select = tag("select", id="metric")
        for place, name in enumerate(table.scoring):
            chosen = {"selected": "selected"} if place == data["metric"] else {}
            select.append(tag("option", name, **chosen))
        header.append(tag("label", "charts show ", select))
    header.append(tag("p", f"run {table.plan.run}, planned {words.moment(table.plan.created)}", class_="run"))
    return header


def _hero(table: Table) -> Element:
    best = table.best
    card = tag("div", class_="card")
    if table.hopeless:
        card.append(tag("div", "No fit succeeded", class_="score none"))
        card.extend(tag("p", str(cause)) for cause in table.failures[:3])
        card.append(tag("p", "More of each cause is below.", class_="lead"))
    elif best is None:
        card.append(tag("p", words.unranked(table), class_="lead"))
    else:
        _best(card, table, best)
    return tag("section", card, tag("div", *_tiles(table, best), class_="tiles"), class_="hero")


def _best(card: Element, table: Table, best: Ranked) -> None:
    score = best.scores[table.metric]
    metric = said(table.metric)
    better = f", {metric.better}" if metric.better else ""
    card.append(
        tag("p", f"best mean {metric.name} over {words.counted(table.plan.folds, 'fold')}{better}", class_="lead")
    )
    spread = tag("small", f" ± {words.short(score.std, 2)}")
    card.append(tag("div", words.short(metric.value(score.mean)), spread, class_="score"))
    if metric.sign < 0:
        signed = f"to scikit-learn {metric.scorer} {words.short(score.mean)}, of which greater is better"
        card.append(tag("p", signed, class_="lead"))
    chips = [tag("li", tag("span", name), value) for name, value in words.params(best).items()]
    card.append(tag("ul", *chips, class_="params"))
    others = [words.scored(name, one.mean) for name, one in best.scores.items() if name != table.metric]
    failed = f"; {words.counted(best.failed, 'of its fits')} failed" if best.failed else ""
    told = f"trial {best.number}{''.join(f', {text}' for text in others)}{failed}"
    card.append(tag("p", told, class_="lead"))


def _tiles(table: Table, best: Ranked | None) -> list[Element]:
    plan = table.plan
    training, span = words.times(table)
    duplicates = f", {words.counted(plan.duplicates, 'duplicate')}" if plan.duplicates else ""
    tiles = [
        (f"{plan.trials:,}", f"trial{'s' * (plan.trials > 1)}{duplicates}"),
        (f"{table.done:,}", f"of {words.counted(plan.fits, 'fit')}, {table.failed:,} failed{words.taken(table)}"),
        (times.duration(training), f"of training, in {times.duration(span)}{_once(table)}"),
    ]
    if best is not None:
        middle = table.means[table.ranking[len(table.ranking) // 2]]
        metric = said(table.metric)
        tiles.append((words.short(metric.value(float(middle))), f"the median trial's {metric.name}"))
    return [tag("div", tag("b", value), tag("span", text), class_="card tile") for value, text in tiles]


def _once(table: Table) -> str:
    """What tracing and compiling took, which is in no fit's time."""
    once = words.once(table)
    return f", and {once}" if once else ""


def _notes(table: Table, resume: str) -> list[Element]:
    missing = coverage.missing(table, resume or "tunejob run with the study file")
    return [tag("p", missing, class_="note")] if missing else []


def _shown(table: Table, data: Mapping[str, Any]) -> str:
    shown, every = len(data["trials"]["number"]), table.plan.trials
    if shown == every:
        return "Sort by a column's name. cv_results.csv has every digit."
    return f"{shown:,} of {every:,} trials are in this report: the best, and an even choice of those with results."


def _failures(table: Table) -> list[Element]:
    causes = table.failures
    if not causes:
        return []
    lead = f"{words.counted(table.failed, 'fit')} failed, for {words.counted(len(causes), 'cause')}."
    shown = [_cause(cause) for cause in causes[:_CAUSES]]
    section = tag("section", tag("h2", "Failures, by cause"), tag("p", lead, class_="lead"), *shown, id="failures")
    return [section]


def _cause(cause: Cause) -> Element:
    failure = cause.failure
    title = tag("p", tag("b", f"{words.counted(cause.count, 'fit')}: {failure.kind}"), class_="title")
    trials = coverage.ranges(cause.trials) + (" and more" if len(cause.trials) == 20 else "")
    card = tag("div", title, tag("p", failure.message[:_TRACEBACK], class_="message"), class_="card cause")
    card.append(tag("p", f"trials {trials}; first in fold {cause.fold} of trial {cause.trial}", class_="lead"))
    for name, text in (("traceback", failure.traceback), ("end of its log", failure.log)):
        if text:
            card.append(tag("details", tag("summary", name), tag("pre", text[-_TRACEBACK:])))
    return card


def _use(table: Table, store: Store) -> Element:
    found = usage.of(table, store)
    section = tag("section", tag("h2", "Use the model"), tag("p", found.text, class_="lead"), id="use")
    section.extend(code(block) for block in (found.command, found.lines) if block)
    return section


def _provenance(table: Table) -> Element:
    listed = tag("div", facts(words.provenance(table)), class_="card")
    return tag("section", tag("h2", "Where these numbers come from"), listed, id="provenance")
