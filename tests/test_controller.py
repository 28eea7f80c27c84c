"""The controller, with workers that are made up: what it does with what they leave, and how a successor goes on."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
import pytest
from plan import made_plan

from job.controller import Control
from job.data import folds as fold_numbers
from job.data.rows import Fold
from job.errors import DataError, Incomplete, StoreError
from job.plan import identity, planning, stored
from job.results import live, marks, runs, status
from job.results.line import FitFailure, FitLine, dump_lines
from job.results.lost_fits import Mark
from job.store import RunKeys, open_store
from job.store.keys import prepared

FOLDS = [Fold(np.arange(200), np.arange(200, 300)), Fold(np.arange(100, 300), np.arange(100))]


class Killed(BaseException):
    """The controller's end, at a place of the test's choosing."""


class Dying:
    """A store whose n-th write is the last thing that its process does."""

    def __init__(self, store, writes):
        self._store, self._left = store, writes

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if name not in ("create", "write", "delete"):
            return found

        def call(*arguments):
            if self._left == 0:
                raise Killed
            self._left -= 1
            return found(*arguments)

        return call


class MadeUpWorkers:
    """A launcher whose workers leave made-up results; ``lost`` shards never finish, ``failing`` trials fail."""

    running_seconds = 0.0

    def __init__(self, store, *, lost=(), failing=()):
        self.store, self.lost, self.failing = store, set(lost), set(failing)
        self.trained: list[int] = []
        self.refitted = 0

    def prepare(self, study, nonce, *, measure):
        facts = made_plan.facts(folds=2, fold_sizes=((200, 100), (200, 100)))
        self.store.write(prepared(study.name, nonce, "folds.npz"), fold_numbers.save(FOLDS))
        self.store.write(prepared(study.name, nonce, "prepare.json"), facts.model_dump_json().encode())

    def shards(self, keys, plan, missing) -> Iterator[str | None]:
        for number in missing:
            yield None
            if number not in self.lost:
                self.trained.append(number)
                lines = [
                    self.line(one, fold) for one in stored.shard(self.store, keys, number).trials for fold in (0, 1)
                ]
                self.store.create(keys.result(number, "group"), dump_lines(lines))

    def line(self, trial, fold):
        error = FitFailure(kind="ValueError", message="made to fail") if trial.number in self.failing else None
        return FitLine(
            identity=f"{trial.number}-{fold}", trial=trial.number, fold=fold, params=dict(trial.params),
            scores={} if error else {"accuracy": trial.number / 100 + fold / 1000},
            fit_seconds=1.0, score_seconds=0.1, train_rows=200, test_rows=100, epochs=1, history={}, way="fit", why="",
            group="group", attempt=1, finished="2026-01-01T00:00:00+00:00", error=error,
        )  # fmt: skip

    def refit(self, keys):
        self.refitted += 1
        self.store.write(keys.model, b"a model")

    def stop(self):
        pass


class Watching:
    """Remembers what it was told."""

    def __init__(self):
        self.said, self.looks, self.tables = [], [], []

    def say(self, sentence):
        self.said.append(sentence)

    def planned(self, plan, study):
        self.plan = plan

    def seen(self, seen):
        self.looks.append(seen)

    def ended(self, table):
        self.tables.append(table)


@pytest.fixture
def store():
    """An empty store."""
    return open_store(f"memory://{uuid4().hex}")


def control(store, launcher, study=None):
    """A controller of the made-up study, with its watcher."""
    return Control(study or made_plan.study(), launcher, store, Watching(), workers=2, resume="tunejob run it")


def end_state(store, run):
    """What a finished run leaves, but for times and what tells when it was planned."""
    keys = RunKeys("flowers", run)
    table = list(csv.DictReader(io.StringIO(store.read(keys.cv_results).decode())))
    best = json.loads(store.read(keys.best))
    del best["created"]
    plan = json.loads(store.read(keys.plan))
    del plan["created"]
    shards = [store.read(keys.shard(number)) for number in range(plan["shards"])]
    return table, best, plan, shards, store.read(keys.model)


def test_a_run_goes_from_prepare_to_the_model(store):
    """All fits are trained once, the best is refitted, and the reports know the model."""
    workers = MadeUpWorkers(store)
    controller = control(store, workers)
    table = controller.run()
    assert table.done == table.plan.fits == 24
    assert sorted(workers.trained) == list(range(table.plan.shards))
    assert workers.refitted == 1
    assert table.best.number == 11
    assert b"model.keras" in store.read(RunKeys("flowers", table.plan.run).report_md)
    assert controller.watcher.looks[-1].done == 24
    assert not store.list("flowers/prepared")


def test_whoever_comes_after_a_killed_controller_ends_where_it_would_have(store):
    """Killed before each of its writes in turn, its successor leaves the same tables, plan, shards and model."""
    whole = control(store, MadeUpWorkers(store)).run()
    expected = end_state(store, whole.plan.run)
    for writes in range(200):
        again = open_store(f"memory://{uuid4().hex}")
        workers = MadeUpWorkers(again)
        try:
            control(Dying(again, writes), workers).run()
        except Killed:
            successor = control(again, workers).run()
            assert end_state(again, successor.plan.run) == expected
            assert sorted(workers.trained) == sorted(set(workers.trained))  # none twice
        else:
            break
    assert 10 < writes < 199


def test_an_incomplete_run_names_what_is_missing(store):
    """Exit 75 with the trials and the command; nothing is refitted; the next controller launches that shard alone."""
    workers = MadeUpWorkers(store, lost={1})
    with pytest.raises(Incomplete, match=r"(?s)fits are missing.*tunejob run it") as caught:
        control(store, workers).run()
    assert workers.refitted == 0
    assert caught.value.exit_code == 75
    workers.lost.clear()
    workers.trained.clear()
    assert not len(control(store, workers).run().missing)
    assert workers.trained == [1]


def test_an_unfinished_run_of_other_numbers_starts_anew_and_is_told_so(store, monkeypatch):
    """Results that an earlier version computed otherwise are not mixed with new ones; a finished run is left alone."""
    with monkeypatch.context() as earlier:
        earlier.setattr(identity, "NUMBERS", identity.NUMBERS - 1)
        with pytest.raises(Incomplete):
            control(store, MadeUpWorkers(store, lost=[0])).run()
    controller = control(store, MadeUpWorkers(store))
    run = controller.run().plan.run
    (said,) = (one for one in controller.watcher.said if "is unfinished, and" in one)
    assert run not in said
    assert "is unfinished, and an earlier version of tunejob computed some of its numbers otherwise" in said
    assert len(runs.names(store, "flowers")) == 2
    again = control(store, MadeUpWorkers(store))
    again.run()
    assert not any("is unfinished, and" in one for one in again.watcher.said)
    assert planning.differences(*(one.plan for one in reversed(runs.of_study(store, "flowers")))) == [
        f"this version computes numbers otherwise (version {identity.NUMBERS - 1} of them then, {identity.NUMBERS} now)"
    ]


def test_a_complete_run_launches_nothing(store):
    """Running again only shows."""
    control(store, MadeUpWorkers(store)).run()
    workers = MadeUpWorkers(store)
    control(store, workers).run()
    assert (workers.trained, workers.refitted) == ([], 0)


def test_no_fit_succeeded(store):
    """Exit 65 with the cause, and no model."""
    workers = MadeUpWorkers(store, failing=range(12))
    with pytest.raises(DataError, match="all 24 fits failed, for one cause:\n  24 fits: ValueError: made to fail"):
        control(store, workers).run()
    assert workers.refitted == 0


def test_refit_false_leaves_no_model(store):
    """`refit: false` is a run without a refit."""
    workers = MadeUpWorkers(store)
    control(store, workers, made_plan.study(refit=False)).run()
    assert workers.refitted == 0


def test_a_run_over_its_limit_is_stopped(store):
    """What runs for longer than `limits.run` is told to stop, and the run is incomplete for that reason."""
    workers, stopped = MadeUpWorkers(store), []

    def long(*_):
        workers.running_seconds = 11.0
        yield None

    workers.shards = long
    workers.stop = lambda: stopped.append(True)
    with pytest.raises(Incomplete, match="reached its limit of 10 s"):
        control(store, workers, made_plan.study(limits={"run": 10.0})).run()
    assert stopped == [True]


def test_another_run_of_the_same_workers_counts_against_no_limit(store):
    """A retune's confirm run follows its search: the limit is each one's own."""
    workers = MadeUpWorkers(store)
    workers.running_seconds = 3600.0
    table = control(store, workers, made_plan.study(limits={"run": 10.0})).run()
    assert not len(table.missing)


def test_a_store_that_overwrites_is_refused_before_anything_runs(store):
    """A server that ignores create-only would lose results."""

    class Overwriting(Dying):
        def create(self, key, data):
            self._store.write(key, data)
            return True

    with pytest.raises(StoreError, match="create only once"):
        control(Overwriting(store, -1), MadeUpWorkers(store)).run()


def test_a_new_run_says_what_differs_from_the_one_before(store):
    """The earlier run's state, what differs by name, and that undoing it resumes that run; resuming says nothing."""
    first = control(store, MadeUpWorkers(store, lost=[0]))
    with pytest.raises(Incomplete):
        first.run()
    before = first.watcher.plan.run
    second = control(store, MadeUpWorkers(store), made_plan.study(seed=1))
    second.run()
    (told,) = [one for one in second.watcher.said if "new run" in one]
    assert f"not {before} (" in told
    assert f"seed 0 → 1; undo that and tunejob resumes {before}" in told
    again = control(store, MadeUpWorkers(store))
    again.run()
    assert not [one for one in again.watcher.said if "new run" in one]


def test_two_controllers_of_one_run_know_of_each_other(store, monkeypatch):
    """Who comes second says so at once, who was first at its next look."""
    workers = MadeUpWorkers(store)
    first, second = control(store, workers), control(store, MadeUpWorkers(store))
    second.launcher.shards = lambda *_: iter(())
    monkeypatch.setattr(status, "EVERY", 0.0)
    shards = workers.shards

    def meanwhile(keys, plan, missing):
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(status, "own", lambda: "process 1 on another")
            with pytest.raises(Incomplete):
                second.run()
        found = status.Status(state="running", updated=datetime.now(UTC).isoformat(), by="process 1 on another")
        store.write(keys.status, found.model_dump_json().encode())
        yield from shards(keys, plan, missing)

    workers.shards = meanwhile
    first.run()
    assert any("another controller (process" in one for one in second.watcher.said)
    assert any("another controller (process 1 on another)" in one for one in first.watcher.said)


def test_a_controller_is_silent_about_the_one_of_its_own_job_before_it(store):
    """Which died a moment ago: a Job has one controller at a time."""
    one = control(store, MadeUpWorkers(store, lost=[0]))
    with pytest.raises(Incomplete):
        one.run()
    now, keys = datetime.now(UTC).isoformat(), RunKeys(one.watcher.plan.study, one.watcher.plan.run)
    found = status.Status(state="running", updated=now, by="process 1 on wine-0a1b2-x7k2p", job="1-2")
    store.write(keys.status, found.model_dump_json().encode())
    successor = replace(control(store, MadeUpWorkers(store)), job="1-2")
    successor.run()
    assert not [told for told in successor.watcher.said if "another controller" in told]


def test_runs_of_two_studies_in_one_store_know_of_each_other(store, monkeypatch):
    """At the first look; and a run that has ended leaves no mark."""
    monkeypatch.setattr(status, "EVERY", 0.0)
    keys = RunKeys("cars", "cars-1")
    found = status.Status(state="running", updated=datetime.now(UTC).isoformat(), by="process 1 on another")
    store.write(keys.status, found.model_dump_json().encode())
    live.begin(store, keys)
    one = control(store, MadeUpWorkers(store))
    one.run()
    assert one.watcher.said.count("cars/cars-1 is running in this store too (process 1 on another)") == 1
    assert [entry.key for entry in store.list("_live")] == [keys.live]


def test_a_controller_in_anothers_place_prepares_nothing_anew(store):
    """Its Job names the run, so it takes that up as it was planned; and what is missing of it alone is launched."""
    workers = MadeUpWorkers(store, lost={1})
    with pytest.raises(Incomplete):
        control(store, workers).run()
    (run,) = {entry.key.split("/")[2] for entry in store.list("flowers/runs")}

    def refused(study, nonce, *, measure):
        raise AssertionError("it is prepared already")

    workers.prepare = refused
    workers.lost.clear()
    workers.trained.clear()
    assert not len(replace(control(store, workers), known=run).run().missing)
    assert workers.trained == [1]


def test_deaths_leave_nothing_of_preparing_behind(store):
    """Wherever a controller dies, its successor in the same Job goes on with the same preparation, and tidies up."""
    for writes in range(12):
        again = open_store(f"memory://{uuid4().hex}")
        with suppress(Killed):
            replace(control(Dying(again, writes), MadeUpWorkers(again)), nonce="0123456789abcdef").run()
        replace(control(again, MadeUpWorkers(again)), nonce="0123456789abcdef").run()
        assert again.list("flowers/prepared") == []


def test_a_fit_whose_workers_are_lost_too_often_ends_the_run_and_is_named(store):
    """Exit 75 with the fold, the trial, the nodes and the remedy; the table has no failed fit."""
    workers = MadeUpWorkers(store, lost={0})
    with pytest.raises(Incomplete):
        control(store, workers).run()
    (run,) = {entry.key.split("/")[2] for entry in store.list("flowers/runs")}
    keys = RunKeys("flowers", run)
    for number in range(6):
        marks.begin(store, keys, 0, f"n{number}", Mark(("fit",), ((3, 1),), f"uid-{number}", "gpu-7"))
    with pytest.raises(Incomplete, match=r"fold 1 of trial 3 was lost with its worker 6 times on gpu-7.*cordon gpu-7"):
        control(store, workers).run()
    workers.lost.clear()
    assert control(store, workers).run().failed == 0
