"""A study that is right, to be made wrong in one place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from job.study import reading
from job.study.mistakes import StudyMistakes
from job.study.study import Study

RIGHT = {
    "name": "small",
    "model": "model:build",
    "data": "data:load",
    "search": "grid",
    "space": "{units: [32, 64]}",
}


@pytest.fixture
def written() -> Callable[..., str]:
    """The YAML text of a right study; keywords replace fields by YAML text, None leaves one out."""

    def write(**fields: str | None) -> str:
        return "".join(f"{name}: {value}\n" for name, value in (RIGHT | fields).items() if value is not None)

    return write


@pytest.fixture
def study(written: Callable[..., str]) -> Callable[..., Study]:
    """A study from the same."""
    return lambda **fields: reading.parse(written(**fields), "study.yaml")


@pytest.fixture
def said(written: Callable[..., str]) -> Callable[..., list[str]]:
    """What is said of such a study: one text for each mistake, in the order of lines."""

    def say(**fields: str | None) -> list[str]:
        return said_of(lambda: reading.parse(written(**fields), "study.yaml"))

    return say


@pytest.fixture
def beside(tmp_path: Path) -> Callable[..., Path]:
    """A folder with files in it, by name (``__`` for a dot, ``___`` for a slash)."""

    def put(**files: str) -> Path:
        for name, content in files.items():
            path = tmp_path / name.replace("___", "/").replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return put


def said_of(call: Callable[[], object]) -> list[str]:
    """The mistakes that a call raises, as text."""
    try:
        call()
    except StudyMistakes as error:
        return [str(mistake) for mistake in error.mistakes]
    return []
