"""Requests into groups, and a group through the ways of training together, the first that works."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from job.train.fits import FitRequest, Trained
from job.train.together.running import Running
from job.train.together.sketch import ByFit, Sketch
from job.train.together.workshop import Workshop


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
        except ByFit as reason:
            yield Bucket([request], [], str(reason))
            continue
        bucket = found.setdefault(_key(request, sketch), Bucket([], []))
        bucket.requests.append(request)
        bucket.sketches.append(sketch)
    yield from found.values()


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


def described(bucket: Bucket) -> str:
    """A bucket in words: how many fits, and what of them is the same."""
    settings = bucket.requests[0].settings
    fits = f"{len(bucket.requests)} fits" if len(bucket.requests) > 1 else "1 fit"
    return f"{fits} of {settings.epochs} epochs with batches of {settings.batch_size}"


def way(bucket: Bucket) -> tuple[str, str]:
    """The way a bucket will try first, and why."""
    return ("any-shape graph", "one program for all shapes") if bucket.why is None else ("fit", bucket.why)


def train(bucket: Bucket, workshop: Workshop) -> list[Trained]:
    """Trains a bucket by the first way that works.

    Raises:
        ByFit: none does.
    """
    sketch, request = bucket.sketches[0], bucket.requests[0]
    workshop.verify(sketch, request)
    initial = [one.initial(request.seed) for one, request in zip(bucket.sketches, bucket.requests, strict=True)]
    weighted = workshop.weighted(bucket.requests)
    refusals = []
    for free, way in ((True, "any-shape graph"), (False, "one-shape graph")):
        program = workshop.program(sketch, weighted=weighted, free=free)
        try:
            classes, places = workshop.classes(bucket.requests), workshop.places(sketch)
            running = Running(bucket.requests, bucket.sketches, program, initial, classes, places)
            return running.result(way, f"{len(bucket.requests)} fits as one program")
        except Exception as error:  # noqa: BLE001  # the next way may do
            refusals.append(f"{way}: {_told(error)}")
    raise ByFit("no way of training together works: " + "; ".join(refusals))


def _told(error: Exception) -> str:
    """An exception in a line: TensorFlow's and Keras's say what they mean somewhere amid much else."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [
        line for line in lines if not line.startswith(("Exception encountered", "Graph execution error", "Detected at"))
    ]
    return f"{type(error).__name__}: {(telling or lines or [''])[0][:200]}"
