"""Which way each fit takes: the fits of a shard into groups, each trained the fastest way that is right."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress

from job.plan import identity
from job.train import by_fit
from job.train.fits import Build, Checkpoint, FitRequest, Group, Material, Trained
from job.train.limits import OverLimit, limited
from job.train.together import engine, grouping
from job.train.together.model.blueprint import ByFit
from job.train.together.study_cache import Workshop

_workshops: list[Workshop] = []


def groups(requests: Sequence[FitRequest], build: Build, material: Material) -> Iterator[Group]:
    """Divides requests into groups, each trained and stored as one."""
    for bucket in list(grouping.buckets(requests, _workshop(build, material))):
        yield from (group(part.requests) for part in grouping.sized(bucket))


def look(request: FitRequest, build: Build, material: Material) -> None:
    """Builds the model of a request without values, as ``groups`` needs it: once for each params."""
    with suppress(ByFit):  # Keras fit will do, and tell
        _workshop(build, material).sketch(request)


def train(group: Group, build: Build, material: Material, checkpoint: Checkpoint | None = None) -> list[Trained]:
    """Trains a group; a fit that fails is a ``Trained`` with its failure, never an exception."""
    workshop = _workshop(build, material)
    found: dict[str, Trained] = {}
    for bucket in list(grouping.buckets(group.requests, workshop)):
        found |= {one.request.identity: one for one in _bucket(bucket, workshop, checkpoint)}
    return [found[request.identity] for request in group.requests]


def explain(requests: Sequence[FitRequest], build: Build, material: Material) -> list[tuple[str, str, str]]:
    """Says beforehand, for each group: what it is, which way it will go, and why."""
    workshop = _workshop(build, material)
    return [
        (grouping.described(bucket), *engine.way(bucket, workshop))
        for bucket in list(grouping.buckets(requests, workshop))
    ]


def programs(requests: Sequence[FitRequest], build: Build, material: Material) -> int:
    """How many programs these fits need: one for all models that differ in sizes and settings alone."""
    found: set[object] = set()
    for bucket in grouping.buckets(requests, _workshop(build, material)):
        first = bucket.requests[0]
        found.add(bucket.sketches[0].signature.digest if bucket.sketches else identity.canonical(first.build))
    return max(1, len(found))


def is_shared(group: Group, build: Build, material: Material) -> bool | None:
    """Whether a processor's cores should share a group's operations; None where it matters little."""
    found = {grouping.is_shared(bucket) for bucket in grouping.buckets(group.requests, _workshop(build, material))}
    if True in found:
        return True
    return False if found == {False} else None


def halve(group_: Group) -> tuple[Group, Group]:
    """Two groups of one that was too large for the memory."""
    middle = (len(group_.requests) + 1) // 2
    return group(group_.requests[:middle]), group(group_.requests[middle:])


def alone(request: FitRequest) -> Group:
    """A group of one."""
    return group([request])


def group(requests: Sequence[FitRequest]) -> Group:
    """A group, named by a digest of its fits' identities."""
    digest = hashlib.sha256("\n".join(request.identity for request in requests).encode()).hexdigest()
    return Group(name=digest[:16], requests=tuple(requests))


def _bucket(bucket: grouping.Bucket, workshop: Workshop, checkpoint: Checkpoint | None) -> list[Trained]:
    why = bucket.why
    if why is None:
        limit = bucket.requests[0].limit
        try:
            with limited(None if limit is None else limit * len(bucket.requests)):
                return engine.train(bucket, workshop, checkpoint)
        except ByFit as reason:
            why = str(reason)
        except OverLimit:
            why = "together, its group took longer than `limits.fit` gives its fits; alone, each has its own limit"
    if len(bucket.requests) > 1:
        checkpoint = None  # one state for each group, and these are none any more
    return [
        by_fit.train(request, workshop.build, workshop.material, why, checkpoint=checkpoint)
        for request in bucket.requests
    ]


def _workshop(build: Build, material: Material) -> Workshop:
    """What this process keeps of a study; one study at a time."""
    if not _workshops or _workshops[0].build is not build or _workshops[0].material is not material:
        _workshops[:] = [Workshop(build, material)]
    return _workshops[0]
