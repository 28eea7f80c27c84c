"""What fits of one program save by sharing a shard: each program is traced once by who meets it.

A packing is foreseen shard by shard: a worker that takes one trains its trials, and traces the programs in it that it
has not traced before, or in a cluster, where each shard has a process of its own, all of them. Where one trace serves
all widths, a process traces once, and a program more takes a part of that: its kernels are set up, its models proved.
"""

import heapq
from collections.abc import Iterator, Sequence

import numpy as np

from job.plan import packing
from job.plan.packing import Costs, Numbers, Packing
from job.plan.plan import Facts, TraceTime, Tracing

UNIT = 1e-6
"""Seconds of a unit of cost where no fit was timed, see ``cost``."""
_LEAST = 0.05
"""The part of a worker's time from which tracing decides how trials are divided."""
_MOST = 5_000
"""Trials beyond which training takes so much longer than tracing that nothing is weighed."""
_SHAPE = 0.25
"""The part of a trace that a shape more takes, where one trace serves all."""
_LUCK = 0.5
"""The part of a program's tracing that each further piece of it is taken to cost a worker that may have traced it."""
_BETTER = 0.95
"""Times the end that is foreseen otherwise, below which trials are divided into fewer shards."""


def assumed(facts: Facts, earlier: TraceTime | None, unit: float | None, *, kept: bool) -> Tracing | None:
    """What a plan assumes of tracing, None where nothing is known of it.

    Args:
        facts: with the rule by layers.
        earlier: what earlier runs of the study took.
        unit: seconds of a unit of cost, as far as any fit was timed.
        kept: whether a worker keeps what it traced from shard to shard.
    """
    found = earlier or facts.trace_time
    if found is None:
        return None
    cost = float(f"{found.seconds / (unit or UNIT * found.steps):.4g}")
    return Tracing(**found.model_dump(), cost=cost, kept=kept)


def count(costs: Costs, programs: Numbers, usual: int, workers: int, tracing: Tracing | None) -> int:
    """How many shards: as many as usual, or fewer, where with what is traced less often all would end earlier."""
    if tracing is None or not _matters(costs, programs, workers, tracing):
        return usual
    tried = {usual, len(np.unique(programs)), 2 * workers, workers}
    best, chosen = np.inf, usual
    for shards in sorted((one for one in tried if min(workers, usual) <= one <= usual), reverse=True):
        packed = pack(costs, programs, shards, workers, tracing)
        end = weighed(packed, programs, workers, tracing)
        if end < _BETTER * best:
            best, chosen = end, shards
    return chosen


def pack(costs: Costs, programs: Numbers, shards: int, workers: int, tracing: Tracing | None) -> Packing:
    """Divides trials as ``packing.pack`` does, or so that all end earlier with what they trace."""
    if tracing is None or not _matters(costs, programs, workers, tracing):
        return packing.pack(costs, programs, shards, workers)
    found = packing.packings(costs, programs, shards)
    return min(found, key=lambda one: weighed(one, programs, workers, tracing))


def weighed(packed: Packing, programs: Numbers, workers: int, tracing: Tracing) -> float:
    """When all end, as foreseen, and a part of what is traced again should another worker take a program's other piece.

    Which worker is free first is as foreseen only as long as costs come true.
    """
    pieces = sum(map(len, _programs(packed, programs)))
    luck = _LUCK * _each(tracing) * (pieces - len(np.unique(programs))) / workers
    return foreseen(packed, programs, workers, tracing) + (luck if tracing.kept else 0.0)


def foreseen(packed: Packing, programs: Numbers, workers: int, tracing: Tracing) -> float:
    """When the last of ``workers`` ends who take shards in order, and trace what they need."""
    shards = list(_programs(packed, programs))
    free = [(0.0, worker) for worker in range(workers)]
    known: list[set[int]] = [set() for _ in range(workers)]
    for cost, needed in zip(packed.costs.tolist(), shards, strict=True):
        at, worker = free[0]
        new = needed - known[worker] if tracing.kept else needed
        if tracing.kept:
            known[worker] |= new
        once = tracing.cost if tracing.shared and not tracing.kept else 0.0
        heapq.heapreplace(free, (at + cost + once + len(new) * _each(tracing), worker))
    return max(at for at, _ in free)


def told(packed: Packing, programs: Numbers, tracing: Tracing) -> str:
    """What was assumed, in words, and what came of it."""
    needed = list(_programs(packed, programs))
    split = sum(map(len, needed)) - len(np.unique(programs))
    many = len(np.unique(programs))
    shared = f"{many:,} shape{'s' * (many != 1)} in {len(needed):,} shard{'s' * (len(needed) != 1)}"
    cut = f", {split:,} times cut for balance" if split else ", none of them cut"
    serves = "once for all widths" if tracing.shared else "a program"
    return f"about {tracing.seconds:.2g} s {serves}, {tracing.why}; {shared}{cut}"


def _each(tracing: Tracing) -> float:
    """What a program more takes."""
    return tracing.cost * (_SHAPE if tracing.shared else 1.0)


def _matters(costs: Costs, programs: Numbers, workers: int, tracing: Tracing) -> bool:
    """Whether tracing takes a part of the time that is worth dividing for."""
    many = len(np.unique(programs))
    shared = many < len(costs) <= _MOST
    return shared and bool(many * _each(tracing) >= _LEAST * costs.sum() / workers)


def _programs(packed: Packing, programs: Numbers) -> Iterator[set[int]]:
    """The programs of each shard."""
    pairs = np.unique(np.stack([packed.shard, programs]), axis=1)
    ends: Sequence[int] = np.cumsum(np.bincount(pairs[0], minlength=len(packed.costs))).tolist()
    begin = 0
    for end in ends:
        yield set(pairs[1, begin:end].tolist())
        begin = end
