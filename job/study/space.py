"""The space: what each parameter may be, ready for scikit-learn's ``ParameterGrid`` and ``ParameterSampler``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from job.errors import UsageError
from job.study import distribution, document, slips, usercode
from job.study.forms import SPEC
from job.study.mistakes import Mistake, Place, shown
from job.study.study import Study


@dataclass(frozen=True)
class Described:
    """What a distribution really draws, for a person to check.

    Attributes:
        place: where it stands in the study.
        text: as it is written.
        support: least and greatest value it can draw; None where it does not say.
        draws: three values, drawn with the search's seed.
    """

    place: Place
    text: str
    support: tuple[Any, Any] | None
    draws: tuple[Any, ...]


def distributions(study: Study, folder: Path | None = None) -> list[dict[str, Any]]:
    """Each space's parameters: a list-like of choices, or an object with scipy's ``rvs``.

    Args:
        study: a study without mistakes.
        folder: where the user's own distributions lie (``module:name``); without it they are refused.

    Raises:
        StudyMistakes: user code is missing or broken.
        UsageError: there is user code, and no folder.
    """
    return [{name: built(written, folder) for name, written in one.items()} for one in study.space]


def needs_user_code(study: Study) -> bool:
    """Whether a distribution is the user's own, so that candidates need the user's code."""
    return any(is_own(written) for one in study.space for written in one.values())


def describe(study: Study, folder: Path | None = None) -> list[Described]:
    """Real support and three draws of every distribution; choices are as they are written and need no telling."""
    seed = study.seed if study.search.seed is None else study.search.seed
    found = []
    for index, one in enumerate(study.space):
        for name, written in one.items():
            made: Any = built(written, folder) if folder or not is_own(written) else None
            if hasattr(made, "rvs"):
                rng = np.random.RandomState(seed)
                draws = tuple(plain(made.rvs(random_state=rng)) for _ in range(3))
                found.append(Described(("space", index, name), _text(written), _support(made), draws))
    return found


def find(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """The mistakes in a study's space, each parameter by itself; user code is not looked at."""
    del folder
    for index, one in enumerate(study.space):
        for name, written in one.items():
            place = ("space", index, name)
            if not name.isidentifier():
                yield Mistake(place, f"got {shown(name)}; a parameter's name is a Python name, such as `hidden_units`.")
            yield from mistakes(written, place)


def find_endless(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """Distributions in a grid, which would have no end."""
    del folder
    for index, one in enumerate(study.space if study.search.kind == "grid" else ()):
        for name, written in one.items():
            word = next(iter(written)) if isinstance(written, Mapping) and len(written) == 1 else None
            if word is not None and distribution.is_endless(word):
                yield Mistake(
                    ("space", index, name, str(word)),
                    f"`{word}` is a distribution, and a grid has no end of its values; allowed are a list, `range`, "
                    "`linspace` and `geomspace`, or `search: {random: {trials: 60}}`.",
                )


def mistakes(written: Any, place: Place) -> Iterator[Mistake]:
    """The mistakes in one parameter: what a list, a sequence or a distribution can't be."""
    if isinstance(written, list):
        if not written:
            yield Mistake(place, "got an empty list; a parameter has at least one value.")
        for index, value in enumerate(written):
            if slip := slips.uncommaed(value) or slips.quoted(str(place[-1]), value):
                yield Mistake((*place, index), slip)
            elif not _is_json(value):
                yield Mistake((*place, index), f"got {shown(value)}; the keys of a mapping are text: quote them.")
    elif is_own(written):
        return
    elif not isinstance(written, Mapping) or len(written) != 1:
        yield Mistake(place, f"got {shown(written)}; {_how(written)}")
    else:
        (word, arguments), *_ = written.items()
        try:
            distribution.build(word, arguments)
        except ValueError as error:
            yield Mistake((*place, str(word)), str(error))


def _how(written: Any) -> str:
    if isinstance(written, str) and (values := slips.uncommaed(written)):
        return f"values are a list, set apart by commas: {values.partition(': ')[2]}"
    if isinstance(written, (str, bool, int, float)) or written is None:
        return f"a single value is a list of one: `{document.flow([written])}`."
    return "allowed are a list of values, or one distribution with its arguments, such as `{loguniform: [1e-4, 1e-1]}`."


def _is_json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_json(one) for key, one in value.items())
    return all(_is_json(one) for one in value) if isinstance(value, list) else True


def is_own(written: Any) -> bool:
    """Whether a parameter is a distribution of the user's own, by ``module:name``."""
    return (isinstance(written, str) and SPEC.fullmatch(written) is not None) or (
        isinstance(written, Mapping) and len(written) == 1 and SPEC.fullmatch(str(next(iter(written)))) is not None
    )


def built(written: Any, folder: Path | None = None) -> Any:
    """What a parameter may be: a list-like of choices, or an object with scipy's ``rvs``."""
    if isinstance(written, list):
        return written
    if not is_own(written):
        (word, arguments), *_ = written.items()
        return distribution.build(word, arguments)
    if folder is None:
        raise UsageError(f"The space has a distribution of the user's own, {_text(written)}, and no user code is here.")
    spec, arguments = (written, None) if isinstance(written, str) else next(iter(written.items()))
    found = usercode.load(spec, folder)
    if isinstance(found, type) or (callable(found) and not hasattr(found, "rvs")):
        args, kwargs = distribution.given(arguments)
        found = usercode.call(found, spec, folder, ("space",), args, kwargs)
    if not hasattr(found, "rvs") and not isinstance(found, (Sequence, np.ndarray)):
        raise UsageError(f"{spec} is {shown(found)}; a distribution has scipy's `rvs(random_state=…)`, or is a list.")
    return found


def _support(made: Any) -> tuple[Any, Any] | None:
    if not hasattr(made, "support"):
        return None
    low, high = made.support()
    return (plain(low), plain(high))


def _text(written: Any) -> str:
    if isinstance(written, str):
        return written
    (word, arguments), *_ = written.items()
    return str(word) if arguments is None else f"{word}: {document.flow(arguments)}"


def plain(value: Any) -> Any:
    """A drawn value as plain Python, so that JSON can hold it: numbers, text, booleans, lists."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value
