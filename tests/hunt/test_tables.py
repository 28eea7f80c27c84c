"""The tables name all that Keras exports, so that what a newer Keras adds fails here by its name."""

import inspect

import keras
import pytest
from hunt import layers
from hunt.smallest import ROOMS


def _exported(room: str) -> dict[str, type]:
    """Classes by the first of their names; Keras exports many under several."""
    module = keras.optimizers.schedules if room == "optimizers.schedules" else getattr(keras, room)
    return {name: one for name, one in sorted(vars(module).items()) if inspect.isclass(one)}


@pytest.mark.parametrize("room", ROOMS)
def test_all_that_keras_exports_has_a_row(room):
    """Each class, under one of its names, with a reason for how it is trained."""
    exported = _exported(room)
    known = {exported[name] for name in ROOMS[room] if name in exported}
    assert sorted(name for name, one in exported.items() if one not in known) == []


@pytest.mark.parametrize("room", ROOMS)
def test_each_row_says_how_it_is_trained_and_why(room):
    """Together, by ``fit``, or not at all; in a sentence."""
    for name, row in ROOMS[room].items():
        assert row.way in (layers.TOGETHER, layers.FIT, layers.NONE), name
        assert len(row.why) > 10, name
