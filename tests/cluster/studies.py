"""The small study of these tests, whose code can be held by files in the folder that pods see as /gate."""

import shutil
from pathlib import Path
from typing import Any

import yaml

TINY = Path(__file__).parent / "tiny"


def write(folder: Path, **fields: Any) -> Path:
    """Copies the study with its code into a folder; ``fields`` go over its own."""
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "study.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **fields}, sort_keys=False))
    return file
