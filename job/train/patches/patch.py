"""Attributes of other people's objects, replaced for a while."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_ABSENT = object()


@contextmanager
def replaced(attributes: Sequence[tuple[Any, str, Any]]) -> Iterator[None]:
    """Attributes have other values, past all that Keras does when they are set."""
    before = [(owner, name, vars(owner).get(name, _ABSENT)) for owner, name, _ in attributes]
    for owner, name, value in attributes:
        object.__setattr__(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            if value is _ABSENT:
                object.__delattr__(owner, name)
            else:
                object.__setattr__(owner, name, value)
