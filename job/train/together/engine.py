"""A group through the ways of training together, the first that works."""

import re
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from job.train import by_fit, device_faults, spent
from job.train.fits import Checkpoint, Trained
from job.train.together import sizing
from job.train.together.grouping import Bucket
from job.train.together.model.blueprint import ByFit
from job.train.together.program.program import Program
from job.train.together.program.xla import Changeover
from job.train.together.run import outcome
from job.train.together.run.group_run import GroupRun
from job.train.together.run.stepping import FillsMachine, Stepper
from job.train.together.study_cache import Workshop

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAMES = ("Exception encountered", "Graph execution error", "Detected at", "Arguments received", "Stack trace")
_WAYS = {True: "any-shape graph", False: "one-shape graph"}


def _halves(bucket: Bucket, workshop: Workshop, error: Exception) -> list[Trained]:
    """Trains what the device's memory was too small for in two parts.

    Raises:
        ByFit: it was one fit.
    """
    middle = len(bucket.requests) // 2
    if not middle:
        raise ByFit("as a program it needs more memory than there is") from error
    parts = slice(None, middle), slice(middle, None)
    return [one for part in parts for one in train(Bucket(bucket.requests[part], bucket.sketches[part]), workshop)]


def way(bucket: Bucket, workshop: Workshop) -> tuple[str, str]:
    """The way a bucket will go, as far as tracing tells, and why."""
    if bucket.why is not None:
        return by_fit.WAY, bucket.why
    refusals: list[str] = []
    try:
        workshop.verify(bucket.sketches[0], bucket.requests[0])
        for free in workshop.policy.free:
            program = _program(bucket, workshop, free=free)
            if _traced(program):
                return _WAYS[free], f"{_why(bucket, refusals)}; compiled by XLA on the way if the steps left repay it"
            refusals.append(f"{_WAYS[free]}: {program.refused}")
    except ByFit as reason:
        return by_fit.WAY, str(reason)
    return by_fit.WAY, "no way of training together works: " + "; ".join(refusals)


def _traced(program: Program) -> bool:
    if program.refused is None:
        try:
            _ = program.kernel.works or program.train
        except Exception as error:  # noqa: BLE001  # that is what is asked
            device_faults.check(error)
            program.refused = _told(error)
    return program.refused is None


def train(bucket: Bucket, workshop: Workshop, checkpoint: Checkpoint | None = None) -> list[Trained]:
    """Trains a bucket by the first way that works.

    Raises:
        ByFit: none does.
    """
    workshop.verify(bucket.sketches[0], bucket.requests[0])
    with spent.counted() as taken:
        return _first_that_works(bucket, workshop, checkpoint, taken)


def _first_that_works(
    bucket: Bucket, workshop: Workshop, checkpoint: Checkpoint | None, taken: Mapping[str, float]
) -> list[Trained]:
    refusals: list[str] = []
    for free in workshop.policy.free:
        program = _program(bucket, workshop, free=free)
        if program.refused is None:
            try:
                running = _running(bucket, workshop, program, checkpoint)
                readings = [sketch.reading for sketch in bucket.sketches]
                return outcome.outcome(running, readings, _WAYS[free], _why(bucket, refusals), taken)
            except FillsMachine as reason:
                raise ByFit(str(reason)) from reason
            except tf.errors.ResourceExhaustedError as error:
                return _halves(bucket, workshop, error)
            except Exception as error:  # noqa: BLE001  # the next way may do
                device_faults.check(error)
                program.refused = _told(error)
        refusals.append(f"{_WAYS[free]}: {program.refused}")
    raise ByFit("no way of training together works: " + "; ".join(refusals))


def _program(bucket: Bucket, workshop: Workshop, *, free: bool) -> Program:
    return workshop.program(bucket.sketches[0], weighted=workshop.weighted(bucket.requests), free=free)


def _running(bucket: Bucket, workshop: Workshop, program: Program, checkpoint: Checkpoint | None) -> GroupRun:
    pairs = list(zip(bucket.sketches, bucket.requests, strict=True))
    values = np.array([[leaf.value for leaf in sketch.signature.leaves] for sketch, _ in pairs], np.float64)
    stepper = Stepper(
        requests=bucket.requests,
        program=program,
        initial=[sketch.initial(request, workshop.learned) for sketch, request in pairs],
        numbers=[tf.constant(values[:, place]) for place in workshop.places(bucket.sketches[0])],
        classes=workshop.classes(bucket.requests),
        operations=sizing.operations(*pairs[0]),
        changeover=Changeover(program, workshop.policy),
    )
    return GroupRun(stepper, checkpoint)


def _why(bucket: Bucket, refusals: list[str]) -> str:
    fits = "fits as one program" if len(bucket.requests) > 1 else "fit as a program"
    shapes = "of one trace for this shape" if refusals else "of one trace for all shapes"
    return f"{len(bucket.requests)} {fits}, {shapes}" + "".join(f" ({one})" for one in refusals)


def _told(error: Exception) -> str:
    """An exception in a line: TensorFlow's and Keras's say what they mean somewhere amid much else."""
    lines = [_ANSI.sub("", line).strip() for line in str(error).splitlines()]
    telling = [line for line in lines if line and not line.startswith(_FRAMES)]
    return f"{type(error).__name__}: {telling[0][:200] if telling else ''}"
