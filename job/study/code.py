"""The user's code as the study names it: is it there, without importing it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from job.study import space, splitters
from job.study.forms import SPEC
from job.study.mistakes import Mistake, Place, listed
from job.study.study import Study
from job.study.usercode import signature
from job.study.usercode.loading import missing_module, missing_name
from job.study.usercode.signatures import defined
from job.study.usercode.sources import beside, installed

_TRAINING = ("tensorflow", "keras")
"""Need not be installed where nothing is trained."""


def _named(study: Study) -> dict[str, list[tuple[Place, str]]]:
    """Every ``module:name`` of a study by its field, and where it stands."""
    data = [(("data",), study.data)] if isinstance(study.data, str) and SPEC.fullmatch(study.data) else []
    own = [
        (("space", index, name), written if isinstance(written, str) else next(iter(written)))
        for index, one in enumerate(study.space)
        for name, written in one.items()
        if space.is_own(written)
    ]
    return {
        "model": [(("model",), study.model)],
        "data": [*data],
        "space": [*own],
        "cv": [(("cv",), study.cv.name)] if splitters.is_own(study) else [],
        "scoring": [(("scoring", index), one) for index, one in enumerate(study.scorers) if SPEC.fullmatch(one)],
        "fit": [(("fit", "callbacks", index), one.path) for index, one in enumerate(study.fit.callbacks)],
    }


def specs(study: Study) -> list[tuple[str, str]]:
    """Each ``module:name`` of a study after the field that has it."""
    return [(field, spec) for field, found in _named(study).items() for _, spec in found]


FIELDS = ("model", "data", "space", "cv", "scoring", "fit")
"""Where a study may name code."""


def finding(field: str, *, image: bool = False) -> Callable[[Study, Path | None], Iterator[Mistake]]:
    """A check of one field, so that a wrong form in another hides nothing.

    With ``image``, a module that is not here is none of our business: an image may have it.
    """
    return lambda study, folder: _find(_named(study)[field], folder, image=image)


def _find(named: list[tuple[Place, str]], folder: Path | None, *, image: bool) -> Iterator[Mistake]:
    """Modules and names that are not there, and modules that are no Python."""
    if folder is None:
        return
    for place, spec in named:
        module, _, name = spec.partition(":")
        source = beside(module, folder)
        if source is None:
            if not image and not installed(module) and module.partition(".")[0] not in _TRAINING:
                yield Mistake(place, missing_module(module, folder))
            continue
        try:
            there = defined(source)
        except SyntaxError as error:
            yield Mistake(place, f"{source.relative_to(folder)} line {error.lineno} is no Python: {error.msg}.")
            continue
        if there is not None and name not in there:
            yield Mistake(place, missing_name(module, name, sorted(one for one in there if not one.startswith("_"))))


def find_loader(study: Study, folder: Path | None) -> Iterator[Mistake]:
    """A loader that can't be called without arguments."""
    if folder is None or not isinstance(study.data, str) or not SPEC.fullmatch(study.data):
        return
    try:
        needed = signature(study.data, folder).required
    except SyntaxError:
        return
    if needed:
        name = study.data.partition(":")[2]
        message = f"`{name}` is called without arguments, and needs {listed(needed)}: give defaults."
        yield Mistake(("data",), message)
