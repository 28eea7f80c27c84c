"""The command ``tunejob``: its verbs, and what becomes of errors: a sentence and an exit code, never a traceback."""

import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import click
import typer

from job.cli import cluster, declaring, looking, running
from job.errors import ExitCode, TunejobError

app = typer.Typer(
    name="tunejob",
    help="Cross-validated hyperparameter search for TensorFlow, on this machine or as one Kubernetes Indexed Job.",
    epilog="A first study: tunejob init my-study && tunejob run my-study/study.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:  # noqa: FBT001  # typer calls it so
    if asked:
        typer.echo(f"tunejob {version('tunejob')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # the callback answers it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Cross-validated hyperparameter search for TensorFlow, on this machine or as one Kubernetes Indexed Job."""


declaring.register(app)
running.register(app)
looking.register(app)
cluster.register(app)


def main() -> None:
    """Runs the command and exits as the design says."""
    sys.exit(_code())


def _code() -> int:
    try:
        return int(app(standalone_mode=False) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort):
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.COMPLETE)
    except Exception as error:  # noqa: BLE001  # whatever is left gets a sentence and a code
        return _failed(error)


def _failed(error: Exception) -> int:
    if isinstance(error, click.ClickException):
        error.show()
        return int(ExitCode.USAGE)
    if isinstance(error, TunejobError):
        sys.stderr.write(f"tunejob: {error}\n")
        return int(error.exit_code)
    traceback.print_exception(error)
    sys.stderr.write("tunejob: this is a bug in tunejob, not in your study. Please report it with the lines above.\n")
    return int(ExitCode.BUG)
