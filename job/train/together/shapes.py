"""What is found out about a shape once in a run: that its fits can't be trained together, or that it does not pay."""

import hashlib
from collections.abc import Sequence

from job.train import spent
from job.train.fits import Trained
from job.train.groups import Checkpoint, Group, Ruling, Rulings
from job.train.refusals import ByFit, OfShape
from job.train.together import engine
from job.train.together.study_cache import StudyCache

_STEP = 1e-3
"""Seconds that Keras's own work takes in each step of a fit, which fits of a program do not have."""
_EXCESS = 0.5
"""The part of a program's tracing that Keras's own, of one fit of that shape, would not take."""


def train(
    group: Group, cache: StudyCache, rulings: Rulings, checkpoint: Checkpoint | None = None
) -> Sequence[Trained | ByFit]:
    """Trains a group as ``engine.train`` does, unless a worker of the run found out that its shape goes by ``fit``.

    Raises:
        ByFit: none is trained together.
    """
    shape = of(group)
    known = rulings.of(shape)
    if known is not None and not (known.tracing and cache.is_traced(group.blueprints[0])):
        raise OfShape(known.why)
    try:
        with spent.counted() as taken:
            found = engine.train(group, cache, checkpoint)
    except OfShape as reason:
        rulings.tell(shape, Ruling(str(reason)))
        raise
    rulings.weigh(shape, _EXCESS * taken.get("tracing", 0.0), saved(group))
    return found


def of(group: Group) -> str:
    """The name of a group's shape: equal in all workers of a run."""
    first, settings = group.blueprints[0].signature, group.requests[0].settings
    text = f"{first.digest} {first.shapes} {settings.batch_size}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def saved(group: Group) -> float:
    """Seconds that training a group as a program saves, at least: what Keras's own work would take."""
    settings = group.requests[0].settings
    steps = sum(-(-len(request.train) // settings.batch_size) for request in group.requests)
    return _STEP * settings.epochs * steps
