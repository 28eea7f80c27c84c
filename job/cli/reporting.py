"""The verb ``report``: a run's pages written anew, served while it goes on, and those of all retunes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from job.cli.options import StoreUrl, Target
from job.cli.resuming import judge, resume
from job.errors import UsageError

if TYPE_CHECKING:
    from job.results.runs import Run


def report(
    target: Target,
    store: StoreUrl = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also export for TensorBoard: curves, folds, HParams.")
    ] = None,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Serve the page to this machine's browser; it renews itself.")
    ] = False,
    retunes: Annotated[
        bool, typer.Option("--retunes", help="Instead, the page of all the study's retunes, and one of each.")
    ] = False,
) -> None:
    """Write a run's reports and tables anew, at any moment of the run, and tell where they are."""
    if retunes:
        _retunes(target, store)
        return
    from job.cli import showing
    from job.report import storing
    from job.report import tensorboard as board
    from job.results import runs as known
    from job.store import place

    run = known.find(target, store)
    if live:
        _serve(run, resume(target, store))
        return
    table = run.table()
    storing.store_all(table, run.store, resume=resume(target, store))
    for key in (run.keys.report_html, run.keys.report_md, run.keys.cv_results, run.keys.best):
        showing.line(place(run.store, key))
    if tensorboard is not None:
        count = board.write(table, run.store, tensorboard)
        showing.line(f"{count} trials for TensorBoard: tensorboard --logdir {tensorboard}")
    judge(table, target, store)


def _retunes(target: str, store: str | None) -> None:
    """Writes the pages of all retunes of a study anew, and lists them."""
    from job.cli import showing
    from job.report import retune_page, words
    from job.results import runs as known
    from job.retune.why import brief
    from job.store import keys, place

    opened, study = known.meant(target, store)
    rows = [
        [words.moment(one.when), one.verdict, "" if one.score is None else words.short(one.score), brief(one.why)]
        for one in retune_page.store_every(opened, study)
    ]
    if not rows:
        raise UsageError(f"{study} was never retuned into {opened.url}; `tunejob retune` with the study file does it")
    showing.grid(["when", "verdict", "score", "why"], rows)
    showing.line(f"report: {place(opened, keys.retunes_report(study))}")


def _serve(run: "Run", resume: str) -> None:
    """Serves a run's page until it is interrupted."""
    from job.cli.showing import line
    from job.report import live

    page = live.Live(run, resume)
    page.now()  # what can't be shown is told here, not in a browser
    with live.server(page) as server:
        line(f"{live.url(server)} shows {run.keys.run} and renews itself; Ctrl-C ends it")
        sys.stdout.flush()
        server.serve_forever()
