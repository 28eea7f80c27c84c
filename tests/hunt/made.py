"""Models as data: what of Keras is made, of which arguments, and which of them a trial's params vary.

A table says what may be chosen (``Pick``, ``Vary``); a draw chooses; ``made`` calls Keras. What is drawn can be read
and printed, since it holds names and numbers and no objects of Keras.
"""

import operator
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Make:
    """A call of something that Keras exports, not made yet: ``Make("layers.Dense", {"units": 4})``."""

    path: str
    given: Mapping[str, Any]

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.given.items())
        return f"{self.path}({told})"


@dataclass(frozen=True)
class Pick:
    """One of some options, the same in all trials."""

    options: tuple[Any, ...]


@dataclass(frozen=True)
class Vary:
    """One of some options, which trials may vary."""

    options: tuple[Any, ...]


@dataclass(frozen=True)
class Param:
    """A value that each trial has its own of."""

    name: str

    def __repr__(self) -> str:
        return self.name


def M(path: str, /, **given: Any) -> Make:  # noqa: N802  # as short as a table wants it
    """What is to be made."""
    return Make(path, given)


def P(*options: Any) -> Pick:  # noqa: N802
    """One of these."""
    return Pick(options)


def V(*options: Any) -> Vary:  # noqa: N802
    """One of these, or several over the trials."""
    return Vary(options)


class Drawing:
    """Choices from a generator; what trials vary is taken down.

    Args:
        rng: what chooses.
        varying: how likely a number that may vary does.

    Attributes:
        space: the values of each param that varies.
    """

    def __init__(self, rng: random.Random, varying: float) -> None:
        self.rng = rng
        self.space: dict[str, tuple[Any, ...]] = {}
        self._varying = varying

    def chosen(self, value: Any) -> Any:
        """What a table says, with all choices made."""
        if isinstance(value, Pick):
            return self.chosen(self.rng.choice(value.options))
        if isinstance(value, Vary):
            if self.rng.random() < self._varying:
                return self.param(value.options)
            return self.chosen(self.rng.choice(value.options))
        if isinstance(value, Make):
            return Make(value.path, {name: self.chosen(one) for name, one in value.given.items()})
        if isinstance(value, list | tuple):
            return type(value)(self.chosen(one) for one in value)
        return {key: self.chosen(one) for key, one in value.items()} if isinstance(value, dict) else value

    def param(self, options: tuple[Any, ...]) -> Param:
        """A param of these values."""
        name = f"p{len(self.space)}"
        self.space[name] = options
        return Param(name)


def made(value: Any, params: Mapping[str, Any]) -> Any:
    """Calls Keras for what was drawn, with a trial's params."""
    if isinstance(value, Param):
        return params[value.name]
    if isinstance(value, Make):
        return operator.attrgetter(value.path)(keras)(**made(dict(value.given), params))
    if isinstance(value, list | tuple):
        return type(value)(made(one, params) for one in value)
    return {key: made(one, params) for key, one in value.items()} if isinstance(value, dict) else value
