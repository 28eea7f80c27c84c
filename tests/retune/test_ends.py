"""Retunes that end early, at every write, and two at once: what is in use is whole, and the next goes on."""

from dataclasses import replace
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from retune.made_retunes import champion, narrow, retuned, retuning, wide
from retune.made_workers import Dying, Killed, Workers

from job.errors import Incomplete, StoreError
from job.results import runs
from job.retune import champion as in_use
from job.retune import notify
from job.retune.rollback import rollback
from job.retuning import Retuning
from job.store import has, nonces, open_store


@pytest.fixture
def store():
    """An empty store."""
    return open_store(f"memory://{uuid4().hex}")


@pytest.mark.parametrize(
    "error", [Incomplete("two fits are missing"), StoreError("away"), KeyboardInterrupt(), Killed()]
)
def test_a_retune_that_is_ended_is_told_and_goes_on(store, monkeypatch, error):
    """Incomplete, with its store away or by a signal: told as incomplete, never kept, and the next decides."""
    heard = []
    monkeypatch.setattr(notify, "send", lambda _, record, __, tries: heard.append((record, tries)))

    def ended(keys, plan, missing):
        raise error
        yield

    workers = Workers(store, narrow)
    monkeypatch.setattr(workers, "shards", ended)
    with pytest.raises(type(error)):
        retuning(store, workers, "tick").run()
    ((record, tries),) = heard
    is_signal = not isinstance(error, Exception)
    assert (record.verdict, tries) == ("incomplete", 1 if is_signal else notify.TRIES)
    assert record.why == ("it was interrupted" if is_signal else str(error))
    assert in_use.history(store, "flowers") == []
    assert retuning(store, Workers(store, narrow), "tick").run().verdict == "first"
    assert heard[-1][0].verdict == "first"


def copied(store):
    """Another store with the same in it."""
    other = open_store(f"memory://{uuid4().hex}")
    for key, data in store.read_many(entry.key for entry in store.list("flowers")):
        other.create(key, data)
    return other


@pytest.mark.parametrize(("score", "verdict", "last"), [(wide, "promoted", 200), (narrow, "kept", 15)])
def test_a_death_at_any_write_leaves_one_whole_champion(store, score, verdict, last):
    """Killed at each write in turn, the old champion or the new one is whole; the successor ends as it would have.

    What comes before the decision is written alike whatever that is, so of a champion that is kept the last are tried.
    """
    retuned(store, narrow)
    undisturbed = copied(store)
    whole = Dying(undisturbed, 200)
    retuning(whole, Workers(undisturbed, score, data="data 2")).run()
    deaths = 0
    for writes in range(max(0, whole.done - last), 200):
        again = copied(store)
        workers = Workers(again, score, data="data 2")
        name = nonces.fresh()
        try:
            retuning(Dying(again, writes), workers, name).run()
        except Killed:
            deaths += 1
            now = champion(again)
            assert now.serial in (1, 2)
            assert has(again, now.model)
            record = retuning(again, workers, name).run()
            assert record.verdict == verdict
            now = champion(again)
            assert now.serial == (2 if verdict == "promoted" else 1)
            assert now.params["units"] == (32 if verdict == "promoted" else 8)
            assert sorted(one.verdict for one in in_use.history(again, "flowers")) == sorted(["first", verdict])
            assert workers.refitted <= 1
        else:
            break
    assert deaths == min(whole.done, last)


def test_a_death_at_any_write_of_the_first_leaves_none_or_the_first():
    """Nothing is in use until all of it is there."""
    for writes in range(200):
        again = open_store(f"memory://{uuid4().hex}")
        workers, name = Workers(again, narrow), nonces.fresh()
        try:
            retuning(Dying(again, writes), workers, name).run()
        except Killed:
            now = champion(again)
            assert now is None or has(again, now.model)
            assert retuning(again, workers, name).run().verdict == "first"
            assert champion(again).serial == 1
        else:
            break
    assert 10 < writes < 199


def test_two_controllers_never_both_promote(store):
    """Both found the same champion and decide at the same time: one promotes, the other says who was first."""
    retuned(store, narrow)
    barrier, came = Barrier(2, timeout=60), []

    class Waiting(Workers):
        """Refits wait for each other, so that both are about to promote."""

        def refit(self, keys):
            super().refit(keys)
            barrier.wait()

    def run(data):
        came.append(retuning(store, Waiting(store, wide, data=data)).run())

    threads = [Thread(target=run, args=(data,)) for data in ("data 2", "data 3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(one.verdict for one in came) == ["kept", "promoted"]
    assert "another process changed what is in use meanwhile (number 2)" in next(
        one.why for one in came if one.verdict == "kept"
    )
    assert champion(store).serial == 2
    late = next(one for one in came if one.verdict == "kept")
    assert (late.score, late.base) == (None, ""), "of what is in use nothing was found"
    data = "data 3" if champion(store).data == "data 2" else "data 2"
    assert retuned(store, wide, data)[0].verdict == "kept", "what is in use now is compared on that data too"


def test_a_store_that_goes_away_is_told(store, monkeypatch):
    """Whoever is to be told is told, though nothing can be read of the store any more."""
    heard, away = [], []
    monkeypatch.setattr(notify, "send", lambda _, record, *__, **___: heard.append(record.verdict))

    class Away(Dying):
        def __getattribute__(self, name):
            if away and name in {"read", "list", "read_many", "read_version", "create", "write", "swap", "head"}:
                raise StoreError("away")
            return super().__getattribute__(name)

    def ended(*_):
        away.append(True)
        raise StoreError("away")
        yield

    workers = Workers(store, narrow)
    monkeypatch.setattr(workers, "shards", ended)
    with pytest.raises(StoreError, match="away"):
        retuning(Away(store, 10_000), workers, "tick").run()
    assert heard == ["incomplete"]


def test_a_successor_compares_what_is_in_use_now(store, monkeypatch):
    """Its run was planned with another champion's trial, which was taken back since: that one is not judged."""
    retuned(store, narrow)
    retuned(store, wide, "data 2")

    def killed(*_):
        raise Killed
        yield

    workers = Workers(store, narrow, data="data 3")
    monkeypatch.setattr(workers, "shards", killed)
    with pytest.raises(Killed):
        retuning(store, workers, "tick").run()
    planned = next(run.keys.run for run in runs.of_study(store, "flowers") if not run.brief().is_complete)
    in_use_now = rollback(store, "flowers")
    again = retuning(store, Workers(store, narrow, data="data 3"), "tick")
    record = replace(again, control=replace(again.control, known=planned)).run()
    assert record.champion_params == in_use_now.params
    assert record.run != planned
    assert record.verdict == "kept"


def test_a_controller_in_anothers_place_goes_on_with_the_planned_run(store):
    """Its Job names the run: nothing of the search is prepared anew, nor of the comparison that it had begun."""
    retuned(store, narrow)
    workers, name = Workers(store, wide, data="data 2"), nonces.fresh()

    def killed(keys):
        raise Killed

    dying = Workers(store, wide, data="data 2")
    dying.refit = killed
    with pytest.raises(Killed):
        retuning(store, dying, name).run()
    (run,) = [
        one.keys.run
        for one in runs.of_study(store, "flowers")
        if one.plan.facts.champion and not one.plan.facts.confirms
    ]
    one = retuning(store, workers, name)
    record = Retuning(replace(one.control, known=run), name).run()
    assert (record.verdict, workers.prepared, workers.trained) == ("promoted", 0, 0)
