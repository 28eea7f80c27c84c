"""The verbs that look at runs: ``status``, ``results``, ``report``, ``runs``, ``fetch`` and ``delete``."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from job.cli.cluster import Context, Namespace, found_instead
from job.cli.options import StoreUrl, Target, example
from job.cli.reporting import report
from job.cli.resuming import judge, resume
from job.errors import Incomplete, NotPermittedError, StoreError, UsageError

if TYPE_CHECKING:
    from job.launch.client.remote_run import Remote

_UNSEEN = (UsageError, StoreError, NotPermittedError)
"""Why a run is not seen in its store: it is another's, out of reach, or not ours to read."""


class Format(Enum):
    """How results are printed."""

    table = "table"
    json = "json"
    csv = "csv"


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command(epilog=example("tunejob status study.yaml", "tunejob status NAME --store s3://bucket/runs"))(status)
    app.command(epilog=example("tunejob results study.yaml --format csv > results.csv"))(results)
    app.command(
        epilog=example(
            "tunejob report study.yaml",
            "tunejob report study.yaml --live",
            "tunejob report study.yaml --tensorboard logs",
            "tunejob report study.yaml --retunes",
        )
    )(report)
    app.command(epilog=example("tunejob runs study.yaml"))(runs)
    app.command(epilog=example("tunejob fetch study.yaml --to results", "tunejob fetch study.yaml --champion"))(fetch)
    app.command(epilog=example("tunejob delete NAME/RUN --store ./runs", "tunejob delete study.yaml --keep 3"))(delete)


def status(target: Target, store: StoreUrl = None, namespace: Namespace = None, context: Context = None) -> None:
    """Tell how far a run is, and how to continue it.

    A run in a cluster is shown without credentials for its store too.
    """
    from job.cli import showing
    from job.cli.showing import line
    from job.report import words
    from job.results import coverage
    from job.results import runs as known

    try:
        run = known.find(target, store)
    except _UNSEEN as error:
        from job.launch.client import status_text as cluster_words  # all that talks to a cluster

        for told in cluster_words.status(found_instead(target, error, namespace, context)):
            line(told)
        return
    table = run.table()
    line(f"run:       {run.keys.study}/{run.keys.run}, planned {words.moment(run.plan.created)}")
    line(f"state:     {words.verdict(table)[1]}{', a controller follows it' if run.is_live else ''}")
    line(f"fits:      {table.done:,} of {run.plan.fits:,} stored, {table.failed:,} failed")
    if (best := table.best) is not None and not table.hopeless:
        params = ", ".join(f"{name}={value}" for name, value in words.params(best, 4).items())
        line(f"best:      {table.metric} {words.short(best.scores[table.metric].mean)} (trial {best.number}: {params})")
    for remark in run.remarks:
        line(f"machines:  {remark}")
    for cause in table.failures[:3]:
        line(f"failed:    {cause}")
    if left := coverage.unranked(table):
        line(f"ranking:   {left}")
    showing.failures(table)
    if len(table.missing) and not run.is_live:
        line(f"to resume: {resume(target, store)}")


def results(
    target: Target,
    store: StoreUrl = None,
    shape: Annotated[
        Format, typer.Option("--format", help="A table for people, all of it as JSON or CSV.")
    ] = Format.table,
    top: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the best N trials (not for CSV).")] = None,
    namespace: Namespace = None,
    context: Context = None,
) -> None:
    """Print a run's trials, the best first; of an unfinished run those that have all their scores.

    Of a run in a cluster, the ten best are shown without its store's credentials too.
    """
    from job.cli import showing
    from job.results import files
    from job.results import runs as known

    try:
        run = known.find(target, store)
        table = run.table()
    except _UNSEEN as error:
        _cluster_results(found_instead(target, error, namespace, context))
        return
    if shape is Format.csv:
        showing.line(files.table_csv(table).decode().rstrip("\n"))
    elif shape is Format.json:
        showing.as_json(table, top)
    else:
        showing.ranking(table, top or showing.TOP)
        showing.mattered(table, run.mattered)
    showing.failures(table)
    judge(table, target, store)


def runs(
    target: Annotated[str, typer.Argument(metavar="STUDY|NAME", help="A study file, or a study's name with --store.")],
    store: StoreUrl = None,
) -> None:
    """List a study's runs, the newest first."""
    from job.cli import showing
    from job.report import words
    from job.results import runs as known

    rows = []
    for run in known.every(target, store):
        brief = run.brief()
        score = "" if brief.score is None or brief.is_hopeless else words.short(brief.score)
        state = "running" if run.is_live else words.verdict(brief)[1]
        rows.append([run.keys.run, words.moment(run.plan.created), state, f"{run.plan.trials:,}", brief.metric, score])
    showing.grid(["run", "planned", "state", "trials", "metric", "best"], rows)


def fetch(
    target: Target,
    store: StoreUrl = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The folder to copy to; one named like the run if not given.")
    ] = None,
    *,
    champion: Annotated[bool, typer.Option("--champion", help="Instead, the model in use, and how to use it.")] = False,
) -> None:
    """Copy a run's reports, tables and model from its store to this machine."""
    from job.cli.showing import line
    from job.results import runs as known

    if champion:
        from job.cli.retuning import fetched

        fetched(target, store, to)
        return
    run = known.find(target, store)
    folder = to or Path(run.keys.run)
    found = list(run.fetch(folder))
    for path in found:
        line(str(path))
    if not found:
        raise UsageError(f"there is nothing to fetch of {run.keys.run} yet; `tunejob report` writes reports now")


def delete(
    target: Target,
    store: StoreUrl = None,
    *,
    keep: Annotated[int | None, typer.Option(min=0, metavar="N", help="Delete all runs but the newest N.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a run from its store, or all of a study's but the newest; never one that is live.

    With the last run of a search in Python, the rows that it sent go too.
    """
    from job.cli.showing import line
    from job.results import leftovers
    from job.results import runs as known

    chosen = known.with_confirming([known.named(target, store)] if keep is None else known.older(target, store, keep))
    live = [run.keys.run for run in chosen if run.is_live]
    if live and keep is None:
        raise UsageError(f"{live[0]} is live: end it first (Ctrl-C where it runs, or `tunejob cancel`)")
    for name in live:
        line(f"kept {name}: it is live")
    ended = [run for run in chosen if not run.is_live]
    if not ended:
        line("nothing to delete")
        return
    for run in ended:
        line(f"{run.store.url}: {run.keys.study}/{run.keys.run}, {run.plan.fits:,} fits")
    if not yes:
        typer.confirm(f"delete {'this run' if len(ended) == 1 else f'these {len(ended)} runs'}?", abort=True, err=True)
    for run in ended:
        line(f"deleted {run.keys.run}: {run.delete():,} objects")
    rows = list(leftovers.of_searches(ended[0].store, ended[0].keys.study))
    for key in rows:
        ended[0].store.delete(key)
    if rows:
        line(f"deleted the rows that searches sent, of which no run is left: {len(rows):,} objects")


def _cluster_results(found: "Remote") -> None:
    """The verdict and the ten best that the controller told the cluster."""
    from job.cli.showing import line
    from job.launch.client import status_text
    from job.launch.client.submit import raised

    for told in status_text.results(found):
        line(told)
    if found.verdict is None:
        raise Incomplete("the run has no verdict yet; the trials so far are in its store")
    raised(found.verdict)
