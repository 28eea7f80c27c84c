"""``report.md``: the run in a page of Markdown, for a terminal or a pull request."""

import re

from job.report import importance, usage, words
from job.report.metrics import said
from job.results import coverage
from job.results.table import Ranked, Table
from job.store import Store
from job.study import times

_TOP = 10
_CAUSES = 5
_MARKUP = re.compile(r"([\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|^[#+-])")


def render(table: Table, store: Store, *, resume: str = "") -> str:
    """Return the report as Markdown.

    Args:
        table: the run's table, of any moment of the run.
        store: where it is seen whether there is a model.
        resume: the command that resumes an incomplete run.
    """
    parts = [
        _head(table),
        _best(table),
        _mattered(table),
        _missing(table, resume),
        _ranking(table),
        _failures(table),
        _use(table, store),
    ]
    return "\n\n".join(part for part in (*parts, _provenance(table)) if part) + "\n"


def cell(text: str) -> str:
    """Return text that Markdown shows as it is, in one line, in a table too."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _head(table: Table) -> str:
    plan = table.plan
    training, span = words.times(table)
    failed = f", {table.failed:,} failed" if table.failed else ""
    duplicates = f" ({words.counted(plan.duplicates, 'duplicate')})" if plan.duplicates else ""
    trials = f"{words.counted(plan.trials, 'trial')}{duplicates} over {words.counted(plan.folds, 'fold')}"
    return (
        f"# {cell(plan.study)}: {words.verdict(table)[1]}\n\n"
        f"Run `{plan.run}`: {trials}, "
        f"{table.done:,} of {plan.fits:,} fits{failed}{words.taken(table)}; {times.duration(training)} of training "
        f"in {times.duration(span)}."
    )


def _best(table: Table) -> str:
    best = table.best
    if best is None or table.hopeless:
        return "" if table.hopeless else words.unranked(table)
    score = best.scores[table.metric]
    params = "\n".join(f"| {cell(name)} | {cell(value)} |" for name, value in words.params(best).items())
    return (
        f"**Best mean {_named(table.metric, score.mean)}** ± {words.short(score.std, 2)} "
        f"(trial {best.number}{_signed(table.metric, score.mean)})\n\n| parameter | value |\n|---|---|\n{params}"
    )


def _named(scorer: str, score: float) -> str:
    metric = said(scorer)
    return f"{cell(metric.name)}: {words.short(metric.value(score))}"


def _signed(scorer: str, score: float) -> str:
    """scikit-learn's sign, where people have another."""
    metric = said(scorer)
    return f"; {metric.better}: to scikit-learn {cell(scorer)} {words.short(score)}" if metric.better else ""


def _mattered(table: Table) -> str:
    if table.best is None or table.hopeless:
        return ""
    return f"Which parameters mattered: {cell(words.mattered(importance.of(table, table.metric)))}."


def _missing(table: Table, resume: str) -> str:
    text = coverage.missing(table, resume or "tunejob run with the study file")
    return f"> {text.replace(chr(10), '  ' + chr(10) + '> ')}" if text else ""


def _ranking(table: Table) -> str:
    top = [ranked for ranked, _ in zip(table.ranked(), range(_TOP), strict=False)]
    if len(top) < 2 or table.hopeless:
        return ""
    names = [*(f"{cell(name)}" for name in table.scoring), *(cell(name) for name in table.trials.names)]
    head = f"| rank | trial | {' | '.join(names)} | fit time |\n|{'---|' * (len(names) + 3)}"
    return "\n".join(
        [f"## The best {len(top)} of {table.plan.trials:,} trials\n", head, *(_row(table, one) for one in top)]
    )


def _row(table: Table, ranked: Ranked) -> str:
    scores = [f"{words.short(one.mean)} ± {words.short(one.std, 2)}" for one in ranked.scores.values()]
    given = words.params(ranked, 4)
    params = [cell(given.get(name, "")) for name in table.trials.names]
    rank = ranked.scores[table.metric].rank
    cells = [f"{rank:,}", str(ranked.number), *scores, *params, times.duration(ranked.fit_seconds)]
    return f"| {' | '.join(cells)} |"


def _failures(table: Table) -> str:
    causes = table.failures
    if not causes:
        return ""
    lines = [f"- {cell(str(cause))} (trials {coverage.ranges(cause.trials)})" for cause in causes[:_CAUSES]]
    more = [f"- and {len(causes) - _CAUSES:,} more causes"] if len(causes) > _CAUSES else []
    return "\n".join(["## Failures, by cause\n", *lines, *more])


def _use(table: Table, store: Store) -> str:
    found = usage.of(table, store)
    blocks = [f"```{kind}\n{block}\n```" for kind, block in (("sh", found.command), ("python", found.lines)) if block]
    return "\n\n".join(["## Use the model", found.text, *blocks])


def _provenance(table: Table) -> str:
    pairs = (f"- {name}: {cell(value)}" for name, value in words.provenance(table).items() if value)
    return "\n".join(["## Where these numbers come from\n", *pairs])
