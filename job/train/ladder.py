"""Which way each fit takes: the fits of a shard into groups, each trained the fastest way that is right."""

from collections.abc import Iterator, Sequence

from job.train import by_fit
from job.train.fits import Build, FitRequest, Group, Material, Trained


def groups(requests: Sequence[FitRequest], build: Build, material: Material) -> Iterator[Group]:
    """Divides requests into groups, each trained and stored as one."""
    for request in requests:
        yield Group(name=request.identity[:16], requests=(request,))


def train(group: Group, build: Build, material: Material) -> list[Trained]:
    """Trains a group; a fit that fails is a ``Trained`` with its failure, never an exception."""
    return [by_fit.train(request, build, material) for request in group.requests]
