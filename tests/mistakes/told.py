"""A small study that would run, but for one thing, and what a user is told of it."""

import re
from pathlib import Path

import pytest

from job.errors import TunejobError
from job.study import reading
from job.study.mistakes import StudyMistakes
from job.work import facts

STUDY = {
    "name": "s", "model": "model:build", "data": "data:load", "search": "grid", "space": "{units: [4]}", "cv": "3",
}  # fmt: skip
MODEL = """
import keras
from keras import layers as L

def build(units=4):
    model = keras.Sequential([keras.Input((3,)), L.Dense(units, "relu"), L.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model
"""
DATA = """
import numpy as np

def load():
    return np.linspace(0, 1, 90, dtype="float32").reshape(30, 3), np.arange(30) % 2
"""
CSV = "a,b,label\n" + "1.5,2,1\n2.5,4,0\n" * 6
TABLE = {"data": "t.csv", "target": "label"}


def told(folder: Path, fields: dict[str, str | None], left_out: str | None, files: dict[str, bytes]) -> str:
    """What a user is told of a study: first what is read, then what a worker prepares."""
    beside = {"model.py": MODEL.encode(), "data.py": DATA.encode(), "t.csv": CSV.encode(), **files}
    for name, content in beside.items():
        (folder / name).write_bytes(content)
    given = {name: value for name, value in {**STUDY, **fields}.items() if name != left_out}
    bare = [name for name, value in fields.items() if value is None and ":" in name]
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    (folder / "study.yaml").write_text("\n".join([*lines, *bare, ""]))
    with pytest.raises(TunejobError) as raised:
        checked(folder / "study.yaml")
    assert int(raised.value.exit_code) in (64, 65)
    return str(raised.value)


def checked(study: Path) -> None:
    """Reads and prepares a study as ``check`` does; mistakes get their lines."""
    try:
        facts.prepare(reading.read(study), study.parent)
    except StudyMistakes as error:
        raise reading.place(study, error.mistakes) from None


def is_theirs(text: str) -> bool:
    """Whether a text speaks of the user's files alone: no traceback, no frame of ours or of a library, no colours."""
    return not re.search(r'Traceback|File "|/job/|site-packages|\x1b\[', text)
