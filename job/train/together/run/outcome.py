"""What a trained group says of its rows, all fits at once, and what came of each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from time import perf_counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array, Indices
from job.train import failures, pulse, spent, ways
from job.train.fits import FitRequest, Outputs, Reading, Trained
from job.train.patches import runtime
from job.train.together.program import batches
from job.train.together.run.group_run import GroupRun
from job.train.ways import Way

_ROWS = 16_384  # of all fits at once, at least 256 of each


def outcome(running: GroupRun, readings: Sequence[Reading], why: str, taken: Mapping[str, float]) -> list[Trained]:
    """Trains a group, predicts, and tells what came of every fit.

    Args:
        running: the group.
        readings: of each fit, see ``Trained``.
        why: why so.
        taken: seconds that the group has spent tracing and compiling; more are added meanwhile.
    """
    with runtime.simplified_once(), _timed() as training:
        running.train()
    requests = running.requests
    with runtime.simplified_once(), _timed() as predicting:
        test = predict(running, [one.test for one in requests]) if len(requests[0].test) else None
        seen = predict(running, [_seen(one) for one in requests]) if requests[0].predict_train else None
    times = _training(running) * training[0], _predicting(requests) * predicting[0]
    changeover = running.stepper.changeover
    way = ways.together(free=running.stepper.program.free, compiled=changeover.used)
    found = list(_results(running, test, seen, times, readings, way, f"{why}; {changeover.why}"))
    found[0] = replace(found[0], trace_seconds=taken["tracing"], compile_seconds=taken["compiling"])
    return found


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Takes the seconds of what is inside, without tracing and without waiting for the compiler."""
    found: list[float] = []
    began = perf_counter()
    with spent.counted() as once:
        yield found
    found.append(max(0.0, perf_counter() - began - once["tracing"] - once["waiting"]))


def _training(running: GroupRun) -> Array:
    """Each fit's share of its group's training, (fits,): half by its own steps, half by its own rows.

    Which of the two takes the time depends on the model. A row that is only looked at costs a third of one trained on.
    """
    pairs = list(zip(running.requests, running.fits, strict=True))
    epochs = np.array([len(fit.history["loss"]) for _, fit in pairs], float)
    steps = np.array([ceil(len(one.train) / one.settings.batch_size) for one, _ in pairs])
    rows = np.array([len(one.train) + len(one.validation) / 3 for one, _ in pairs])
    return (_shares(epochs * steps) + _shares(epochs * rows)) / 2


def _predicting(requests: Sequence[FitRequest]) -> Array:
    """Each fit's share of its group's predicting, (fits,), by its rows."""
    return _shares(np.array([len(one.test) + one.predict_train * len(_seen(one)) for one in requests], float))


def _shares(work: Array) -> Array:
    total = work.sum()
    found: Array = work / total if total else np.full(len(work), 1 / len(work))
    return found


def predict(running: GroupRun, rows: Sequence[Indices]) -> list[Outputs]:
    """Raw outputs of every fit for its rows."""
    stepper, ones = running.stepper, tf.ones_like(running.stepper.classes)
    program = stepper.program
    parts: list[list[Array]] = []
    for indices in batches.chunks(rows, max(256, _ROWS // len(rows))):
        pulse.beat()
        found = program.predict(running.kept.final, stepper.numbers, ones, tf.constant(indices), program.table.tensors)
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
    times: tuple[Array, Array],
    readings: Sequence[Reading],
    way: Way,
    why: str,
) -> Iterator[Trained]:
    keeps = any(one.keep for one in running.requests)
    final = [np.asarray(one) for one in running.kept.final] if keeps else []
    for place, (request, fit) in enumerate(zip(running.requests, running.fits, strict=True)):
        failed = fit.failure is not None
        yield Trained(
            request=request,
            history=fit.history,
            test_outputs=None if test is None or failed else test[place],
            train_outputs=None if seen is None or failed else seen[place],
            reading=readings[place],
            epochs=len(fit.history["loss"]),
            seconds=float(times[0][place]),
            predict_seconds=float(times[1][place]),
            way=way,
            why=why,
            failure=None if fit.failure is None else failures.of(fit.failure),
            variables=[one[place] for one in final] if request.keep and not failed else None,
        )


def _seen(request: FitRequest) -> Indices:
    return np.concatenate([request.train, request.validation])
