"""What ``tunejob init`` writes: a commented study with a model and data that run as they are."""

import os
from importlib.resources import files
from pathlib import Path

from job.errors import UsageError
from job.study import schema

_STARTER = {"study.yaml": "study.yaml", "model.py": "model.py.txt", "data.py": "data.py.txt"}
"""Each file and where its text lies; as ``.py`` it would be taken for code of ours."""
_SCHEMA = ".study.schema.json"
"""What ``study.yaml`` names for editors; hidden, so that it does not count as the study's code."""


def init(folder: Path) -> list[Path]:
    """Writes a first study into a folder, which is made if it is not there.

    Returns:
        What was written.

    Raises:
        UsageError: one of the files is there already (none is written then), or the folder can't be written.
    """
    texts = {folder / name: text for name, text in _texts().items()}
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


def _texts() -> dict[str, str]:
    starter = files("job.cli") / "starter"
    found = {name: (starter / source).read_text(encoding="utf-8") for name, source in _STARTER.items()}
    return found | {_SCHEMA: schema.text()}
