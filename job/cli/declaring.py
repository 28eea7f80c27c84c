"""The verbs about what a study declares: ``init``, ``check``, ``plan`` and ``schema``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from job.cli.init import Kind
from job.cli.options import StoreUrl, StudyFile, example
from job.cli.planning import plan
from job.cli.preparing import prepared

if TYPE_CHECKING:
    from job.plan.plan import Facts
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
    opened = open_store(declared.store)
    facts = prepared(study, declared)
    for name, said in _understood(study, declared, facts):
        line(f"{name + ':' * bool(name):<10} {said}")
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
    from job.work.model_check import FIT_FAILS, STEP_FAILS

    takes = f"{declared.model} takes {', '.join(facts.build_parameters) or 'nothing'}"
    if "tensorflow" in facts.versions:
        fails = any(note.startswith((STEP_FAILS, FIT_FAILS)) for note in facts.notes)
        return f"{takes}; one was built and {'can not be trained, see the note' if fails else 'fits the task'}"
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


def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    from job.study import schema as study_schema

    typer.echo(study_schema.text(), nl=False)
