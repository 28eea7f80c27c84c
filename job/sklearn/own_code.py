"""The user's own code in Keras objects: what Keras writes of them holds names alone, and these are what is named."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from types import FunctionType
from typing import Any

import keras

_LAMBDA = "<lambda>"
_LIBRARIES = ("keras.", "tensorflow.")
_numbers = count(1)


@dataclass(frozen=True)
class Serialized:
    """A Keras object, or a function, as Keras writes it.

    Attributes:
        config: what Keras writes.
        own: classes and functions of the user's that it names, by these names.
    """

    config: Any
    own: Mapping[str, Any]


def written(value: Any) -> Serialized:
    """What Keras writes of an object; lambdas in it get names of their own.

    Raises:
        Exception: as Keras's, where it can't be written.
        ValueError: two different classes or functions in it have one name.
    """
    with named(value) as found:
        return found


@contextmanager
def named(value: Any) -> Iterator[Serialized]:
    """As ``written``; while this lasts, the lambdas bear their names, so that Keras writes no code of them.

    Raises:
        Exception: as ``written``.
    """
    reached = _reached(value)
    lambdas = [one for one in reached if isinstance(one, FunctionType) and one.__name__ == _LAMBDA]
    try:
        for one in lambdas:
            one.__name__ = f"lambda_{next(_numbers)}"
        config = keras.saving.serialize_keras_object(value)
        names = set(_names(config))
        known = [(keras.saving.get_registered_name(one), one) for one in reached]
        yield Serialized(config, joined({name: one} for name, one in known if name in names))
    finally:
        for one in lambdas:
            one.__name__ = _LAMBDA


def joined(several: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Own code of several objects.

    Raises:
        ValueError: two different classes or functions have one name.
    """
    found: dict[str, Any] = {}
    for one in several:
        for name, value in one.items():
            if found.setdefault(name, value) is not value:
                raise ValueError(
                    f"the model uses two different `{name}`, and what Keras writes of a model tells them by their "
                    "names alone; rename one of them."
                )
    return found


def is_written(value: Any) -> bool:
    """Whether a value is written by Keras: its own objects, those of classes made from its, and functions."""
    return callable(value) or _is_of_keras(type(value))


def _reached(value: Any) -> list[Any]:
    """The classes and functions of the user's in a Keras object, and in those that it holds."""
    found: dict[int, Any] = {}
    seen: dict[int, Any] = {}  # held, so that numbers stay theirs
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | float | type(None) | keras.Variable):
            continue
        seen[id(one)] = one
        if isinstance(one, FunctionType):
            code = one
        elif isinstance(one, Mapping | list | tuple | set):
            waiting += one.values() if isinstance(one, Mapping) else one
            continue
        elif _is_of_keras(type(one)):
            code = type(one)  # type: ignore[assignment]
            waiting += vars(one).values() if hasattr(one, "__dict__") else ()
        else:
            continue
        if not str(code.__module__).startswith(_LIBRARIES):
            found[id(code)] = code
    return list(found.values())


def _is_of_keras(kind: type) -> bool:
    return any(one.__module__.startswith("keras.") for one in kind.__mro__)


def _names(config: Any) -> Iterator[str]:
    """The names of classes and functions in what Keras wrote."""
    if isinstance(config, Mapping):
        if config.get("class_name") == "function":
            yield str(config.get("config"))
        elif isinstance(config.get("registered_name"), str):
            yield config["registered_name"]
        for one in config.values():
            yield from _names(one)
    elif isinstance(config, list | tuple):
        for one in config:
            yield from _names(one)
