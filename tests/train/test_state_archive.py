"""What is kept of a state comes back as it was, to whoever kept it."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from train import models
from train.cases import Case
from train.kept import Kept

from job.train import state_archive
from job.train.refusals import ByFit
from job.train.state_archive import Keeper

rng = np.random.default_rng(7)
X = rng.normal(size=(60, 6)).astype("float32")
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"])
def test_values_keep_their_type(dtype):
    """Also one that NumPy's files have no name for, of any shape."""
    values = [tf.cast(one, dtype).numpy() for one in ([1.5, 0.0, -2.0], 1.0, [[], []])]
    kept = Kept()
    Keeper(kept, "fit", ["a"]).keep({"epoch": 3}, {"some": values, "none": []})
    told, arrays = Keeper(kept, "fit", ["a"]).kept()
    assert told["epoch"] == 3
    assert arrays["none"] == []
    for one, value in zip(arrays["some"], map(np.asarray, values), strict=True):
        assert one.dtype == value.dtype
        np.testing.assert_array_equal(one, value)


def test_a_state_of_another_kind_or_of_other_fits_is_none():
    """A fit alone is known by the same identity as a group of it."""
    kept = Kept()
    Keeper(kept, "group", ["a"]).keep({}, {})
    assert Keeper(kept, "group", ["a"]).kept() is not None
    assert Keeper(kept, "fit", ["a"]).kept() is None
    assert Keeper(kept, "group", ["b"]).kept() is None


def test_a_state_that_tells_no_kind_is_none():
    """As the first versions wrote it."""
    kept, file = Kept(), io.BytesIO()
    np.savez(file, told=np.array(json.dumps({"fits": ["a"], "epoch": 1, "arrays": {"variables": 0}})))
    kept.save(file.getvalue())
    assert Keeper(kept, "fit", ["a"]).kept() is None


@pytest.mark.parametrize("together", [True, False])
def test_a_fit_that_goes_another_way_than_its_lost_worker_went_begins_anew(monkeypatch, together):
    """A group of one that was kept, and goes by Keras fit now; and the other way about."""
    monkeypatch.setattr(state_archive, "EVERY", 0.0)
    case = Case(models.dense, X, Y, settings={"fit": {"epochs": 3, "batch_size": 16}})
    (group,) = case.trainer.groups([case.request({"units": 4})])
    trainer, original = case.trainer, case.trainer._together

    def by_fit(*_):
        return [ByFit("as a program it needs more memory than there is")]

    kept = Kept(ends_after=1)
    monkeypatch.setattr(trainer, "_together", original if together else by_fit)
    with pytest.raises(KeyboardInterrupt):
        trainer.train(group, kept)
    monkeypatch.setattr(trainer, "_together", by_fit if together else original)
    (found,) = trainer.train(group, kept)
    assert found.failure is None
    assert (found.way == "fit") is together
    assert found.epochs == 3
