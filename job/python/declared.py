"""A study as Python gives it: a file's path, or its fields as a dict."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.python import local
from job.study import reading
from job.study.mistakes import StudyMistakes
from job.study.study import Study


@dataclass(frozen=True)
class Declared:
    """One study, read.

    Attributes:
        study: its fields; the store is where the run goes.
        folder: where its code and files lie.
        resume: what resumes its run, as a person would do it.
        file: where it was read; None of a dict.
    """

    study: Study
    folder: Path
    resume: str
    file: Path | None = None

    @classmethod
    def of(cls, given: str | os.PathLike[str] | Mapping[str, Any], store: str | None) -> "Declared":
        """Read a study.

        Raises:
            UsageError: there is no such file.
            StudyMistakes: every mistake.
        """
        if isinstance(given, Mapping):
            return cls(reading.given(given, Path(), store), Path(), "job.run of the same study")
        path = Path(given)
        return cls(reading.read(path, store), path.parent, local.resuming(path, store), path)

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Give the mistakes that a worker finds their lines in the study's file."""
        try:
            yield
        except StudyMistakes as error:
            if self.file is None:
                raise
            raise reading.place(self.file, error.mistakes) from None
