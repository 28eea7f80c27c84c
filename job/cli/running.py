"""The verbs that run something: ``run`` and ``work``."""

import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from job.cli import said
from job.cli.options import StoreUrl, StudyFile, Workers, example
from job.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from job.cli.following import Terminal
    from job.results.table import Table
    from job.store import Store
    from job.study.study import Study


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command(epilog=example("tunejob run study.yaml --workers 2"))(run)
    app.command(epilog="What pods and local processes run; people use `tunejob run` or `tunejob submit`.")(work)


def run(study: StudyFile, store: StoreUrl = None, workers: Workers = None) -> None:
    """Run a study on this machine to its end; run it again to resume.

    Prints the best trials and where the report is. Progress goes to standard error.
    """
    said.now(f"{study}: reading the study")
    from job.cli import following, showing
    from job.store import open_store
    from job.study import reading

    with following.Terminal() as watcher:
        declared = reading.read(study, store)
        opened = open_store(declared.store)
        signal.signal(signal.SIGTERM, _terminated)
        table = _controlled(study, declared, opened, watcher, workers, resuming(study, store))
    showing.outcome(table, opened)


def _controlled(  # what one run is made of
    study: Path, declared: "Study", store: "Store", watcher: "Terminal", workers: int | None, resume: str
) -> "Table":
    """Runs a study with local processes; of a run that does not end well it says where the logs are."""
    from job.cli import following
    from job.controller import Control
    from job.launch import local_machine
    from job.launch.local import LocalLauncher
    from job.plan import provenance
    from job.study import reading
    from job.study.mistakes import StudyMistakes

    count = workers or local_machine.usual_workers()
    launcher = LocalLauncher(declared.store, study.parent, count, ahead=True, doing=watcher.doing)
    control = Control(declared, launcher, store, watcher, count, resume, commit=provenance.commit(study.parent))
    with following.workers_of(launcher):
        try:
            return control.run()
        except StudyMistakes as error:
            raise reading.place(study, error.mistakes) from None
        except KeyboardInterrupt:
            watcher.say(f"stopping; finished fits are stored. To go on: {resume}")
            raise


def resuming(study: Path, store: str | None) -> str:
    """The command that resumes a study on this machine."""
    return shlex.join(["tunejob", "run", str(study), *(["--store", store] if store else [])])


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(int(ExitCode.TERMINATED))


def work(  # noqa: PLR0913  # one option for each part of a worker's orders
    store: Annotated[str, typer.Option(envvar="TUNEJOB_STORE", help="The store's URL.")],
    code: Annotated[Path, typer.Option(help="The folder of the user's code.")],
    study_name: Annotated[str, typer.Option(help="The study's name.")],
    *,
    prepare: Annotated[str | None, typer.Option(metavar="NONCE", help="Find out what the plan needs.")] = None,
    measure: Annotated[bool, typer.Option("--measure", help="Time some fits while preparing.")] = False,
    apart: Annotated[
        bool, typer.Option("--apart", help="Prepare on another kind of machine than that of the workers.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Tell how fits will be trained.")] = False,
    run: Annotated[str, typer.Option(help="The run's name; else the first line of input has it.")] = "",
    refit: Annotated[bool, typer.Option("--refit", help="Train the best trial on all rows.")] = False,
    attempt: Annotated[int, typer.Option(help="Which launch of the run this is.")] = 0,
    shards_from_input: Annotated[
        bool, typer.Option("--shards-from-input", help="Take shards' numbers from standard input.")
    ] = False,
    stall: Annotated[
        float, typer.Option(envvar="TUNEJOB_STALL", help="Seconds without a sign of life that end the worker.")
    ] = 900.0,
    require_gpu: Annotated[
        bool, typer.Option("--require-gpu", envvar="TUNEJOB_REQUIRE_GPU", help="Exit 76 if no GPU is seen.")
    ] = False,
    pod: Annotated[str, typer.Option(envvar="TUNEJOB_POD", help="The UID of this worker's pod.")] = "",
    node: Annotated[str, typer.Option(envvar="TUNEJOB_NODE", help="The node it runs on.")] = "",
) -> None:
    """Do one worker's share: prepare, one shard, or the refit."""
    from job.work import worker
    from job.work.orders import Orders

    if prepare is None and not run and (refit or not shards_from_input):
        raise UsageError("what should this worker do? Give --prepare NONCE, or --run RUN (with --refit for the refit)")
    orders = Orders(
        store=store,
        study=study_name,
        code=worker.opened(code),
        task="prepare" if prepare is not None else "refit" if refit else "shards",
        nonce=prepare or "",
        measure=measure and not apart,
        apart=apart,
        explain=explain,
        run=run,
        attempt=attempt,
        stall=stall,
        require_gpu=require_gpu,
        pod=pod,
        node=node,
    )
    raise typer.Exit(worker.work(orders, shards_from_input=shards_from_input))
