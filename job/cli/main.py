"""The command ``tunejob``: its verbs, and what becomes of errors: a sentence and an exit code, never a traceback."""

import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from job.cli import cleaning, cluster, declaring, looking, retuning, running, said
from job.errors import ExitCode, TunejobError

_MISUSED = 2
"""What typer exits with for a wrong option or argument."""

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
retuning.register(app)
looking.register(app)
cleaning.register(app)
cluster.register(app)


def main() -> None:
    """Runs the command and exits as the design says."""
    said.patiently()
    code = _code()
    sys.stdout.flush()
    sys.exit(code)


def _code() -> int:
    try:
        app()
    except SystemExit as end:  # how typer ends; it has printed what there is to say
        code = end.code if isinstance(end.code, int) else 0
        return int(ExitCode.USAGE) if code == _MISUSED else code
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except TunejobError as error:
        sys.stderr.write(f"tunejob: {error}\n")
        return int(error.exit_code)
    except Exception as error:  # noqa: BLE001  # what is left is our own fault, and says so
        traceback.print_exception(error)
        sys.stderr.write("tunejob: this is a bug in tunejob, not in your study. Please report it with these lines.\n")
        return int(ExitCode.BUG)
    return int(ExitCode.COMPLETE)
