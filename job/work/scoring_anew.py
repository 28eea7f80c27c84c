"""Fits that earlier runs trained and other scorers are asked for: scored from what their models predicted."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from job.errors import Missing
from job.plan import identity
from job.results import line as lines_format
from job.results import predictions
from job.results.predictions import Predicted
from job.store import Store
from job.store.keys import RunKeys, outputs_beside, run_of
from job.train import scoring
from job.train.fits import FitRequest, Head, Reading, Trained
from job.train.ways import Way
from job.work import events
from job.work.run_context import RunContext

Place = tuple[int, int]
"""Numbers of a trial and of a fold."""


def of(one: Trained) -> Predicted | None:
    """Returns what is to be kept of a fit; None where there is nothing."""
    if one.failure is not None or one.test_outputs is None:
        return None
    reading = [asdict(head) for head in one.reading.heads]
    return Predicted(one.request.trial, one.request.fold, reading, one.test_outputs, one.train_outputs)


def score(
    store: Store, keys: RunKeys, shard: int, context: RunContext, missing: Mapping[Place, FitRequest]
) -> set[str]:
    """Scores what can be, and stores it as results that are taken over.

    Args:
        store: where all runs lie.
        keys: of this run.
        shard: its number.
        context: the run's scorers and rows.
        missing: what has no result, by numbers of trial and fold.

    Returns:
        The identities of the fits that have a result now; what is not there any more is left to be trained.
    """
    done: set[str] = set()
    for key, places in _orders(store, keys, shard).items():
        asked = {there: missing[own] for there, own in places.items() if own in missing}
        lines = dict(_lines(store, key, context, shard, asked)) if asked else {}
        if lines:
            text = "".join(f"{line}\n" for line in lines.values())
            store.create(keys.result(shard, _group(key)), text.encode())
            events.tell("stored", shard=shard, fits=len(lines))
            events.log(shard=shard, scored_anew=len(lines), trained_by=run_of(key))
        done |= set(lines)
    return done


def _orders(store: Store, keys: RunKeys, shard: int) -> dict[str, dict[Place, Place]]:
    """For each earlier result object, whose predictions are kept beside it, which of its fits is which of ours."""
    try:
        told = json.loads(store.read(keys.scored_anew(shard)))
    except Missing:
        return {}
    return {
        key: {(trial, fold): (own_trial, own_fold) for trial, fold, own_trial, own_fold in places}
        for key, places in told["from"].items()
    }


def _lines(
    store: Store, key: str, context: RunContext, shard: int, asked: Mapping[Place, FitRequest]
) -> Iterator[tuple[str, str]]:
    """Yields identities and lines."""
    beside = outputs_beside(key)
    try:
        result, kept = store.read(key), predictions.load(store.read(beside), beside)
    except Missing:  # the run was deleted meanwhile
        return
    by_place = {(one.trial, one.fold): one for one in kept}
    for values in lines_format.raw(result, key):
        there = values["trial"], values["fold"]
        found, request = by_place.get(there), asked.get(there)
        if found is None or request is None or (request.predict_train and found.train is None):
            continue
        events.tell("look", shard=shard, fit=request.identity)  # so that a scorer that kills the process is blamed
        scored = scoring.score(_trained(found, request), context.rows, context.scorers, context.facts.scoring)
        yield (
            request.identity,
            lines_format.as_taken(
                values,
                run=run_of(key),
                scores=dict(scored.scores),
                train_scores=None if scored.train_scores is None else dict(scored.train_scores),
                error=None if scored.failure is None else scored.failure.model_dump(),
                identity=request.identity,
                trial=request.trial,
                fold=request.fold,
                group=_group(key),
                finished=datetime.now(UTC).isoformat(timespec="milliseconds"),
            ),
        )


def _trained(found: Predicted, request: FitRequest) -> Trained:
    """A fit as scorers need it."""
    return Trained(
        request=request,
        history={},
        test_outputs=found.test,
        train_outputs=found.train if request.predict_train else None,
        reading=Reading(tuple(Head(**one) for one in found.reading)),
        epochs=0,
        seconds=0.0,
        predict_seconds=0.0,
        way=Way.NONE,
        why="",
    )


def _group(key: str) -> str:
    return f"anew-{identity.digest(key)[:16]}"
