"""What ``tunejob init`` writes: a commented study with a model and data that run as they are, for each kind of data."""

import os
from enum import Enum
from importlib.resources import files
from pathlib import Path

from job.errors import UsageError


class Kind(Enum):
    """Kinds of data that there is a first study for; each preprocesses inside the folds."""

    arrays = "arrays"
    table = "table"
    images = "images"
    text = "text"
    series = "series"


_SCHEMA = ".study.schema.json"
"""What ``study.yaml`` names for editors; hidden, so that it does not count as the study's code."""


def init(folder: Path, kind: Kind = Kind.arrays) -> list[Path]:
    """Writes a first study into a folder, which is made if it is not there.

    Args:
        folder: where to.
        kind: of the data.

    Returns:
        What was written.

    Raises:
        UsageError: one of the files is there already (none is written then), or the folder can't be written.
    """
    texts = {folder / name: text for name, text in _texts(kind).items()}
    there = [path.name for path in texts if os.path.lexists(path)]
    if there:
        raise UsageError(
            f"{folder} has {', '.join(there)} already, and nothing is overwritten. Give another folder, such as "
            "`tunejob init my-study`, or move what is there away."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        reason = f"{error.filename or folder}: {error.strerror}"
        raise UsageError(f"no study can be written to {folder} ({reason}). Give a folder that can be.") from error
    return list(texts)


def _texts(kind: Kind) -> dict[str, str]:
    """Each file's name and text. Code lies there as ``.py.txt``: as ``.py`` it would be taken for code of ours."""
    from job.study import schema  # half a second to import

    starter = files("job.cli") / "starter" / kind.value
    found = {one.name.removesuffix(".txt"): one.read_text(encoding="utf-8") for one in starter.iterdir()}
    return dict(sorted(found.items(), key=lambda pair: pair[0] != "study.yaml")) | {_SCHEMA: schema.text()}
