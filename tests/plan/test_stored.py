"""A plan in the store."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import made_plan
import numpy as np
import pytest

from job.data import folds as fold_numbers
from job.data.rows import Fold
from job.errors import DataError, UsageError
from job.plan import planning, stored
from job.plan.plan import Facts, Plan
from job.store import Store, StoreError, open_store
from job.store.keys import RunKeys
from job.study import reading

SAMPLES = Path(__file__).parent / "samples"
FOLDS = fold_numbers.save([Fold(train=np.arange(100, 300), test=np.arange(100))])


@pytest.fixture
def store() -> Store:
    """An empty store in memory."""
    return open_store(f"memory://{uuid4().hex}")


def is_whole(store: Store, plan: Plan) -> bool:
    """Whether the shards hold every trial once, as this plan divides them."""
    keys = RunKeys(plan.study, plan.run)
    shards = [stored.shard(store, keys, number) for number in range(plan.shards)]
    texts = [json.loads(store.read(keys.shard(number))) for number in range(plan.shards)]
    numbers = Counter(trial.number for shard in shards for trial in shard.trials)
    agree = all((text["shards"], text["workers"]) == (plan.shards, plan.workers) for text in texts)
    return agree and numbers == Counter(range(plan.trials)) and shards == list(planning.shards(made_plan.study(), plan))


def test_what_is_written_is_read_back(store) -> None:
    """Study, facts, folds, shards and the plan itself, as they were planned."""
    study, facts = made_plan.study(), made_plan.facts()
    plan = stored.write(store, study, facts, FOLDS, workers=2, commit="abc")
    keys = RunKeys(plan.study, plan.run)
    assert stored.plan(store, keys) == plan
    assert plan.commit == "abc"
    assert stored.facts(store, keys) == facts
    assert reading.parse(store.read(keys.study_yaml).decode(), "study.yaml") == study
    assert [fold.test.tolist() for fold in stored.folds(store, keys)] == [list(range(100))]
    assert is_whole(store, plan)


def test_a_run_that_is_planned_stays_as_it_is(store) -> None:
    """Whatever the number of workers says the next time, the stored plan holds."""
    first = stored.write(store, made_plan.study(), made_plan.facts(), FOLDS, workers=2)
    before = {entry.key: store.read(entry.key) for entry in store.list("")}
    assert stored.write(store, made_plan.study(), made_plan.facts(), FOLDS, workers=6) == first
    assert {entry.key: store.read(entry.key) for entry in store.list("")} == before


def test_a_run_that_is_not_planned_has_no_plan(store) -> None:
    """None, rather than an error: whoever asks wants to know whether to plan."""
    assert stored.plan(store, RunKeys("flowers", "flowers-0123456789")) is None


class Dying:
    """A store whose controller dies at the n-th write."""

    def __init__(self, store: Store, writes: int) -> None:
        self.store, self.left = store, writes

    def __getattr__(self, name: str):
        return getattr(self.store, name)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoreError("killed")

    def create(self, key: str, data: bytes) -> bool:
        """Writes, or dies before."""
        self._count()
        return self.store.create(key, data)

    def write(self, key: str, data: bytes) -> None:
        """Writes, or dies before."""
        self._count()
        self.store.write(key, data)


@pytest.mark.parametrize("writes", range(12))
def test_a_controller_that_died_while_planning_is_followed(store, writes: int) -> None:
    """Wherever it died, there is no plan; the next one, for other workers and with other facts, leaves a whole one."""
    facts = made_plan.facts(import_seconds=3.0)
    with pytest.raises(StoreError):
        stored.write(Dying(store, writes), made_plan.study(), facts, FOLDS, workers=2)
    assert stored.plan(store, RunKeys("flowers", planning.run_name(made_plan.study(), facts))) is None
    assert is_whole(store, stored.write(store, made_plan.study(), made_plan.facts(), FOLDS, workers=3))


def test_controllers_that_plan_at_once_agree(store) -> None:
    """Eight of them, for other numbers of workers: one plan, and shards that are all of that plan."""
    with ThreadPoolExecutor(8) as pool:
        plans = list(
            pool.map(
                lambda workers: stored.write(
                    store, made_plan.study(), made_plan.facts(import_seconds=workers), FOLDS, workers=workers
                ),
                range(1, 9),
            )
        )
    assert all(plan == plans[0] for plan in plans)
    assert is_whole(store, plans[0])


def test_progress_is_told_as_shards_are_written(store) -> None:
    """The last call says that all are written."""
    told: list = []
    plan = stored.write(
        store, made_plan.study(), made_plan.facts(), FOLDS, 2, progress=lambda done, all_: told.append((done, all_))
    )
    assert told[-1] == (plan.shards, plan.shards)


def test_stored_samples_of_format_1_are_read() -> None:
    """What earlier versions wrote stays readable."""
    plan = stored.read(Plan, (SAMPLES / "plan-1.json").read_bytes(), "plan.json")
    facts = stored.read(Facts, (SAMPLES / "prepare-1.json").read_bytes(), "prepare.json")
    shard = stored.shard_of((SAMPLES / "shard-1.json").read_bytes(), "shards/00000.json")
    assert (plan.run, plan.trials, plan.duplicates, plan.facts) == ("flowers-0c7a51c0de", 4, 1, facts)
    assert (facts.fold_sizes, facts.classes) == (((200, 100), (200, 100), (200, 100)), ("no", "yes"))
    assert [(trial.number, trial.params, trial.twin) for trial in shard.trials] == [
        (0, {"units": 8, "learning_rate": 0.1}, None),
        (2, {"units": 8, "learning_rate": 0.1}, 0),
    ]


@pytest.mark.parametrize(("kind", "sample"), [(Plan, "plan-1.json"), (Facts, "prepare-1.json")])
def test_a_newer_format_is_refused_by_a_sentence(kind, sample: str) -> None:
    """It names the object, both formats, and what to do."""
    values = {**json.loads((SAMPLES / sample).read_text()), "format": 2, "new": 1}
    with pytest.raises(UsageError, match=r"there/x.json has format 2; .* reads format 1 and older"):
        stored.read(kind, json.dumps(values).encode(), "there/x.json")
    with pytest.raises(UsageError, match=r"has format 2"):
        stored.shard_of(b'{"format": 2}', "shards/00000.json")


@pytest.mark.parametrize("data", [b"", b"no JSON", b"[]", b"{}", b'{"format": 1, "index": 0, "trials": [{}]}'])
def test_an_object_that_is_none_of_ours_is_told(data: bytes) -> None:
    """The message names the object and what to do, instead of a traceback."""
    with pytest.raises(DataError, match=r"x.json can't be read"):
        stored.shard_of(data, "x.json")
    with pytest.raises(DataError, match=r"x.json can't be read"):
        stored.read(Plan, data, "x.json")
