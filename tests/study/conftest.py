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
def text_of() -> Callable[..., str]:
    """The YAML text of a right study; keywords replace fields by YAML text, None leaves one out."""

    def write(**fields: str | None) -> str:
        return "".join(f"{name}: {value}\n" for name, value in (RIGHT | fields).items() if value is not None)

    return write


@pytest.fixture
def study(text_of: Callable[..., str]) -> Callable[..., Study]:
    """A study from the same."""
    return lambda **fields: reading.parse(text_of(**fields), "study.yaml")


@pytest.fixture
def said(text_of: Callable[..., str]) -> Callable[..., list[str]]:
    """What is said of such a study: one text for each mistake, in the order of lines."""

    def say(**fields: str | None) -> list[str]:
        return said_of(lambda: reading.parse(text_of(**fields), "study.yaml"))

    return say


@pytest.fixture
def beside(tmp_path: Path) -> Callable[..., Path]:
    """A folder with files in it, by path or, as keywords, by name (``model__py`` is ``model.py``)."""

    def put(files: dict[str, str] | None = None, **more: str) -> Path:
        named = {name.replace("__", "."): content for name, content in more.items()}
        for name, content in {**(files or {}), **named}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        return tmp_path

    return put


def said_of(call: Callable[[], object]) -> list[str]:
    """The mistakes that a call raises, as text."""
    try:
        call()
    except StudyMistakes as error:
        return [str(mistake) for mistake in error.mistakes]
    return []
