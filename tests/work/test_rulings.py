"""What a worker finds out about a shape of model is told to the others of its run through the store."""

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812
from train.together import against

from job.store import RunKeys, open_store
from job.train.groups import Ruling
from job.train.together import shapes
from job.train.trainer import Trainer
from job.train.ways import Way
from job.work.rulings import COSTLY, StoredRulings

KEYS = RunKeys("study", "study-0123456789")
RATES = [{"learning_rate": 0.01}, {"learning_rate": 0.03}]


def stubborn(learning_rate=0.01):
    """A layer that can't be mapped over fits."""
    model = keras.Sequential([keras.Input((12,)), L.SpectralNormalization(L.Dense(4)), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
    return model


def plain(learning_rate=0.01):
    """One layer."""
    model = keras.Sequential([keras.Input((12,)), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
    return model


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return open_store(str(tmp_path))


def worker(case, store, shards=1):
    """A worker of the run, that has done nothing yet."""
    return Trainer(case.build, case.material, rulings=StoredRulings(store, KEYS, shards))


def trained(worker, asked):
    """What came of some fits."""
    return [one for group in worker.groups(asked) for one in worker.train(group)]


def test_what_can_not_be_traced_is_traced_by_one_worker_alone(store, monkeypatch):
    """The second one has its sentence, and does not try itself."""
    case = against.case(stubborn)
    asked = against.requests(case, RATES)
    first = trained(worker(case, store), asked)
    tried = []
    monkeypatch.setattr(shapes.engine, "train", tried.append)
    second = trained(worker(case, store), asked)
    assert {one.way for one in first} == {one.way for one in second} == {Way.FIT}
    assert first[0].why.startswith("it cannot be trained together")
    assert {one.why for one in second} == {first[0].why}
    assert not tried
    assert len(store.list(f"{KEYS.prefix}/shapes")) == 1
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one.test_outputs, other.test_outputs, atol=1e-6)


def test_a_program_that_costs_more_than_it_saves_is_traced_by_no_other_worker(store):
    """Who has traced it goes on with it; whoever has not, trains by Keras fit and says why."""
    case = against.case(plain)
    asked = against.requests(case, RATES)
    one, other = worker(case, store), worker(case, store)
    assert Way.FIT not in {fit.way for fit in trained(one, asked)}
    (group,) = one.groups(asked)
    StoredRulings(store, KEYS, 1).tell(shapes.of(group), Ruling("too long", tracing=True))
    assert Way.FIT not in {fit.way for fit in trained(one, asked)}
    assert {(fit.way, fit.why) for fit in trained(other, asked)} == {(Way.FIT, "too long")}


@pytest.mark.parametrize(
    ("costs", "saves", "told"),
    [(3 * COSTLY, COSTLY, True), (3 * COSTLY, 2 * COSTLY, False), (COSTLY / 2, 0.0, False)],
)
def test_tracing_is_weighed_against_all_shards_that_it_serves(store, costs, saves, told):
    """Two shards: what they save together; what takes little is never told. The first sentence stands."""
    rulings = StoredRulings(store, KEYS, 2)
    rulings.weigh("shape", costs, saves)
    found = StoredRulings(store, KEYS, 2).of("shape")
    assert (found is not None) == told
    rulings.weigh("shape", 10 * costs + 100, 0.0)
    assert not told or StoredRulings(store, KEYS, 2).of("shape") == found
