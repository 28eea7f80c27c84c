"""The one way in which Keras and TensorFlow are changed: for a while, by one thread at a time, and always undone."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_ABSENT = object()
_lock = threading.RLock()  # of the process, as what is replaced is

Replacement = tuple[Any, Any, Any]
"""An object, class, module, dict or list; the name, key or place in it; and what is there for a while."""


@contextmanager
def replaced(replacements: Sequence[Replacement]) -> Iterator[None]:
    """While this lasts, attributes and elements are others, past all that Keras does when they are set."""
    with _lock:
        before: list[Replacement] = []
        try:
            for owner, name, value in replacements:
                was = _get(owner, name)
                _set(owner, name, value)
                before.append((owner, name, was))
            yield
        finally:
            for owner, name, value in reversed(before):
                _set(owner, name, value)


def _get(owner: Any, name: Any) -> Any:
    if isinstance(owner, dict):
        return owner.get(name, _ABSENT)
    return owner[name] if isinstance(owner, list) else vars(owner).get(name, _ABSENT)


def _set(owner: Any, name: Any, value: Any) -> None:
    plain = isinstance(owner, type | ModuleType)
    if isinstance(owner, dict) and value is _ABSENT:
        owner.pop(name, None)
    elif isinstance(owner, dict | list):
        owner[name] = value
    elif value is not _ABSENT:
        (setattr if plain else object.__setattr__)(owner, name, value)
    elif name in vars(owner):
        (delattr if plain else object.__delattr__)(owner, name)
