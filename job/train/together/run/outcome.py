"""What a trained group says of its rows, all fits at once, and what came of each."""

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array, Indices
from job.train import failures, pulse
from job.train.fits import FitRequest, Outputs, Trained
from job.train.together.program import batches
from job.train.together.run.group_run import GroupRun

_ROWS = 16_384  # of all fits at once, at least 256 of each


def outcome(running: GroupRun, activations: Sequence[str | None], way: str, why: str) -> list[Trained]:
    """Trains a group, predicts, and tells what came of every fit."""
    began = perf_counter()
    running.train()
    trained = perf_counter()
    requests = running.requests
    test = predict(running, [one.test for one in requests]) if len(requests[0].test) else None
    seen = predict(running, [_seen(one) for one in requests]) if requests[0].predict_train else None
    times = (trained - began) / len(requests), (perf_counter() - trained) / len(requests)
    if running.stepper.changeover.ever:
        way = way.replace(
            "graph", "XLA" if running.stepper.changeover.policy.compiling == "at once" else "graph, then XLA"
        )
    return list(_results(running, test, seen, times, activations, way, f"{why}; {running.stepper.changeover.why}"))


def predict(running: GroupRun, rows: Sequence[Indices]) -> list[Outputs]:
    """Raw outputs of every fit for its rows."""
    stepper, ones = running.stepper, tf.ones_like(running.stepper.classes)
    program = stepper.program
    parts: list[list[Array]] = []
    for indices in batches.chunks(rows, max(256, _ROWS // len(rows))):
        pulse.beat()
        found = program.predict(running.ends.final, stepper.numbers, ones, tf.constant(indices), program.table.tensors)
        parts.append([np.asarray(one) for one in found])
    heads = [np.concatenate(of_head, axis=1) for of_head in zip(*parts, strict=True)]
    return [_packed(program.structure, [head[place, : len(one)] for head in heads]) for place, one in enumerate(rows)]


def _packed(structure: Any, heads: list[Array]) -> Outputs:
    found = keras.tree.pack_sequence_as(structure, heads)
    return tuple(found) if isinstance(found, list) else found


def _results(
    running: GroupRun,
    test: list[Outputs] | None,
    seen: list[Outputs] | None,
    times: tuple[float, float],
    activations: Sequence[str | None],
    way: str,
    why: str,
) -> Iterator[Trained]:
    for place, (request, seat) in enumerate(zip(running.requests, running.seats, strict=True)):
        failed = seat.failure is not None
        yield Trained(
            request=request,
            history=seat.history,
            test_outputs=None if test is None or failed else test[place],
            train_outputs=None if seen is None or failed else seen[place],
            activation=activations[place],
            epochs=len(seat.history["loss"]),
            seconds=times[0],
            predict_seconds=times[1],
            way=way,
            why=why,
            failure=None if seat.failure is None else failures.of(seat.failure),
        )


def _seen(request: FitRequest) -> Indices:
    return np.concatenate([request.train, request.validation])
