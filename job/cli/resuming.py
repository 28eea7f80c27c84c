"""What resumes an incomplete run."""

from pathlib import Path
from typing import TYPE_CHECKING

from job.errors import Incomplete

if TYPE_CHECKING:
    from job.results.table import Table


def judge(table: "Table", target: str, store: str | None) -> None:
    """An incomplete run names what is missing, and ends with its exit code."""
    from job.results import coverage

    if len(table.missing):
        raise Incomplete(coverage.missing(table, resume(target, store)))


def resume(target: str, store: str | None) -> str:
    """The command that goes on with a run."""
    from job.python.local import resuming

    file = target if Path(target).suffix in {".yaml", ".yml"} else "STUDY.yaml"
    return resuming(Path(file), store)
