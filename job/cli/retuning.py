"""The verbs about what is in use: ``retune`` and ``champion``."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from job.cli import said
from job.cli.options import Fresh, StoreUrl, StudyFile, Workers, example
from job.errors import UsageError

if TYPE_CHECKING:
    from job.retune.record import Champion, Record
    from job.store import Store

_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command(epilog=example("tunejob retune study.yaml --workers 2"))(retune)
    app.command(
        epilog=example("tunejob champion study.yaml", "tunejob champion NAME --store s3://bucket/runs --rollback")
    )(champion)


def retune(study: StudyFile, store: StoreUrl = None, workers: Workers = None, *, fresh: Fresh = False) -> None:
    """Search again, and put the best in use if fresh folds show that it is better than what is.

    The model in use is a trial of the search; it and the best other one are then compared on folds that chose neither.
    Nothing is trained where data, code and study are as they were. The study's section `retune` says how sure is sure.
    """
    said.now(f"{study}: reading the study")
    from job.python.following import Terminal

    with Terminal() as follower:  # first of all, as importing the rest is silent
        from job.cli.running import terminated
        from job.python.declared import Declared
        from job.python.local import LocalRun
        from job.store import open_store

        declared = Declared.of(study, store)
        if declared.study.retune is None:
            raise UsageError(
                f"{study} has no section `retune`, which says when a model is put in use; add `retune: {{}}` for the "
                "defaults, or search alone: tunejob run"
            )
        opened = open_store(declared.study.store)
        signal.signal(signal.SIGTERM, terminated)
        with declared.placing():
            again = declared.resume.replace("tunejob run", "tunejob retune", 1)
            run = LocalRun(declared.study, study.parent, opened, follower, workers, again, fresh)
            record = run.retune()
    _told(record, opened)


def _told(record: "Record", store: "Store") -> None:
    """Prints what a retune came to."""
    from job.cli.showing import line
    from job.retune import champion as in_use
    from job.store import keys, place

    line(f"{record.verdict}: {record.why}")
    if (now := in_use.read(store, record.study)[0]) is not None:
        line(f"in use: number {now.serial} ({in_use.params_told(now)}), {now.metric} {now.scores[now.metric]:.4g}")
        line(f"model: {place(store, now.model)}")
    line(f"report: {place(store, keys.retune_report(record.study, record.name))}")


def champion(
    target: Annotated[str, typer.Argument(metavar="STUDY|NAME", help="A study file, or a study's name with --store.")],
    store: StoreUrl = None,
    *,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Put the one that was in use before in use again; twice undoes that.")
    ] = False,
    number: Annotated[
        int | None, typer.Option(min=1, metavar="NUMBER", help="With --rollback: this one instead, by its number.")
    ] = None,
) -> None:
    """Show the model in use, why it is, and what every retune came to."""
    from job.cli import showing
    from job.report import retune_page
    from job.results import runs as known
    from job.retune import champion as in_use

    opened, study = known.meant(target, store)
    if number is not None and not rollback:
        raise UsageError(f"--number says which to go back to: tunejob champion {target} --rollback --number {number}")
    if rollback:
        from job.retune import rollback as going_back

        back = going_back.rollback(opened, study, number)
        retune_page.store_every(opened, study)
        showing.line(f"{back.why}; it is number {back.serial} now")
    now, _ = in_use.read(opened, study)
    if now is not None:
        _show(now, opened)
    records = _history(opened, study)
    if len(records) > _SHOWN:
        showing.line(f"{_SHOWN} of {len(records):,} retunes shown; all: tunejob report {target} --retunes")
    if now is None:
        remedy = "what each retune came to is told above" if records else "`tunejob retune` with the study file does it"
        raise UsageError(f"nothing of {study} is in use in {opened.url}; {remedy}")


def _history(store: "Store", study: str) -> "list[Record]":
    """Shows what the last retunes came to, and which number they put in use; returns all of them."""
    from job.cli import showing
    from job.report import words
    from job.retune import champion as in_use
    from job.retune import rollback
    from job.retune.why import brief

    records, numbers = in_use.history(store, study), rollback.numbers(store, study)
    rows = [
        [
            words.moment(one.when), one.verdict, str(numbers.get(one.name, "")),
            "" if one.score is None else words.short(one.score), brief(one.why),
        ]
        for one in records[:_SHOWN]
    ]  # fmt: skip
    if rows:
        showing.grid(["when", "verdict", "number", "score", "why"], rows)
    return records


def _show(now: "Champion", store: "Store") -> None:
    from job.cli.showing import line
    from job.report import words
    from job.retune import champion as in_use
    from job.store import place

    scores = ", ".join(
        f"{name} {'no number' if value is None else words.short(value)}" for name, value in now.scores.items()
    )
    line(f"champion: number {now.serial} of {now.study}, since {words.moment(now.when)}")
    line(f"params:   {in_use.params_told(now)}")
    line(f"scores:   {scores}")
    line(f"why:      {now.why}")
    line(f"by:       {now.by}")
    line(f"run:      {now.run}; its model is of {now.trained}")
    line(f"model:    {place(store, now.model)}, sha256 {now.model_digest[:16]}")
    line(f"data:     {now.data[:16]}, code {now.code[:16]}")


def fetched(target: str, store: str | None, to: Path | None) -> None:
    """Copies the model in use, what it is and how to use it."""
    from job.cli.showing import line
    from job.results import runs as known
    from job.retune import fetching

    opened, study = known.meant(target, store)
    for path in fetching.fetch(opened, study, to or Path(f"{study}-champion")):
        line(str(path))
