"""A group through the ways of training together, the first that works and is proved to be right."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.train import device_faults, spent, ways
from job.train.fits import FitRequest, Trained
from job.train.groups import Checkpoint, Group
from job.train.refusals import Alone, ByFit, OfShape
from job.train.together import expected, proof, sizing
from job.train.together.model.reference import Reference
from job.train.together.program.program import Program
from job.train.together.program.xla import Changeover
from job.train.together.run import outcome
from job.train.together.run.group_run import GroupRun
from job.train.together.run.stepping import FillsMachine, Stepper
from job.train.together.study_cache import StudyCache
from job.train.ways import Way

T = TypeVar("T")


class _Proved(NamedTuple):
    """What a program is proved to be right for.

    Attributes:
        group: these fits.
        running: that trains them; None where there are none.
        others: why the others of their group are not trained by it, by their places in it.
    """

    group: Group
    running: GroupRun | None
    others: dict[int, ByFit]


def way(group: Group, cache: StudyCache) -> list[tuple[Group, Way, str]]:
    """The ways the fits of a group will go, as far as tracing and one step tell, and why."""
    if group.why is not None:
        return [(group, Way.FIT, str(group.why))]

    def told(program: Program, why: str) -> list[tuple[Group, Way, str]]:
        proved = _proved(group, cache, program)
        way = ways.together(free=program.free, compiled="no")
        why = f"{_why(proved.group, why)}; compiled by XLA on the way if the steps left repay it"
        found = [(proved.group, way, why)] if proved.group.requests else []
        return found + [(group.some([place]), Way.FIT, str(reason)) for place, reason in proved.others.items()]

    try:
        return _first(group, cache, told)
    except ByFit as reason:
        return [(group, Way.FIT, str(reason))]


def train(group: Group, cache: StudyCache, checkpoint: Checkpoint | None = None) -> list[Trained | ByFit]:
    """Trains a group by the first way that works.

    Returns:
        What came of each fit, or why it is not trained together.

    Raises:
        ByFit: none is.
    """

    def tried(program: Program, why: str) -> list[Trained | ByFit]:
        with spent.counted() as taken:
            proved = _proved(group, cache, program, checkpoint)
            trained = iter(_outcome(proved, why, taken))
        return [proved.others.get(place) or next(trained) for place in range(len(group.requests))]

    try:
        return _first(group, cache, tried)
    except tf.errors.ResourceExhaustedError as error:
        if len(group.requests) == 1:
            raise ByFit("as a program it needs more memory than there is") from error
        return [one for part in group.halves() for one in train(part, cache)]


def _outcome(proved: _Proved, why: str, taken: Mapping[str, float]) -> list[Trained]:
    if proved.running is None:
        return []
    readings = [blueprint.reading for blueprint in proved.group.blueprints]
    return outcome.outcome(proved.running, readings, _why(proved.group, why), taken)


def _first(group: Group, cache: StudyCache, tried: Callable[[Program, str], T]) -> T:
    """What the first program gives that can be traced and run.

    Args:
        group: to train.
        cache: of the study.
        tried: takes a program, and what refused before it, in words.

    Raises:
        ByFit: none gives anything.
        ResourceExhaustedError: the device's memory was too small.
    """
    refused: list[str] = []
    for free in cache.policy.free:
        program = cache.program(group.blueprints[0], weighted=cache.weighted(group.requests), free=free)
        if program.refused is None:
            try:
                return tried(program, "; ".join(refused))
            except (ByFit, tf.errors.ResourceExhaustedError):
                raise
            except FillsMachine as reason:
                raise OfShape(str(reason)) from reason
            except Exception as error:  # noqa: BLE001  # the next way may do
                device_faults.check(error)
                program.refused = expected.told(error, strict=cache.policy.strict)
        refused.append(f"{ways.together(free=free, compiled='no')}: {program.refused}")
    raise OfShape(f"it cannot be trained together: {'; '.join(refused)}")


def _proved(group: Group, cache: StudyCache, program: Program, checkpoint: Checkpoint | None = None) -> _Proved:
    """Finds the fits that a program is proved to be right for.

    Every trial's own model is built first, and nothing after: what builds share is as the last one left it, for the
    proof as for the training that follows.
    """
    with spent.on_proving():
        references, reasons = _references(group, cache, program)
    if not references:
        return _Proved(group.some([]), None, _others(group, reasons))
    running = _running(group, cache, program, checkpoint)
    known = dict(zip((one.identity for one in group.requests), running.stepper.initial, strict=True))
    blueprints = {proof.trial(one): blueprint for one, blueprint in zip(group.requests, group.blueprints, strict=True)}
    some = Group(tuple(one.request for one in references.values()), tuple(blueprints[one] for one in references))
    with spent.on_proving():
        stepped = _running(some, cache, program, known=known, by_kernel=running.stepper.by_kernel)
        failing = proof.failing(list(references.values()), some.blueprints, stepped)
    if any(one.is_whole and place not in failing for place, one in enumerate(references.values())):
        cache.remember_proved(program)
    for place, differs in failing.items():
        told = f"computed together, {differs} is not what its own model gives"
        trial = list(references)[place]
        reasons[trial] = Alone(f"{told}: it depends on something outside the model, or cannot be computed in a group")
    others = _others(group, reasons)
    stay = group.some([place for place in range(len(group.requests)) if place not in others])
    if not stay.requests:
        return _Proved(stay, None, others)
    if others:
        running = _running(stay, cache, program, checkpoint, known=known)
    running.stepper.drawn = _drawn(stay.requests, references)
    return _Proved(stay, running, others)


def _drawn(requests: Sequence[FitRequest], references: Mapping[str, Reference]) -> dict[int, Array]:
    """What each evaluated batch adds to variables of fits, by their places: (fits, …)."""
    each = [references[proof.trial(one)].drawn for one in requests]
    first = {place: value for one in each for place, value in one.items()}
    return {place: np.stack([one.get(place, np.zeros_like(value)) for one in each]) for place, value in first.items()}


def _references(group: Group, cache: StudyCache, program: Program) -> tuple[dict[str, Reference], dict[str, ByFit]]:
    """What each trial's own model computes, or why there is no such model; of one of them, the whole state.

    The last is built anew where it has code of the user's own: what that reads, other groups' builds may have set.
    """
    found: dict[str, Reference] = {}
    reasons: dict[str, ByFit] = {}
    whole = not cache.is_proved(program)
    chosen = list(proof.chosen(list(zip(group.blueprints, group.requests, strict=True))).items())
    for trial, place in chosen:
        anew = trial == chosen[-1][0] and group.blueprints[place].signature.is_own
        try:
            found[trial] = cache.reference(group.blueprints[place], group.requests[place], whole=whole, anew=anew)
            whole = False
        except ByFit as reason:
            reasons[trial] = reason
    return found, reasons


def _others(group: Group, reasons: Mapping[str, ByFit]) -> dict[int, ByFit]:
    """Reasons of trials by the places of their fits."""
    trials = enumerate(proof.trial(request) for request in group.requests)
    return {place: reasons[trial] for place, trial in trials if trial in reasons}


def _running(
    group: Group,
    cache: StudyCache,
    program: Program,
    checkpoint: Checkpoint | None = None,
    *,
    known: Mapping[str, Sequence[Array]] | None = None,
    by_kernel: bool | None = None,
) -> GroupRun:
    """A run of a program; ``known`` are initial values of some fits, by their identities."""
    known = known or {}
    pairs = list(zip(group.blueprints, group.requests, strict=True))
    values = np.array([[leaf.value for leaf in blueprint.signature.leaves] for blueprint, _ in pairs], np.float64)
    stepper = Stepper(
        requests=group.requests,
        program=program,
        initial=[
            known.get(request.identity) or blueprint.initial(request, cache.learned) for blueprint, request in pairs
        ],
        numbers=[tf.constant(values[:, place]) for place in cache.places(group.blueprints[0])],
        classes=cache.classes(group.requests),
        operations=sizing.operations(*pairs[0]),
        changeover=Changeover(program, cache.policy),
        by_kernel=by_kernel,
    )
    return GroupRun(stepper, checkpoint)


def _why(group: Group, refused: str) -> str:
    fits = "fits as one program" if len(group.requests) > 1 else "fit as a program"
    shapes = f"of one trace for this shape ({refused})" if refused else "of one trace for all shapes"
    return f"{len(group.requests)} {fits}, {shapes}"
