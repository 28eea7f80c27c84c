"""Trials into shards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.plan import packing

mixes = st.lists(st.tuples(st.floats(0.1, 100), st.integers(0, 6)), min_size=1, max_size=60)


def arrays(mix: list) -> tuple:
    """Costs and programs of a mix of trials."""
    return np.array([cost for cost, _ in mix]), np.array([program for _, program in mix])


@given(mixes, st.integers(1, 12), st.integers(1, 80))
def test_every_trial_gets_one_shard_and_no_shard_is_empty(mix: list, workers: int, wanted: int) -> None:
    """As many shards as asked, numbered from 0, their costs adding up to what lies in them, dearest first."""
    costs, programs = arrays(mix)
    shards = min(wanted, len(mix))
    packed = packing.pack(costs, programs, shards, workers)
    assert sorted(set(packed.shard.tolist())) == list(range(shards))
    assert np.allclose(packed.costs, [costs[packed.shard == number].sum() for number in range(shards)])
    assert (np.diff(packed.costs) <= 1e-9).all()


@given(mixes, st.integers(1, 12), st.integers(1, 80))
def test_no_shard_is_dearer_than_balance_allows(mix: list, workers: int, wanted: int) -> None:
    """The dearest shard has at most an even share and one indivisible piece: a trial, or up to three shares."""
    costs, programs = arrays(mix)
    shards = min(wanted, len(mix))
    share = costs.sum() / shards
    assert packing.pack(costs, programs, shards, workers).costs.max() <= 3 * share + 2 * costs.max() + 1e-9


@given(mixes, st.integers(1, 12))
def test_workers_end_near_the_lower_bound(mix: list, workers: int) -> None:
    """Taking shards in order, the last ends within 4/3 of the best possible (Graham's bound), when costs come true."""
    costs, programs = arrays(mix)
    shards = packing.count(len(mix), len(np.unique(programs)), workers)
    packed = packing.pack(costs, programs, shards, workers)
    bound = max(costs.sum() / workers, costs.max())
    # Of single trials, the best possible itself may be beyond this bound: by at most the longest trial's share.
    assert packing.makespan(packed.costs, workers) <= max(4 / 3 * bound, bound + costs.max()) + 1e-9


def test_trials_of_one_program_stay_together_when_balance_allows() -> None:
    """Nine programs of three trials each, into nine shards for three workers: each program whole."""
    programs = np.arange(27) % 9
    packed = packing.pack(np.ones(27), programs, 9, 3)
    together = {program: set(packed.shard[programs == program].tolist()) for program in range(9)}
    assert all(len(shards) == 1 for shards in together.values())


def test_a_program_is_cut_into_as_few_pieces_as_balance_allows() -> None:
    """One program of a hundred trials and eight shards: eight pieces of like size."""
    packed = packing.pack(np.ones(100), np.zeros(100, dtype=int), 8, 2)
    assert np.bincount(packed.shard).tolist() == [13, 13, 13, 13, 12, 12, 12, 12]
    assert (np.diff(packed.shard) != 0).sum() == 7


def test_one_dear_trial_leaves_the_others_to_all_workers() -> None:
    """A trial that costs more than all others does not make shards fewer than workers."""
    packed = packing.pack(np.array([100.0, 1, 1, 1, 1, 1, 1, 1]), np.array([0, 1, 1, 1, 1, 1, 1, 1]), 8, 8)
    assert np.bincount(packed.shard).tolist() == [1] * 8


def test_there_are_four_shards_for_each_worker() -> None:
    """Enough that whoever is ready takes the next, and no more."""
    assert packing.count(1000, 1, workers=8) == 32


@pytest.mark.parametrize(("programs", "shards"), [(8, 8), (9, 9), (16, 16), (17, 16), (1000, 16)])
def test_each_program_has_a_shard_where_that_is_not_too_many(programs: int, shards: int) -> None:
    """Up to eight for each of two workers."""
    assert packing.count(1000, programs, workers=2) == shards


def test_cheap_programs_in_shards_of_their_own_fill_the_gaps_at_the_end() -> None:
    """Nine programs of a grid: in as many shards both workers end together, in eight one of them waits."""
    costs = np.array([283, 184, 145, 131, 86, 74, 69, 51, 41], float)
    apart, merged = (packing.pack(costs, np.arange(9), shards, 2).costs for shards in (9, 8))
    assert packing.makespan(apart, 2) < packing.makespan(merged, 2)


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(1, 20_000),
    st.none() | st.floats(0, 1e9),
    st.floats(0, 1e3),
)
def test_there_are_never_fewer_shards_than_workers_while_there_are_trials(
    trials, programs, workers, seconds, start
) -> None:
    """Whatever starting costs; nor ever more shards than trials, nor more than 10,000 but for as many workers."""
    count = packing.count(trials, min(programs, trials), workers, seconds, start)
    assert min(workers, trials) <= count <= min(trials, max(workers, packing.SHARDS))


def test_dear_starts_make_shards_fewer() -> None:
    """Ten seconds to start, 400 of training: ten shards start in a fifth of the time."""
    assert packing.count(1000, 1, workers=8, seconds=400, start_seconds=10) == 10
    assert packing.count(1000, 1, workers=8, seconds=40, start_seconds=10) == 8
    assert packing.count(1000, 1, workers=8, seconds=40_000, start_seconds=10) == 32


def test_large_studies_have_shards_of_bearable_size() -> None:
    """A million trials for two workers: no shard of hundreds of thousands; for 2,500 workers, 10,000 shards."""
    assert packing.count(1_000_000, 1, workers=2) == 200
    assert packing.count(1_000_000, 1, workers=2_500) == 10_000


def test_makespan_is_when_the_last_free_worker_ends() -> None:
    """Two workers, shards of 3, 2, 2: one does 3, the other 2 and 2."""
    assert packing.makespan(np.array([3.0, 2.0, 2.0]), 2) == 4.0
