"""Files that callbacks write: each fit has its own, or one fit overwrites what another wrote."""

import re
from collections.abc import Iterator
from pathlib import Path

from job.study import search, space
from job.study.mistakes import Mistake
from job.study.study import Study

_WRITES = re.compile(
    r"(file|file_?name|file_?path|path|out|output|log|logs|.*_(file|path|dir|folder|log|out)|dir|folder)"
)
"""Names of arguments that say where something goes, Keras's own among them."""
_PATH = re.compile(r"[/\\]|\.[A-Za-z]\w*$|^[-\w{}:]+$")


def find(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """Paths that are the same for two fits."""
    del folder
    needed = _needed(study)
    for index, one in enumerate(study.fit.callbacks):
        for name, value in one.arguments.items():
            if not (isinstance(value, str) and _WRITES.fullmatch(name.lower()) and _PATH.search(value)):
                continue
            if missing := [word for word in needed if not re.search(rf"\{{{word}(:[^}}]*)?\}}", value)]:
                yield Mistake(
                    ("fit", "callbacks", index, name),
                    f"fits would write to {value!r}, each over the one before. Put {_words(missing)} into it, such as "
                    f"`{name}: {_own(value, missing)}`, and each fit fills in its own (as it does `{{run}}`, where "
                    "earlier runs' files are to stay).",
                )


def _needed(study: Study) -> tuple[str, ...]:
    """What tells the study's fits apart; a trial has at least a fold and the refit."""
    is_single = study.search.kind == "grid" and not space.needs_user_code(study) and search.size(study) == 1
    return ("fold",) if is_single else ("trial", "fold")


def _words(missing: list[str]) -> str:
    return " and ".join(f"`{{{word}}}`" for word in missing)


def _own(value: str, missing: list[str]) -> str:
    """A path with a fit's own numbers in the last name, before its ending."""
    numbers = "-".join(f"{{{word}}}" for word in missing)
    place, slash, last = value.rstrip("/").rpartition("/")
    stem, dot, ending = last.partition(".") if not last.startswith(".") else (last, "", "")
    return f"{place}{slash}{stem}-{numbers}{dot}{ending}"
