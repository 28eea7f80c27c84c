"""Reads a study: every mistake at once, with its place, line and remedy; writes it back as it is stored."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from job.errors import UsageError
from job.study import document, formats, plain_values, plain_words, wording
from job.study.checks import BESIDE, PURE, SENT, Check
from job.study.mistakes import Mistake, StudyMistakes, collect
from job.study.study import Study, Value

_STAND_INS: dict[str, Any] = {
    "name": "study",
    "model": "model:build",
    "data": "data:load",
    "search": "grid",
    "space": {"parameter": [0]},
}
"""For required fields that are wrong or missing, so that the others can be checked; no check that needs them is run."""


LARGEST = 2_000_000
"""Characters of a study, at most: reading them takes seconds."""


def read(path: Path, store: str | None = None, checks: Iterable[Check] = ()) -> Study:
    """Reads a study file, and what is knowable of the user's code and files beside it without importing them.

    Args:
        path: the study file.
        store: takes the place of the study's own store, which lies beside the study where it is a relative folder.
        checks: more that other rooms can find wrong, told in the same list.

    Raises:
        UsageError: there is no such file.
        StudyMistakes: every mistake.
    """
    study = parse(_text(path), str(path), folder=path.parent, checks=(*BESIDE, *checks))
    return study.model_copy(update={"store": _beside(path, study.store) if store is None else store})


def read_elsewhere(path: Path) -> tuple[Study, str]:
    """Reads a study file that will run on other machines: nothing is asked of this one but the code beside the study.

    Returns:
        The study, and its text as the user wrote it.

    Raises:
        UsageError: there is no such file.
        StudyMistakes: every mistake.
    """
    text = _text(path)
    return parse(text, str(path), folder=path.parent, checks=SENT), text


def parse(text: str, where: str, *, folder: Path | None = None, checks: Iterable[Check] = ()) -> Study:
    """Reads a study's text; looks at no file.

    Args:
        text: YAML.
        where: its name, for messages.
        folder: what ``checks`` look into.
        checks: run after those that need the text alone.

    Raises:
        StudyMistakes: every mistake.
    """
    found = _document(text, where)
    words = Check((), lambda *_: plain_words.find(found.root))
    return _checked(found.values, where, found.placed, folder, (words, *PURE, *checks))


def stored(text: str, where: str) -> Study:
    """Reads a study as a run stored it: what can be wrong beyond the form of its fields was looked at then.

    Raises:
        StudyMistakes: every mistake in their form.
    """
    found = _document(text, where)
    return _checked(found.values, where, found.placed, None, ())


def named(path: Path, store: str | None = None) -> tuple[str, str]:
    """The name of a study and the URL of its store, as ``read`` takes them; of the rest, only the form is looked at.

    Raises:
        UsageError: there is no such file.
        StudyMistakes: every mistake in the form of its fields.
    """
    study = stored(_text(path), str(path))
    return study.name, _beside(path, study.store) if store is None else store


def _document(text: str, where: str) -> document.Document:
    if len(text) > LARGEST:
        raise UsageError(
            f"{where} has {len(text):,} characters, and a study at most {LARGEST:,}. Very many values belong into a "
            "range or distribution, such as {randint: [1, 3000000]} with `search: {random: …}`, and data into a file."
        )
    return document.load(text, where)


def given(values: Mapping[Any, Any], folder: Path, store: str | None = None) -> Study:
    """Reads a study that Python has as a dict, and what is knowable of the user's code and files in a folder.

    Args:
        values: its fields, as YAML would have them; numpy's numbers and arrays, tuples, ranges and paths are taken.
        folder: where its modules and files lie, and its store if that is a relative folder.
        store: takes the place of the study's own store.

    Raises:
        StudyMistakes: every mistake.
    """
    where = "The study"
    with collect(where) as mistakes:
        plain = {name: plain_values.plain(value, (str(name),), mistakes.add) for name, value in values.items()}
    study = _checked(plain, where, lambda mistake: mistake, folder, (*PURE, *BESIDE))
    return study.model_copy(update={"store": _beside(folder / "study.yaml", study.store) if store is None else store})


def _checked(
    values: Mapping[Any, Any],
    where: str,
    placed: Callable[[Mistake], Mistake],
    folder: Path | None,
    checks: Iterable[Check],
) -> Study:
    formats.refuse_newer(values, where)
    with collect(where, placed) as mistakes:
        study, wrong = _validated(values, mistakes.extend)
        for check in checks:
            unsound = {str(mistake.place[0]) for mistake in mistakes.mistakes if mistake.place}
            if wrong.isdisjoint(check.fields) and unsound.isdisjoint(check.sound):
                mistakes.extend(check.find(study, folder))
    return study


def place(path: Path, mistakes: Iterable[Mistake]) -> StudyMistakes:
    """Mistakes that were found elsewhere (in a worker), with their lines in the user's file."""
    found = document.load(_text(path), str(path))
    return StudyMistakes(str(path), [found.placed(mistake) for mistake in mistakes])


def dump(study: Study) -> str:
    """The study as it is stored: its short forms with every default filled in; ``parse`` reads back an equal one."""
    values = {}
    for name, value in study.model_dump().items():
        nested = isinstance(value, Mapping) and isinstance(getattr(study, name), Value)
        values[name] = {key: one for key, one in value.items() if one is not None} if nested else value
    return document.dump({name: value for name, value in values.items() if value is not None and value != []})


def _validated(values: Mapping[Any, Any], tell: Any) -> tuple[Study, set[str]]:
    """The study, or one with stand-ins for the fields that are wrong, and the names of those fields."""
    try:
        return Study.model_validate(values), set()
    except ValidationError as error:
        tell(wording.mistakes(error))
        wrong = {str(details["loc"][0]) for details in error.errors()}
    sound = {name: value for name, value in values.items() if str(name) not in wrong}
    return Study.model_validate(_STAND_INS | sound), wrong


def _beside(path: Path, store: str) -> str:
    """A relative folder is meant from the study file on, as its data is."""
    return store if "://" in store else str(path.parent / Path(store).expanduser())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyMistakes(str(path), [Mistake((), f"A study is UTF-8 text; this is not: {error}.")]) from None
    except OSError as error:
        raise UsageError(_no_file(path, error)) from None


def _no_file(path: Path, error: OSError) -> str:
    if path.is_dir():
        return f"{path} is a folder; name the study file in it, such as {path / 'study.yaml'}."
    beside = sorted(one.name for one in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=1) or beside[:1]
    remedy = f"Did you mean {path.parent / near[0]}?" if near else "`tunejob init` writes a study that runs."
    return f"{path} can't be read: {error.strerror}. {remedy}"
