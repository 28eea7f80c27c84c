"""Fits that share a program which is costly to trace share a shard, unless balance forbids."""

import json

import made_plan
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.plan import packing, planning, sharing, stored
from job.plan.plan import TraceTime, Tracing
from job.store import RunKeys, open_store

COSTLY = Tracing(seconds=8.0, cost=100.0, kept=False, why="as measured")
CHEAP = COSTLY.model_copy(update={"cost": 0.001})


def apart(packed: packing.Packing, programs: np.ndarray) -> int:
    """In how many shards more than one the programs lie."""
    return len({*zip(packed.shard.tolist(), programs.tolist(), strict=True)}) - len(set(programs.tolist()))


def divided(costs: np.ndarray, programs: np.ndarray, workers: int, tracing: Tracing | None) -> packing.Packing:
    """Trials in as many shards as are found best."""
    usual = packing.count(len(costs), len(set(programs.tolist())), workers)
    shards = sharing.count(costs, programs, usual, workers, tracing)
    return sharing.pack(costs, programs, shards, workers, tracing)


@pytest.mark.parametrize("kept", [False, True])
def test_two_learning_rates_of_a_costly_shape_share_a_shard(kept) -> None:
    """Six trials of three widths for two workers lie in six shards, or where tracing is costly each width in one."""
    costs, programs = np.array([1.0, 1, 2, 2, 3, 3]), np.array([0, 0, 1, 1, 2, 2])
    assert len(divided(costs, programs, 2, None).costs) == 6
    costly = COSTLY.model_copy(update={"kept": kept})
    assert apart(divided(costs, programs, 2, costly), programs) == 0
    assert len(divided(costs, programs, 2, CHEAP).costs) == 6


def test_balance_forbids_one_worker_to_train_all() -> None:
    """One program, and training that is dearer than its tracing: every worker traces it, and has its share."""
    packed = divided(np.full(40, 50.0), np.zeros(40, dtype=int), 4, COSTLY)
    assert len(packed.costs) >= 4
    assert packed.costs.max() <= 1.5 * packed.costs.min()


@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.integers(0, 6)), min_size=1, max_size=40),
    st.integers(1, 6),
    st.floats(0.01, 1000),
    st.booleans(),
)
def test_all_end_no_later_than_without(mix, workers, cost, kept) -> None:
    """As foreseen with tracing, dividing by it is at least as good; every trial has one shard, and none is empty."""
    costs, programs = np.array([one for one, _ in mix]), np.array([program for _, program in mix])
    tracing = Tracing(seconds=1.0, cost=cost, kept=kept, why="")
    found, without = divided(costs, programs, workers, tracing), divided(costs, programs, workers, None)
    assert sorted(set(found.shard.tolist())) == list(range(len(found.costs)))
    ends = [sharing.weighed(one, programs, workers, tracing) for one in (found, without)]
    assert ends[0] <= ends[1] * (1 + 1e-9)


def test_where_one_trace_serves_all_widths_balance_comes_first() -> None:
    """Three widths with two rates each: a shape is cut where both workers then end together."""
    shared = COSTLY.model_copy(update={"kept": True, "shared": True, "cost": 20.0})
    packed = divided(np.full(6, 10.0), np.array([0, 0, 1, 1, 2, 2]), 2, shared)
    assert packing.makespan(packed.costs, 2) == 30.0
    assert len(packed.costs) < 6


def test_a_worker_that_keeps_what_it_traced_traces_once() -> None:
    """One worker, two shards of one program: one tracing on a machine, two in a cluster."""
    packed = packing.Packing(np.array([0, 1]), np.array([5.0, 5.0]))
    ends = [
        sharing.foreseen(packed, np.array([0, 0]), 1, COSTLY.model_copy(update={"kept": kept}))
        for kept in (True, False)
    ]
    assert ends == [110.0, 210.0]


def test_what_was_measured_takes_the_place_of_the_rule() -> None:
    """The rule by layers without, in units of a fit that was timed; nothing where neither is known."""
    facts = made_plan.facts(trace_time={"seconds": 2.0, "why": "by its layers"})
    ruled = sharing.assumed(facts, None, 0.5, kept=True)
    assert ruled == Tracing(seconds=2.0, cost=4.0, kept=True, why="by its layers", shared=False)
    measured = sharing.assumed(facts, TraceTime(seconds=9.0, why="as measured"), 0.5, kept=True)
    assert measured == Tracing(seconds=9.0, cost=18.0, kept=True, why="as measured")
    assert sharing.assumed(made_plan.facts(), None, 0.5, kept=True) is None


def test_a_plan_says_what_it_assumed_and_keeps_it(tmp_path) -> None:
    """Whoever plans the same run later, assuming otherwise, finds the first one's plan, and shards that follow it."""
    study, facts, store = made_plan.study(), made_plan.facts(), open_store(str(tmp_path))
    first = stored.write(store, study, facts, b"folds", 2, tracing=lambda: COSTLY)
    assert stored.write(store, study, facts, b"folds", 2, tracing=lambda: CHEAP) == first
    assert first.tracing == COSTLY
    assert "about 8 s a program, as measured" in planning.tracing_told(study, first)
    keys = RunKeys(first.study, first.run)
    assert [stored.shard(store, keys, one.index) for one in planning.shards(study, first)] == list(
        planning.shards(study, first)
    )
    store.delete(keys.plan)  # a controller that died before its last write
    again = stored.write(store, study, facts, b"folds", 3, tracing=lambda: CHEAP)
    assert again.model_copy(update={"created": first.created}) == first
    assert json.loads(store.read(keys.shard(0)))["workers"] == 2
