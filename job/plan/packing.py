"""Trials into shards: balanced by expected cost, trials that can share a program together.

Trials of one program (equal but for floats) are kept whole, or cut into pieces no dearer than three even shares, or
than two or one where that is better balanced. The pieces go, the dearest first, to the shard with the least so far
(longest processing time first); shards are then numbered from the dearest to the cheapest, so that whoever takes them
in order ends with the small ones. Where workers taking shards in order would not end within 5 % of the lower bound, the
cheapest pieces are cut into single trials to fill the gaps: as few as it takes, since each piece may have to be traced
and compiled anew. Where even that does not do, as with a few trials much dearer than the rest, shares fall from the
first shard to the last, so that the last to end is late by less.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

PER_WORKER = 4
"""Shards for each worker: whoever is ready takes the next, which is all the balancing there is at run time. Up to twice
as many where each is one program: cheap ones in a shard of their own fill the gaps at the end."""
TRIALS = 5_000
"""Most trials of a shard in a large study: keeps its object and what a worker holds small."""
SHARDS = 10_000
"""Most shards, unless there are more workers: each costs a pod and an object."""
START_SHARE = 0.2
"""Largest share of a run that starting pods should take."""
SLACK = 1.05
"""How far beyond the lower bound the foreseen end may be before programs are cut for balance."""
SLOPES = (0.0, 0.5)
"""Shares tried: even ones; then falling ones, by this much above and below an even share, as in guided
self-scheduling (Polychronopoulos and Kuck 1987)."""
CUTS = ((3, 0.0), (2, 0.0), (1, 0.0), (1, 0.125), (1, 0.25), (1, 0.5), (1, 2.0))
"""How pieces are cut, tried in this order: even shares that one may be as dear as, and the part of all cost that is cut
into single trials for balance; the last cuts everything."""

Costs = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Packing:
    """Where each trial goes: ``shard`` of each trial (n,), and the expected cost of each shard."""

    shard: Numbers
    costs: Costs


def count(trials: int, programs: int, workers: int, seconds: float | None = None, start_seconds: float = 0.0) -> int:
    """Returns how many shards to make.

    Four for each worker, up to eight where that is one for each program; more where they would hold over 5,000 trials,
    fewer where starting pods would take over a fifth of the time; never fewer than workers while there are trials
    enough, never an empty one.

    Args:
        trials: that train.
        programs: that they need.
        workers: that will take shards.
        seconds: expected time of all fits on one worker, or None when unknown.
        start_seconds: what each pod takes before its first fit.
    """
    wanted = max(PER_WORKER * workers, min(programs, 2 * PER_WORKER * workers), -(-trials // TRIALS))
    if seconds is not None and start_seconds > 0:
        wanted = int(min(wanted, START_SHARE / (1 - START_SHARE) * seconds / start_seconds))
    return min(max(min(wanted, SHARDS), workers), trials)


def pack(costs: Costs, programs: Numbers, shards: int, workers: int) -> Packing:
    """Divides trials into exactly ``shards`` shards, none empty.

    Args:
        costs: (n,) expected cost of each trial, all positive.
        programs: (n,) equal numbers for trials that can share a program.
        shards: between 1 and n.
        workers: for whom the end is foreseen.
    """
    bound = max(costs.sum() / workers, costs.max())
    tried: list[tuple[float, Packing]] = []
    for packing in packings(costs, programs, shards):
        tried.append((makespan(packing.costs, workers) / bound, packing))
        if tried[-1][0] <= SLACK:
            break
    return min(tried, key=lambda one: max(one[0], SLACK))[1]


def packings(costs: Costs, programs: Numbers, shards: int) -> Iterator[Packing]:
    """Yields the packings that are tried, those first that cut programs least and have even shares."""
    order = np.lexsort((np.arange(len(costs)), programs))
    sorted_costs = costs[order]
    for slope, (dearest, part) in product(SLOPES, CUTS):
        pieces = _pieces(sorted_costs, programs[order], dearest * costs.sum() / shards)
        finer = _cut(sorted_costs, pieces, part)
        if finer[-1] + 1 >= shards:
            yield _deal(costs, order, finer, np.linspace(1 + slope, 1 - slope, shards))


def makespan(costs: Costs, workers: int) -> float:
    """Returns when the last of ``workers`` ends who take shards in order, each when it is free."""
    free = [0.0] * workers
    for cost in costs.tolist():
        heapq.heapreplace(free, free[0] + cost)
    return max(free)


def _pieces(costs: Costs, programs: Numbers, target: float) -> Numbers:
    """Numbers the pieces that trials, sorted by program, are cut into: each of one program, about target at most."""
    first = np.flatnonzero(np.diff(programs, prepend=programs[0] - 1))
    sizes = np.diff(first, append=len(costs))
    totals = np.add.reduceat(costs, first)
    cuts = np.ceil(totals / target)
    middle = np.cumsum(costs) - costs / 2  # of each trial, on the line of all costs
    begin = np.repeat(np.cumsum(totals) - totals, sizes)
    cut = np.floor((middle - begin) / np.repeat(totals / cuts, sizes))
    is_new = np.diff(cut, prepend=-1.0) != 0
    is_new[first] = True
    return np.cumsum(is_new) - 1


def _cut(costs: Costs, pieces: Numbers, part: float) -> Numbers:
    """Numbers pieces anew, with the cheapest that make up this part of all cost cut into single trials."""
    totals = np.bincount(pieces, weights=costs)
    ascending = np.argsort(totals, kind="stable")
    is_cut = np.zeros(len(totals), dtype=bool)
    is_cut[ascending[: np.searchsorted(np.cumsum(totals[ascending]), part * costs.sum())]] = True
    is_new = np.diff(pieces, prepend=-1) != 0
    return np.cumsum(is_new | is_cut[pieces]) - 1


def _deal(costs: Costs, order: Numbers, pieces: Numbers, shares: Costs) -> Packing:
    """Deals pieces, the dearest first, each to the shard with the least of its share; then numbers shards by cost."""
    totals = np.bincount(pieces, weights=costs[order])
    loads = np.zeros(len(shares))
    heap = [(0.0, shard) for shard in range(len(shares))]
    owner = np.empty(len(totals), dtype=np.int64)
    for piece in np.argsort(-totals, kind="stable").tolist():
        shard = heap[0][1]
        owner[piece] = shard
        loads[shard] += totals[piece]
        heapq.heapreplace(heap, (loads[shard] / shares[shard], shard))
    ranked = np.argsort(-loads, kind="stable")
    rank = np.empty(len(shares), dtype=np.int64)
    rank[ranked] = np.arange(len(shares))
    shard_of = np.empty(len(costs), dtype=np.int64)
    shard_of[order] = rank[owner[pieces]]
    return Packing(shard=shard_of, costs=loads[ranked])
