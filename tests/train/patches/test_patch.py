"""What is changed for a while, and that it is undone: whatever it is in, however it ends, whoever else wants to."""

import threading
import types
from collections.abc import Callable
from typing import Any

import keras
import pytest

from job.train.patches.patch import Replacement, replaced


class Base:
    """Has an attribute of the class."""

    kind = "base"


class Derived(Base):
    """Inherits it."""


def owners() -> list[tuple[Any, Any, Callable[[], Any]]]:
    """Whatever can be changed: where, what of it, and how it is read."""
    thing, module, kept, row = Derived(), types.ModuleType("some"), {"a": 1}, [1, 2, 3]
    vars(module)["number"] = 1
    return [
        (thing, "kind", lambda: (thing.kind, "kind" in vars(thing))),
        (Base, "kind", lambda: Base.kind),
        (Derived, "kind", lambda: (Derived.kind, "kind" in vars(Derived))),
        (module, "number", lambda: module.number),
        (module, "absent", lambda: hasattr(module, "absent")),
        (kept, "a", lambda: dict(kept)),
        (kept, "b", lambda: dict(kept)),
        (row, 1, lambda: list(row)),
    ]


@pytest.mark.parametrize("place", range(8))
def test_what_was_changed_is_as_it_was(place: int) -> None:
    """Attributes and elements; what was not there, or was inherited, is not there after."""
    owner, name, read = owners()[place]
    before = read()
    with replaced([(owner, name, "other")]):
        found = owner[name] if isinstance(owner, dict | list) else getattr(owner, name)
        assert found == "other"
    assert read() == before


def test_what_was_changed_is_as_it_was_after_an_error() -> None:
    """Raised inside, or while what is to be changed is looked up: then nothing was changed yet."""
    kept, row = {"a": 1}, [1]
    with pytest.raises(ZeroDivisionError), replaced([(kept, "a", 2), (row, 0, 2)]):
        raise ZeroDivisionError
    assert (kept, row) == ({"a": 1}, [1])
    beyond: list[Replacement] = [(kept, "a", 2), (row, 7, 2)]
    with pytest.raises(IndexError), replaced(beyond):
        pass
    assert (kept, row) == ({"a": 1}, [1])


def test_the_last_change_of_a_place_is_seen_and_the_first_value_comes_back() -> None:
    """One place twice, and a change within a change."""
    kept = {"a": 1}
    with replaced([(kept, "a", 2), (kept, "a", 3)]):
        assert kept == {"a": 3}
        with replaced([(kept, "a", 4)]):
            assert kept == {"a": 4}
        assert kept == {"a": 3}
    assert kept == {"a": 1}


def test_keras_does_nothing_when_its_objects_are_changed() -> None:
    """A layer set as an attribute of another is tracked by Keras; so set, it is not."""
    outer, inner = keras.layers.Dense(2), keras.layers.Dense(3)
    with replaced([(outer, "activation", inner)]):
        assert outer.activation is inner
        assert [one.name for one in outer._layers] == []
    assert outer.activation is keras.activations.linear


def test_one_thread_at_a_time_changes_anything() -> None:
    """Another waits, and what it puts back is what was there before both."""
    kept, entered = {"a": 1}, threading.Event()
    seen: list[object] = []

    def beside() -> None:
        seen.append("came")
        with replaced([(kept, "b", kept["a"])]):
            entered.set()
            seen.append(dict(kept)["a"])

    thread = threading.Thread(target=beside)
    with replaced([(kept, "a", 2)]):
        thread.start()
        assert not entered.wait(0.1)  # nobody sets it, so this only bounds how late that would be seen
    thread.join()
    assert seen == ["came", 1]
    assert kept == {"a": 1}


def test_what_was_changed_before_a_place_refused_is_undone() -> None:
    """A type of Python's own takes no attributes: the change before it goes with it."""
    thing = Derived()
    with pytest.raises(TypeError), replaced([(thing, "kind", "other"), (int, "real", 1)]):
        pass
    assert thing.kind == "base"
