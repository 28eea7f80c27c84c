"""The verbs about what a study declares: ``init``, ``check``, ``plan`` and ``schema``."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from job.cli.init import Kind
from job.cli.options import StoreUrl, StudyFile, Workers, example

if TYPE_CHECKING:
    from job.plan.plan import Facts, Plan
    from job.results.runs import Run
    from job.store import Store
    from job.study.study import Study


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command(epilog=example("tunejob init my-study", "tunejob init my-study --kind table"))(init)
    app.command(epilog=example("tunejob check study.yaml"))(check)
    app.command(epilog=example("tunejob plan study.yaml --measure"))(plan)
    app.command(epilog=example("tunejob schema > study.schema.json"))(schema)


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to write to; created if it does not exist.")
    ] = Path(),
    kind: Annotated[Kind, typer.Option(help="Of the data: each preprocesses inside the folds.")] = Kind.arrays,
) -> None:
    """Write a commented study, its model and its data, ready to run."""
    from job.cli.init import init as write
    from job.cli.showing import line

    for path in write(folder, kind):
        line(f"wrote {path}")
    others = "|".join(one.value for one in Kind if one is not kind)
    line(f"for other data: tunejob init ANOTHER-FOLDER --kind {others}")
    line(f"next: tunejob run {folder / 'study.yaml'}")


def check(study: StudyFile, store: StoreUrl = None) -> None:
    """Tell every mistake in a study, and how it is understood; tries the store.

    The user's code is run as a worker would run it: the data is loaded, the folds are made, one model is built.
    """
    from job.cli.showing import line
    from job.retune import foresight
    from job.store import open_store, probe
    from job.study import reading

    declared = reading.read(study, store)
    facts = _prepared(study, declared)
    for name, said in _understood(study, declared, facts):
        line(f"{name + ':' * bool(name):<10} {said}")
    opened = open_store(declared.store)
    notes = probe(opened)
    for place, said in enumerate(foresight.told(declared, facts, opened)):
        line(f"{'' if place else 'retune:':<10} {said}")
    line(f"store:     {opened.url} can be written, read and written once")
    for note in notes:
        line(f"           note: {note}")


def _understood(study: Path, declared: "Study", facts: "Facts") -> Iterator[tuple[str, str]]:
    """How a study is understood, by name."""
    from job.study import search, space, splitters

    trials = len(facts.candidates) if facts.candidates is not None else search.size(declared, study.parent)
    folds = len(facts.fold_sizes)
    yield "search", f"{declared.search.kind}: {trials:,} trials × {folds} folds = {trials * folds:,} fits"  # noqa: RUF001
    for one in space.describe(declared, study.parent):
        least, most = one.support or ("?", "?")
        draws = ", ".join(_number(value) for value in one.draws)
        yield str(one.place[-1]), f"{one.text} draws from {_number(least)} to {_number(most)}, such as {draws}"
    yield "data", f"{facts.rows:,} rows; {facts.inputs}"
    yield "task", f"{facts.task}: {facts.why}"
    if facts.classes is not None:
        yield "classes", ", ".join(map(repr, facts.classes[:20])) + (", …" if len(facts.classes) > 20 else "")
    yield "cv", f"{splitters.describe(declared, facts.task)}: {_sizes(facts)}"
    yield "scoring", ", ".join(facts.scoring)
    yield "model", _model(declared, facts)
    yield from _code(facts)
    yield from (("note", note) for note in facts.notes)


def _code(facts: "Facts") -> Iterator[tuple[str, str]]:
    """What counts as the study's code, and why."""
    wide = max(map(len, facts.files), default=0)
    for place, (path, why) in enumerate(facts.why_files.items()):
        yield "code" if place == 0 else "", f"{path:<{wide}}  {why}"
    yield "", "a change in one of these makes a new run; nothing else beside the study does"


def _model(declared: "Study", facts: "Facts") -> str:
    takes = f"{declared.model} takes {', '.join(facts.build_parameters) or 'nothing'}"
    if "tensorflow" in facts.versions:
        return f"{takes}; one was built and fits the task"
    return (
        f"{takes}; not built: TensorFlow is not installed here (pip install 'tunejob[cpu]'); the run's worker does it"
    )


def _sizes(facts: "Facts") -> str:
    train, test = zip(*facts.fold_sizes, strict=True)
    return f"{_span(train)} rows to train on, {_span(test)} to test on"


def _span(sizes: tuple[int, ...]) -> str:
    return f"{min(sizes):,}" if min(sizes) == max(sizes) else f"{min(sizes):,} to {max(sizes):,}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def plan(
    study: StudyFile,
    store: StoreUrl = None,
    workers: Workers = None,
    *,
    measure: Annotated[bool, typer.Option("--measure", help="Time some fits, to tell how long the run takes.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell which way each fit will be trained, and why.")
    ] = False,
) -> None:
    """Tell what would run: trials, fits, shards, the expected time; and what differs from the last run."""
    from job.cli.showing import line
    from job.launch import local_machine
    from job.plan import planning, provenance
    from job.results import taking
    from job.store import RunKeys, open_store
    from job.study import reading

    declared = reading.read(study, store)
    count = workers or local_machine.usual_workers()
    facts = _prepared(study, declared, measure=measure, explain=explain, workers=count if measure else 1)
    planned = planning.make(declared, facts, count, commit=provenance.commit(study.parent))
    again = f", of them {planned.duplicates:,} duplicates that train nothing" if planned.duplicates else ""
    line(f"trials:    {planned.trials:,}{again}")
    opened = open_store(declared.store)
    for sentence in _near(declared, planned, opened, study.parent):
        line(f"           {sentence}")
    line(f"fits:      {planned.fits:,} over {planned.folds} folds")
    taken = taking.foreseen(opened, planned, declared, planning.shards(declared, planned))
    for sentence in taken.told():
        line(f"           {sentence}")
    line(f"shards:    {planned.shards:,} for {count} worker{'s' * (count > 1)}")
    line(f"time:      {_expected(declared, planned, count, opened)}")
    line(f"run:       {planned.run}")
    for sentence in _compared(opened, RunKeys(planned.study, planned.run), planned):
        line(f"           {sentence}")
    for fits, way in _ways(facts):
        line(f"{fits}: {way}")


def _near(declared: "Study", planned: "Plan", store: "Store", folder: Path) -> Iterator[str]:
    """How many trials a retune draws near the model in use, where the search asks for it."""
    from job.retune import champion as in_use
    from job.study import around

    if declared.search.around_champion is None:
        return
    now, _ = in_use.read(store, declared.name)
    near = around.share(declared, planned.trials, None if now is None else now.params, folder)
    if now is None:
        yield "around_champion: nothing is in use yet, so all of them are scikit-learn's draws"
    elif not near:
        yield (
            f"around_champion: the champion's parameters ({in_use.params_told(now)}) are of no space here, so all "
            "of them are scikit-learn's draws"
        )
    else:
        yield (
            f"around_champion: `tunejob retune` draws {near:,} of them near the champion ({in_use.params_told(now)}); "
            f"the other {planned.trials - near:,} are scikit-learn's draws, and so are all of `tunejob run`"
        )


def _ways(facts: "Facts") -> Iterator[tuple[str, str]]:
    """Which way fits will go, where that was asked, and what each is."""
    from job.results import ways
    from job.results.line import UNEXPECTED

    if facts.ways is None:
        return
    for one, count in Counter(facts.ways).items():
        times = f"{count} × " if count > 1 else ""  # noqa: RUF001
        yield f"{times}{one.fits}", f"by Keras fit: {one.why}" if one.way == "fit" else f"by {one.way}: {one.why}"
    for name in dict.fromkeys(one.way for one in facts.ways if one.way != "fit"):
        yield name, ways.explained(name)
    if any(UNEXPECTED in one.why for one in facts.ways):
        yield "note", "what begins with `unexpectedly` is an error that nobody foresaw; please report it with its log"


def _expected(declared: "Study", planned: "Plan", workers: int, store: "Store") -> str:
    from job.plan import estimate
    from job.study.times import duration

    run = _newest(store, planned.study)
    table = None if run is None else run.table()
    measured = planned.facts.fit_time is not None
    if table is None or measured:
        found = estimate.of_run(declared, planned, workers)
    else:
        traced = float(table.fits.trace_seconds.sum()) / table.plan.workers
        found = estimate.of_run(declared, planned, workers, table.timed(), traced=traced)
    return found.why if found.seconds is None else f"about {duration(found.seconds)}, {found.why}"


def _compared(store: "Store", keys: Any, planned: "Plan") -> Iterator[str]:
    """Whether this plan is an earlier run's, or what makes it a new one."""
    from job.plan import planning, stored

    if stored.plan(store, keys) is not None:
        yield "planned already: `tunejob run` resumes it"
        return
    run = _newest(store, planned.study)
    if run is None:
        yield "the first of this study in this store"
    else:
        yield f"a new run, because of what differs from {run.keys.run}:"
        yield from (f"  {one}" for one in planning.differences(run.plan, planned))


def _newest(store: "Store", study: str) -> "Run | None":
    from job.errors import UsageError
    from job.results import runs

    try:
        return runs.newest(store, study)
    except UsageError:
        return None


def _prepared(
    study: Path, declared: "Study", *, measure: bool = False, explain: bool = False, workers: int = 1
) -> "Facts":
    """What a worker finds out with the user's code, in a store of its own that is thrown away.

    It has as many cores as each of ``workers``.
    """
    from job.cli import said
    from job.controller import prepare
    from job.launch.local import LocalLauncher
    from job.python import following, local
    from job.store import open_store
    from job.study import reading
    from job.study.mistakes import StudyMistakes

    with (
        tempfile.TemporaryDirectory(prefix="tunejob-") as folder,
        following.phases() as doing,
        local.workers_of(LocalLauncher(folder, study.parent, workers, explain, doing=doing), said.now) as launcher,
    ):
        try:
            return prepare(declared, launcher, open_store(folder), measure=measure)[0]
        except StudyMistakes as error:
            raise reading.place(study, error.mistakes) from None


def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    from job.study import schema as study_schema

    typer.echo(study_schema.text(), nl=False)
