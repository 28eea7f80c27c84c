"""Arguments and options that several verbs share, and the lines of help that show examples."""

from pathlib import Path
from typing import Annotated

import typer

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study file, such as study.yaml.")]
Target = Annotated[
    str,
    typer.Argument(
        metavar="STUDY|NAME[/RUN]",
        help="A study file, or NAME with --store: its newest run, or the one named; or a run's folder or URL.",
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="TUNEJOB_STORE",
        metavar="URL",
        help="A folder, s3://, gs:// or az:// URL in place of the study's own store.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", "-w", min=1, metavar="N", help="Worker processes; one per GPU, or by cores, if not given."
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Train all fits, those too that an earlier run of the study has trained.")
]


def example(*commands: str) -> str:
    """The epilog of a verb's help: how it is used."""
    return "Example: " + "   or   ".join(commands)
