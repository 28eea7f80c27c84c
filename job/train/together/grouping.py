"""Fits into groups: what one program can train, in groups of a size that memory, caches and time allow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from job.train.fits import FitRequest
from job.train.together import sizing
from job.train.together.model.blueprint import ByFit, Sketch
from job.train.together.study_cache import Workshop


@dataclass(frozen=True, eq=False)
class Bucket:
    """Fits that one call of a program can train.

    Attributes:
        requests: in the order they came.
        sketches: the model of each.
        why: why these go by Keras ``fit``; None when they go together.
    """

    requests: list[FitRequest]
    sketches: list[Sketch]
    why: str | None = None


def buckets(requests: Sequence[FitRequest], workshop: Workshop) -> Iterator[Bucket]:
    """Divides requests by what can go together; those that can't are alone."""
    found: dict[Any, Bucket] = {}
    for request in requests:
        try:
            sketch = workshop.sketch(request)
            _check_size(sketch, request, workshop)
        except ByFit as reason:
            yield Bucket([request], [], str(reason))
            continue
        bucket = found.setdefault(_key(request, sketch), Bucket([], []))
        bucket.requests.append(request)
        bucket.sketches.append(sketch)
    yield from (_by_rows(bucket) for bucket in found.values())


def _by_rows(bucket: Bucket) -> Bucket:
    """Sorted by row count, so that equal last batches train in one step."""
    pairs = zip(bucket.requests, bucket.sketches, strict=True)
    ordered = sorted(pairs, key=lambda pair: len(pair[0].train) + len(pair[0].validation))
    return Bucket([request for request, _ in ordered], [sketch for _, sketch in ordered])


def _check_size(sketch: Sketch, request: FitRequest, workshop: Workshop) -> None:
    """Raises ByFit where even tracing would be lost time."""
    if workshop.policy.compiling == "measured" and sizing.fills_machine(sketch, request):
        told = f"{sizing.operations(sketch, request) / 1e9:.0f} billion operations"
        raise ByFit(f"a step has {told}, so many that one fit fills the machine")


def _key(request: FitRequest, sketch: Sketch) -> Any:
    settings = request.settings
    flags = (
        settings.epochs,
        settings.batch_size,
        len(request.validation) > 0,
        len(request.test) > 0,
        request.predict_train,
    )
    return (sketch.signature.digest, sketch.signature.shapes, flags, settings.early_stopping)


def sized(bucket: Bucket) -> Iterator[Bucket]:
    """Divides a bucket into groups of a size that memory, caches and time allow, as even as can be."""
    if bucket.why is not None:
        yield bucket
        return
    count = len(bucket.requests)
    groups = -(-count // sizing.most(bucket.sketches[0], bucket.requests[0], sizing.room()))
    for at in range(groups):
        part = slice(at * count // groups, (at + 1) * count // groups)
        yield Bucket(bucket.requests[part], bucket.sketches[part])


def is_shared(bucket: Bucket) -> bool | None:
    """Whether a processor's cores should share its operations; None where it matters little, or not for long.

    What goes by Keras ``fit`` has the threads that Keras would have.
    """
    if bucket.why is not None:
        return True
    fits, first = len(bucket.requests), (bucket.sketches[0], bucket.requests[0])
    operations = fits * sizing.operations(*first)
    if operations >= sizing.SHARED:
        return True
    return False if operations < sizing.UNSHARED and fits * sizing.seconds(*first) >= sizing.SHORT_SECONDS else None


def described(bucket: Bucket) -> str:
    """A bucket in words: how many fits, and what of them is the same."""
    settings = bucket.requests[0].settings
    fits = f"{len(bucket.requests)} fits" if len(bucket.requests) > 1 else "1 fit"
    return f"{fits} of {settings.epochs} epochs with batches of {settings.batch_size}"
