"""How long fits take on this machine, in the way they will go, for plans that tell the time to expect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from job.data.rows import Rows
from job.plan.plan import FitTime
from job.train import scoring
from job.train.fits import FitRequest
from job.train.groups import Group
from job.train.trainer import Trainer

_EPOCHS = 2  # of a first, short go, which traces
_LONGEST = 20.0
"""Seconds of training up to which a group is trained to its end, as early stopping may come before."""


@dataclass(frozen=True)
class _Go:
    """What one go at a group took: seconds without what was traced for it, and those."""

    seconds: float
    tracing: float


def measure(requests: Sequence[FitRequest], trainer: Trainer, rows: Rows, scorers: Mapping[str, Any]) -> FitTime | None:
    """Times the largest group of some fits, with scoring: first two epochs, which are traced, then all or two again.

    Args:
        requests: as many as a shard has, of trials one after the other.
        trainer: of the study.
        rows: of the study.
        scorers: by name.

    Returns:
        Seconds of one of its fits and its params, and what a first go takes more than a later one: tracing, and
        whatever else is done once for a program. None when all failed.
    """
    began = perf_counter()
    groups = list(trainer.groups(requests))
    looked = (perf_counter() - began) / len(requests)
    group = max(groups, key=lambda one: len(one.requests))
    epochs = group.requests[0].settings.epochs
    short = _shortened(group)
    first = _go(short, trainer, rows, scorers)
    if first is None:
        return None
    more = epochs / short.requests[0].settings.epochs
    whole = first.seconds * more <= _LONGEST
    again = _go(group if whole else short, trainer, rows, scorers) or first
    seconds = again.seconds * (1 if whole else more)
    return FitTime(
        seconds=looked + seconds / len(group.requests),
        params=dict(group.requests[0].params),
        trace_seconds=max(first.tracing, first.tracing + first.seconds - seconds / more),
        fits=len(group.requests),
    )


def _shortened(group: Group) -> Group:
    settings = group.requests[0].settings
    few = settings.model_copy(update={"epochs": min(_EPOCHS, settings.epochs)})
    return replace(group, requests=tuple(replace(one, settings=few) for one in group.requests))


def _go(group: Group, trainer: Trainer, rows: Rows, scorers: Mapping[str, Any]) -> _Go | None:
    began = perf_counter()
    trained = trainer.train(group)
    scored = [scoring.score(one, rows, scorers) for one in trained]
    if all(one.failure is not None for one in scored):
        return None
    tracing = sum(one.trace_seconds for one in trained)
    return _Go(max(0.0, perf_counter() - began - tracing), tracing)
