"""The space: what each parameter may be, ready for scikit-learn's ``ParameterGrid`` and ``ParameterSampler``."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from job.errors import UsageError
from job.study import document, usercode
from job.study.forms import SPEC
from job.study.mistakes import Mistake, Place, nearest, shown
from job.study.study import Study

MOST_POINTS = 1_000_000
"""The most values that ``linspace`` and ``geomspace`` may list for one parameter."""

Choices = Sequence[Any]


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
            if word is not None and word not in _SEQUENCES and word in _makers():
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
            if not _is_json(value):
                yield Mistake((*place, index), f"got {shown(value)}; the keys of a mapping are text: quote them.")
    elif is_own(written):
        return
    elif not isinstance(written, Mapping) or len(written) != 1:
        yield Mistake(place, f"got {shown(written)}; {_how(written)}")
    else:
        (word, arguments), *_ = written.items()
        try:
            _called(word, arguments)
        except ValueError as error:
            yield Mistake((*place, str(word)), str(error))


def _how(written: Any) -> str:
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
        return _called(word, arguments)
    if folder is None:
        raise UsageError(f"The space has a distribution of the user's own, {_text(written)}, and no user code is here.")
    spec, arguments = (written, None) if isinstance(written, str) else next(iter(written.items()))
    found = usercode.load(spec, folder)
    if callable(found) and not hasattr(found, "rvs"):
        args, kwargs = _arguments(arguments)
        found = found(*args, **kwargs)
    if not hasattr(found, "rvs") and not isinstance(found, (Sequence, np.ndarray)):
        raise UsageError(f"{spec} is {shown(found)}; a distribution has scipy's `rvs(random_state=…)`, or is a list.")
    return found


def _called(word: Any, arguments: Any) -> Any:
    """A sequence or distribution from its name and arguments.

    Raises:
        ValueError: in our words.
    """
    args, kwargs = _arguments(arguments)
    if word in _SEQUENCES:
        return _SEQUENCES[word](args, kwargs)
    makers = _makers()
    if word not in makers:
        allowed = nearest(word, [*_SEQUENCES, *makers])
        raise ValueError(
            f"there is no distribution `{word}`; allowed are scipy.stats's names, such as `loguniform`, `randint`, "
            f"`uniform`, and `range`, `linspace`, `geomspace`, or `module:name` of your own.{allowed}"
        )
    return _frozen(word, makers[word], args, kwargs)


def _arguments(arguments: Any) -> tuple[list[Any], dict[str, Any]]:
    if isinstance(arguments, Mapping):
        return [], {str(key): value for key, value in arguments.items()}
    if arguments is None:
        return [], {}
    return (arguments if isinstance(arguments, list) else [arguments]), {}


@cache
def _makers() -> dict[str, Any]:
    """scipy.stats's distributions by name."""
    import scipy.stats  # a second to import, and many studies are read without

    found = {}
    for name in dir(scipy.stats):
        one = getattr(scipy.stats, name)
        if hasattr(one, "rvs") and callable(one) and not isinstance(one, type):
            found[name] = one
    return found


def _frozen(word: str, maker: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    written = f"{word}({', '.join([*map(repr, args), *(f'{key}={value!r}' for key, value in kwargs.items())])})"
    takes = _takes(maker)
    for key in kwargs:
        if key not in takes:
            raise ValueError(f"`{word}` has no argument `{key}`; it takes {', '.join(takes)}.{nearest(key, takes)}")
    try:
        frozen = maker(*args, **kwargs)
        with np.errstate(all="ignore"):
            drawn = np.asarray(frozen.rvs(random_state=np.random.RandomState(0)))
    except Exception as error:
        raise ValueError(f"scipy.stats can't draw from {written}: {error}. It takes {', '.join(takes)}.") from error
    if drawn.dtype.kind == "f" and np.isnan(drawn).any():
        raise ValueError(f"{written} draws no numbers; check its arguments: it takes {', '.join(takes)}.")
    return frozen


def _takes(maker: Any) -> list[str]:
    if hasattr(maker, "shapes"):
        shapes = [shape.strip() for shape in (maker.shapes or "").split(",") if shape.strip()]
        return [*shapes, "loc", *(["scale"] if hasattr(maker, "pdf") else [])]
    return [name for name in signature(maker).parameters if name != "seed"]


def _range(args: list[Any], kwargs: dict[str, Any]) -> Choices:
    if kwargs or not 1 <= len(args) <= 3 or not all(_whole(one) for one in args) or (len(args) == 3 and args[2] == 0):
        raise ValueError("`range` takes whole numbers as Python's does: `[start, stop]` or `[start, stop, step]`.")
    return _some("range", range(*args))


def _spaced(name: str, function: Callable[..., Any]) -> Callable[[list[Any], dict[str, Any]], Choices]:
    def make(args: list[Any], kwargs: dict[str, Any]) -> Choices:
        given = {**dict(zip(("start", "stop", "num"), args, strict=False)), **kwargs}
        numbers = all(isinstance(one, (int, float)) and math.isfinite(one) for one in given.values())
        if len(args) > 3 or set(given) != {"start", "stop", "num"} or not numbers or not _whole(given["num"]):
            raise ValueError(f"`{name}` takes `[start, stop, how many]`, as NumPy's does.")
        if given["num"] > MOST_POINTS:
            raise ValueError(f"got {given['num']:,} values; at most {MOST_POINTS:,} are listed for one parameter.")
        if name == "geomspace" and given["start"] * given["stop"] <= 0:
            raise ValueError("`geomspace` goes from one number above zero to another.")
        return _some(name, function(**given).tolist())

    return make


def _some(name: str, values: Choices) -> Choices:
    if len(values) == 0:
        raise ValueError(f"this `{name}` has no values.")
    return values


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_SEQUENCES: dict[Any, Callable[[list[Any], dict[str, Any]], Choices]] = {
    "range": _range,
    "linspace": _spaced("linspace", np.linspace),
    "geomspace": _spaced("geomspace", np.geomspace),
}


def _support(made: Any) -> tuple[Any, Any] | None:
    if not hasattr(made, "support"):
        return None
    low, high = made.support()
    return (plain(low), plain(high))


def _text(written: Any) -> str:
    if isinstance(written, str):
        return written
    (word, arguments), *_ = written.items()
    return f"{word}: {arguments}"


def plain(value: Any) -> Any:
    """A drawn value as plain Python, so that JSON can hold it: numbers, text, booleans, lists."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value
