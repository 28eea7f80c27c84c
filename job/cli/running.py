"""The verbs that run something: ``run`` and ``work``."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from job.cli import said
from job.cli.options import Fresh, StoreUrl, StudyFile, Workers, example
from job.errors import ExitCode, UsageError


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command(epilog=example("tunejob run study.yaml --workers 2"))(run)
    app.command(epilog="What pods and local processes run; people use `tunejob run` or `tunejob submit`.")(work)


def run(
    study: StudyFile,
    store: StoreUrl = None,
    workers: Workers = None,
    *,
    fresh: Fresh = False,
) -> None:
    """Run a study on this machine to its end; run it again to resume.

    Prints the best trials and where the report is. Progress goes to standard error.
    """
    said.now(f"{study}: reading the study")
    from job.python.following import Terminal

    with Terminal() as follower:  # first of all, as importing the rest is silent
        from job.cli import showing
        from job.python.declared import Declared
        from job.python.local import LocalRun
        from job.store import open_store

        declared = Declared.of(study, store)
        opened = open_store(declared.study.store)
        signal.signal(signal.SIGTERM, terminated)
        with declared.placing():
            run = LocalRun(declared.study, study.parent, opened, follower, workers, declared.resume, fresh)
            table = run.run()
    showing.outcome(table, opened)


def terminated(_signal: int, _frame: FrameType | None) -> None:
    """Ends this process as SIGTERM is meant to: with what its own end takes along."""
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
