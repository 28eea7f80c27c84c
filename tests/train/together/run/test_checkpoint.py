"""A group's state, from which another worker goes on."""

import io
import json

import keras
import numpy as np
import pytest
from keras import layers
from train.kept import Kept
from train.together import against

from job.train import state_archive


def build(learning_rate=0.01):
    """A layer that draws masks, whose place in their sequence is part of the state."""
    parts = [layers.Dense(8), layers.Dropout(0.3), layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((12,)), *parts])
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize(("rates", "within"), [([0.01], 0.0), ([0.01, 0.03], 1e-6)], ids=["one rate", "two rates"])
def test_a_long_group_goes_on_from_its_state(monkeypatch, rates, within):
    """Lost after the third epoch, it goes on with the fourth, and is the group it would have been.

    To the last bit with one rate; with more, to the rounding of weights that are kept divided.
    """
    monkeypatch.setattr(state_archive, "EVERY", 0.0)
    stopping = {"monitor": "loss", "patience": 1, "restore_best_weights": True}
    case = against.case(build, epochs=6, early_stopping=stopping)
    asked = against.requests(case, [{"learning_rate": rate} for rate in rates])
    (group,) = case.trainer.groups(asked)
    whole = case.trainer.train(group)
    kept = Kept(ends_after=3)
    with pytest.raises(KeyboardInterrupt):
        case.trainer.train(group, kept)
    assert json.loads(str(np.load(io.BytesIO(kept.data))["told"]))["epoch"] == 3
    for a, b in zip(whole, case.trainer.train(group, kept), strict=True):
        assert a.epochs == b.epochs
        for name, values in a.history.items():
            np.testing.assert_allclose(b.history[name], values, atol=within, rtol=0)
        np.testing.assert_allclose(a.test_outputs, b.test_outputs, atol=within, rtol=0)
