"""Mistakes in a study, told all at once: each with its place, what was got, what is allowed and what to do."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from job.errors import UsageError

Place = tuple[str | int, ...]
"""Where in the study file: keys and indices from the top, such as ``("space", "units", 0)``."""


@dataclass(frozen=True)
class Mistake:
    """One mistake, in a sentence.

    Attributes:
        place: keys and indices from the top of the file; empty for the file as a whole.
        message: what was got, what is allowed and what to do.
        line: line in the file from 1; None where it is not known.
    """

    place: Place
    message: str
    line: int | None = None

    @property
    def path(self) -> str:
        """The place as one reads it: ``space.units[0]``."""
        text = ""
        for step in self.place:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
        return text

    def __str__(self) -> str:
        """``line 4: space.units[0]: ...``, as far as it is known."""
        parts = [f"line {self.line}"] if self.line is not None else []
        return ": ".join([*parts, *([self.path] if self.place else []), self.message])

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a crossing between processes."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Mistake":
        """The mistake that ``to_json`` wrote."""
        return cls(place=tuple(values["place"]), message=values["message"], line=values["line"])


class StudyMistakes(UsageError):
    """Every mistake of one study.

    Attributes:
        where: the file, as the user named it.
        mistakes: in the order of the file's lines.
    """

    def __init__(self, where: str, mistakes: Iterable[Mistake]) -> None:
        self.where = where
        self.mistakes = tuple(sorted(dict.fromkeys(mistakes), key=_in_file_order))
        count = len(self.mistakes)
        first = f"{where} has {count} mistake{'s' if count > 1 else ''}:"
        super().__init__("\n".join([first, *(f"  {mistake}" for mistake in self.mistakes)]))


def _in_file_order(mistake: Mistake) -> tuple[bool, int]:
    return (mistake.line is None, mistake.line or 0)


class Collected:
    """Mistakes gathered so far; ``add`` one, or ``extend`` by many."""

    def __init__(self, placed: Callable[[Mistake], Mistake] = lambda mistake: mistake) -> None:
        self._placed = placed
        self.mistakes: list[Mistake] = []

    def add(self, place: Place, message: str) -> None:
        """Adds a mistake at a place; its line is looked up."""
        self.extend([Mistake(place, message)])

    def extend(self, mistakes: Iterable[Mistake]) -> None:
        """Adds mistakes; a line that is missing is looked up."""
        self.mistakes += [mistake if mistake.line is not None else self._placed(mistake) for mistake in mistakes]


@contextmanager
def collect(where: str, placed: Callable[[Mistake], Mistake] = lambda mistake: mistake) -> Iterator[Collected]:
    """Gathers mistakes and raises them all at once at the end.

    A ``StudyMistakes`` raised inside joins the others.

    Args:
        where: the file, as the user named it.
        placed: gives a mistake its line, where a file is at hand (``Document.placed``).

    Raises:
        StudyMistakes: if anything was gathered.
    """
    found = Collected(placed)
    try:
        yield found
    except StudyMistakes as more:
        found.extend(more.mistakes)
    if found.mistakes:
        raise StudyMistakes(where, found.mistakes)


def nearest(word: object, allowed: Iterable[str]) -> str:
    """`` Did you mean `x`?`` for the allowed word nearest to a wrong one, or nothing when none is near."""
    by_lower = {right.lower(): right for right in allowed}
    near = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean `{by_lower[near[0]]}`?" if near else ""


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them: ``a, b and c``."""
    words = [f"`{word}`" for word in words]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def shown(value: object, width: int = 80) -> str:
    """A value as got, shortened to ``width`` characters."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= width else f"{text[: width - 1]}…"
