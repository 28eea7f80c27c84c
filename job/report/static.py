"""The ranked table as plain HTML: what is there to read where no script runs."""

from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from job.report import words
from job.report.elements import tag
from job.report.metrics import said
from job.results.table import Ranked, Table
from job.study import times

ROWS = 100
"""The most rows; the script shows all, and cv_results.csv has all."""


def ranking(table: Table) -> Iterator[Element]:
    """Yield the head and the body of the best trials' table; nothing where no trial has all its scores."""
    if table.best is None:
        return
    names = table.trials.names
    metrics = [said(name).name for name in table.scoring]
    head = [tag("th", name, scope="col") for name in ("rank", "trial", *metrics, *names, "fit time", "failed")]
    yield tag("thead", tag("tr", *head))
    rows = list(islice(table.ranked(), ROWS))
    yield tag("tbody", *(_row(table, one, names, is_best=not place) for place, one in enumerate(rows)))


def _row(table: Table, ranked: Ranked, names: tuple[str, ...], *, is_best: bool) -> Element:
    scores = [_score(name, one.mean, one.std) for name, one in ranked.scores.items()]
    given = words.params(ranked, 4)
    rank = f"{ranked.scores[table.metric].rank:,}"
    cells = [rank, str(ranked.number), *scores, *(given.get(name, "") for name in names)]
    cells += [times.duration(ranked.fit_seconds), f"{ranked.failed:,}" if ranked.failed else ""]
    row = tag("tr", *(tag("td", cell) for cell in cells), data_row=str(ranked.number))
    if is_best:
        row.set("class", "best")
    return row


def _score(name: str, mean: float, std: float) -> str:
    return f"{words.short(said(name).value(mean))} ± {words.short(std, 2)}"
