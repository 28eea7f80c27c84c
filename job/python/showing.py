"""What a run found, shown where Python shows values: a few lines in a terminal, a table in a notebook."""

from itertools import islice
from os.path import relpath
from pathlib import Path
from xml.etree.ElementTree import Element

from job.report import chosen, words
from job.report.elements import markup, tag
from job.results.table import Table
from job.store import RunKeys, Store, has, place

_MOST = 10
_WIDE = 160  # characters of a notebook's table


def why_none(table: Table) -> str:
    """Return why a run has no best trial, and what failed."""
    return "\n".join(filter(None, [words.unranked(table), table.failure_summary]))


def text(table: Table, report: str) -> str:
    """Return a run in a few lines.

    Args:
        table: the run's.
        report: where its report is.
    """
    return "\n".join([_headline(table), _best(table), f"report: {report}"])


def page(table: Table, store: Store) -> str:
    """Return a run as a piece of HTML: the ten best trials, what failed, and how to open the report and the model."""
    found = tag("div", tag("div", tag("b", _headline(table))), tag("div", _best(table)))
    columns = chosen.columns(table, list(islice(table.ranked(), _MOST)), _WIDE)
    if columns:
        head = tag("tr", *(tag("th", one.name) for one in columns))
        rows = (
            tag("tr", *(tag("td", cell) for cell in cells)) for cells in zip(*(c.cells for c in columns), strict=True)
        )
        found.append(tag("table", tag("thead", head), tag("tbody", *rows)))
    if table.failed:
        found.append(tag("pre", table.failure_summary))
    found.extend(_leads(table, store))
    return markup(found)


def _headline(table: Table) -> str:
    counts = f"{words.counted(len(table.trials), 'trial')}, {words.counted(table.plan.fits, 'fit')}"
    return f"{table.plan.study}/{table.plan.run}: {words.verdict(table)[1]}, {counts}"


def _best(table: Table) -> str:
    best = table.best
    if best is None or table.hopeless:
        return words.unranked(table)
    score = best.scores[table.metric]
    params = ", ".join(f"{name}={value}" for name, value in words.params(best, 4).items())
    return (
        f"best {table.metric}: {words.short(score.mean)} ± {words.short(score.std, 2)} (trial {best.number}: {params})"
    )


def _leads(table: Table, store: Store) -> list[Element]:
    """How to open the report, and how to get the trained model."""
    keys = RunKeys(table.plan.study, table.plan.run)
    where = place(store, keys.report_html)
    named = f"{keys.study}/{keys.run} --store {store.url}"
    if not has(store, keys.report_html):
        report = tag("div", "report: ", tag("code", f"tunejob report {named}"), " writes it")
    elif "://" not in store.url or store.url.startswith("file://"):
        near = relpath(where) if Path(where).is_relative_to(Path.cwd()) else f"file://{where}"
        report = tag("div", "report: ", tag("a", where, href=near, target="_blank"))
    else:
        report = tag(
            "div", "report: ", tag("code", f"tunejob fetch {named} --to results"), " brings results/report.html"
        )
    if not has(store, keys.model):
        return [report]
    lines = f'job.load("{keys.study}/{keys.run}", store="{store.url}")'
    return [report, tag("div", "trained model: ", tag("code", lines))]
