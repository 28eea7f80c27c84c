"""One parameter's distribution by its name and arguments: scipy.stats's, or a sequence for a grid."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from inspect import signature
from typing import Any

import numpy as np

from job.study import references
from job.study.mistakes import nearest

MOST_POINTS = 1_000_000
"""The most values that ``linspace`` and ``geomspace`` may list for one parameter."""

Choices = Sequence[Any]


def build(word: Any, arguments: Any) -> Any:
    """A sequence of choices, or an object with scipy's ``rvs``.

    Args:
        word: a name of scipy.stats, ``range``, ``linspace`` or ``geomspace``.
        arguments: a list of them by position, a mapping by name, or a single one.

    Raises:
        ValueError: there is no such distribution, or it can't be drawn from; the message is for the user.
    """
    args, kwargs = given(arguments)
    if word in _SEQUENCES:
        return _SEQUENCES[word](args, kwargs)
    if not is_endless(word):
        near = references.meant(word) if ":" in str(word) else nearest(word, [*_SEQUENCES, *_makers()])
        raise ValueError(
            f"there is no distribution `{word}`; allowed are scipy.stats's names, such as `loguniform`, `randint`, "
            f"`uniform`, and `range`, `linspace`, `geomspace`, or `module:name` of your own.{near}"
        )
    return _frozen(word, _makers()[word], args, kwargs)


def is_endless(word: Any) -> bool:
    """Whether a word names a distribution, which has no list of values."""
    return word not in _SEQUENCES and word in _makers()


def given(arguments: Any) -> tuple[list[Any], dict[str, Any]]:
    """Arguments by position and by name."""
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
    if wrong := next(_misgiven(word, maker, args, kwargs), ""):
        raise ValueError(
            f"{wrong} It takes {', '.join(takes)}.{nearest(next(iter(set(kwargs) - set(takes)), ''), takes)}"
        )
    try:
        frozen = maker(*args, **kwargs)
        with np.errstate(all="ignore"):
            drawn = np.asarray(frozen.rvs(random_state=np.random.RandomState(0)))
    except Exception as error:
        said = str(error).split(". ")[0].rstrip(".")
        raise ValueError(f"scipy.stats can't draw from {written}: {said}. It takes {', '.join(takes)}.") from error
    if drawn.dtype.kind == "f" and not np.isfinite(drawn).all():
        raise ValueError(f"{written} draws no finite numbers. It takes {', '.join(takes)}.")
    return frozen


def _misgiven(word: str, maker: Any, args: list[Any], kwargs: dict[str, Any]) -> Iterator[str]:
    """What is wrong with arguments before scipy sees them."""
    takes = _takes(maker)
    yield from (f"`{word}` has no argument `{key}`." for key in kwargs if key not in takes)
    if len(args) > len(takes):
        yield f"`{word}` takes at most {len(takes)} arguments; got {len(args)}."
    if hasattr(maker, "shapes"):
        here = {*takes[: len(args)], *kwargs}
        yield from (f"`{word}` needs `{one}`." for one in _shapes(maker) if one not in here)
        for value in (*args, *kwargs.values()):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                yield f"`{word}` takes numbers; got {value!r}."
                return
    least = kwargs.get("a", args[0] if args else 1)
    if word in ("loguniform", "reciprocal") and least <= 0:
        yield f"`{word}` draws between two ends above 0; got {least!r}, which has no logarithm. Begin such as at 1e-6."


def _takes(maker: Any) -> list[str]:
    if hasattr(maker, "shapes"):
        return [*_shapes(maker), "loc", *(["scale"] if hasattr(maker, "pdf") else [])]
    return [name for name in signature(maker).parameters if name != "seed"]


def _shapes(maker: Any) -> list[str]:
    return [shape.strip() for shape in (maker.shapes or "").split(",") if shape.strip()]


def _range(args: list[Any], kwargs: dict[str, Any]) -> Choices:
    if kwargs or not 1 <= len(args) <= 3 or not all(_whole(one) for one in args) or (len(args) == 3 and args[2] == 0):
        raise ValueError(
            "`range` takes whole numbers as Python's does: `[start, stop]` or `[start, stop, step]`; "
            "fractions are spaced "
            "by `linspace: [start, stop, how many]`."
        )
    if max(abs(one) for one in args) > sys.maxsize // 2:
        raise ValueError(f"`range` takes whole numbers up to 10^18; got {args}.")
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
