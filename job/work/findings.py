"""Mistakes of all kinds gathered while a study is prepared, told in one list at the end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from job.errors import DataError, UsageError
from job.study.mistakes import Mistake, Place, StudyMistakes
from job.study.study import Study

_PLACED = re.compile(r"([a-z_]+(?:\.[a-z_]+)*): (.*)", re.DOTALL)


class Findings:
    """What was found wrong so far."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.data: list[DataError] = []

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """Gathers what is raised inside; a mistake that doesn't say where is taken to be at ``place``."""
        try:
            yield
        except StudyMistakes as error:
            self.mistakes += error.mistakes
        except UsageError as error:
            self.mistakes.append(_placed(str(error), place))
        except DataError as error:
            self.data.append(error)

    def __bool__(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.mistakes or self.data)

    def error(self) -> StudyMistakes | DataError:
        """What to raise: all mistakes in the study, what is wrong with the data among them; or that alone."""
        if self.mistakes:
            return StudyMistakes("The study", [*self.mistakes, *(_placed(str(one), ("data",)) for one in self.data)])
        return DataError("\n".join(map(str, self.data)))


def _placed(message: str, place: Place) -> Mistake:
    """A mistake at the place that its message begins with, such as ``fit.class_weight: ``, or at another."""
    found = _PLACED.fullmatch(message)
    if found is None or found[1].split(".")[0] not in Study.model_fields:
        return Mistake(place, message)
    return Mistake(tuple(found[1].split(".")), found[2])
