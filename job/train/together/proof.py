"""The proof that a program is right for a trial: it computes what that trial's own model does, see ``reference``.

Of one batch: loss, gradients and all that a step changes, with its masks, and the outputs in inference, with their
loss where rows are held out. Numbers are compared as far as rounding lets them: a true gradient of zero is noise, and
an optimizer such as Adam makes a whole step of it.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.data.rows import Array
from job.plan import identity
from job.train.fits import FitRequest
from job.train.patches import private
from job.train.together.model.blueprint import Blueprint
from job.train.together.model.reference import Reference
from job.train.together.run import outcome
from job.train.together.run.group_run import GroupRun
from job.train.together.run.metrics import logged
from job.train.together.step.variables import Variables

_EXACT = 2e-4  # of the largest: losses and outputs
_STEEP = 3e-3  # of a variable's own largest change, or gradient
_NOISE = 1e-5  # of the largest gradient of all: what rounding leaves of one that is zero
_TOLD = 1e-2  # of the largest gradient: a weight's own step says something from there on
_COARSE = 1e-2  # of what a metric tells, or of 1: some are ratios of small differences
_HALF = 30.0  # times all that, where layers compute in half precision
_BYTES = 256 * 1024 * 1024


@dataclass(eq=False)
class References:
    """References of trials, those used last: a trial's fits may be in several groups."""

    _kept: OrderedDict[Any, Reference] = field(default_factory=OrderedDict)

    def of(self, key: Any, make: Callable[[], Reference], *, whole: bool, anew: bool = False) -> Reference:
        """The reference of a trial, made when there is none that says as much, or it shall be made ``anew``."""
        found = self._kept.get(key)
        if found is None or anew or (whole and not found.is_whole):
            found = self._kept[key] = make()
            while len(self._kept) > 1 and sum(one.bytes for one in self._kept.values()) > _BYTES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found


def failing(references: Sequence[Reference], blueprints: Sequence[Blueprint], running: GroupRun) -> dict[int, str]:
    """Holds a program against what trials' own models computed.

    Args:
        references: one for each trial.
        blueprints: of the trials.
        running: a run of the program with the references' fits, as the group will run.

    Returns:
        The places of trials that it is not right for, and what differs of each.
    """
    before = [np.asarray(one) for one in running.stepper.state]
    predicted = outcome.predict(running, [one.rows for one in references])
    evaluated = _evaluated(references, running)
    after = running.stepper.once([one.rows for one in references])
    told = _metrics(running, after)
    found: dict[int, str] = {}
    for place, (reference, blueprint) in enumerate(zip(references, blueprints, strict=True)):
        of_one = [one[place] for one in before], [one[place] for one in after]
        outputs = [np.asarray(one) for one in keras.tree.flatten(predicted[place])]
        differs = _differs(reference, blueprint, *of_one, outputs, evaluated[place])
        differs = differs or _told(reference, blueprint, {name: one[place] for name, one in told.items()})
        if differs is not None:
            found[place] = differs
    return found


def _metrics(running: GroupRun, state: Sequence[Array]) -> dict[str, Array]:
    """What the metrics tell of each fit, (fits, …), by Keras's names."""
    program = running.stepper.program
    found = program.results([tf.constant(one) for one in state[-len(program.variables.metrics) :]])
    return dict(zip(program.results.names, map(np.asarray, found), strict=True))


def _evaluated(references: Sequence[Reference], running: GroupRun) -> list[float]:
    """The losses in inference; NaN where no rows are held out, so that nothing ever asks for them."""
    if all(one.evaluated is None for one in references):
        return [math.nan] * len(references)
    stepper = running.stepper
    told = stepper.evaluated(stepper.segments([one.rows for one in references]))
    return [log["loss"] for log in logged(told, stepper.program.results.names, len(references))]


def _differs(
    reference: Reference,
    blueprint: Blueprint,
    before: Sequence[Array],
    after: Sequence[Array],
    outputs: Sequence[Array],
    evaluated: float,
) -> str | None:
    """What is otherwise, or None."""
    variables, loose = blueprint.variables, _HALF if blueprint.is_half else 1.0
    names = [variable.path for variable in variables.model]
    for name, mine, its in zip(names, before, reference.initial, strict=False):
        if mine.dtype != its.dtype or mine.tobytes() != its.tobytes():
            return f"the initial value of {name} does not follow from the seed"
    if len(names) != len(reference.initial):
        return "a second build has other variables"
    for mine, its in zip(outputs, reference.outputs, strict=True):
        if mine.shape != its.shape or not _near(mine, its, loose * _EXACT * _largest(its)):
            return "its outputs"
    held = reference.evaluated
    if held is not None and not _near(np.asarray(evaluated), np.asarray(held), loose * _EXACT * max(1e-3, abs(held))):
        return f"its loss on rows held out, {evaluated:.6g} and not {held:.6g}"
    tracker, places = private.loss_tracker(blueprint.model), {id(one): place for place, one in enumerate(variables.all)}
    loss = after[places[id(tracker.total)]] / np.maximum(after[places[id(tracker.count)]], 1)
    if not _near(loss, np.asarray(reference.loss), loose * _EXACT * max(1e-3, abs(reference.loss))):
        return f"its loss, {float(loss):.6g} and not {reference.loss:.6g}"
    return _stepped(reference, blueprint, before, after)


def _told(reference: Reference, blueprint: Blueprint, mine: Mapping[str, Array]) -> str | None:
    """Which metric tells something else, or None."""
    loose = _HALF if blueprint.is_half else 1.0
    for name, its in reference.metrics.items():
        if name in mine and not _near(mine[name], its, loose * _COARSE * max(1.0, _largest(its))):
            return f"its metric {name}, {mine[name]} and not {its}"
    return None


def _stepped(reference: Reference, blueprint: Blueprint, before: Sequence[Array], after: Sequence[Array]) -> str | None:
    """Which variable a step changes otherwise, or None.

    Of several outputs Keras weighs the means of their losses by a batch's rows where it knows how many there are: when
    it steps eagerly, and not in ``fit``. They are left out; the whole loss is made of them.
    """
    variables, loose = blueprint.variables, _HALF if blueprint.is_half else 1.0
    left_out = {id(one) for one in private.output_losses(blueprint.model)}
    if not np.isfinite(reference.loss):
        return None  # the fit ends here either way
    largest = max((_largest(one) for one in reference.gradients), default=0.0)
    count = len(variables.trainable)
    for place, its in reference.after.items():
        mine, was = after[place], before[place]
        if id(variables.all[place]) in left_out:
            continue
        if its.dtype.kind in "iub":
            if not np.array_equal(mine, its):
                return f"{_name(variables, place)} after a step"
            continue
        if place < count:  # a weight: what an optimizer makes of noise says nothing
            steep, noise = np.abs(reference.gradients[place]) > _TOLD * largest, 0.0
        else:
            steep, noise = np.array(True), _NOISE * max(largest, largest**2)
        allowed = loose * (_STEEP * _largest(np.where(steep, its - was, 0)) + 1e-6 * _largest(was) + noise) + 1e-12
        if not _near(np.where(steep, mine, 0), np.where(steep, its, 0), allowed):
            return f"{_name(variables, place)} after a step"
    return None


def _name(variables: Variables, place: int) -> str:
    return str(getattr(variables.all[place], "path", place))


def _largest(value: Array) -> float:
    value = np.asarray(value, np.float64)  # also of types that NumPy has from elsewhere, such as bfloat16
    return float(np.abs(value[np.isfinite(value)]).max(initial=0))


def _near(mine: Array, its: Array, within: float) -> bool:
    """Whether all numbers are as near; those that are not finite have to be so in both."""
    mine, its = np.asarray(mine, np.float64), np.asarray(its, np.float64)
    both = np.isfinite(its)
    if not np.array_equal(np.isfinite(mine), both):
        return False
    return bool(np.all(np.abs(mine[both] - its[both]) <= within))


def trial(request: FitRequest) -> str:
    """What tells trials apart."""
    return identity.canonical(request.params)


def chosen(pairs: Sequence[tuple[Blueprint, FitRequest]]) -> dict[str, int]:
    """Of each trial the place of the fit to build: one that its blueprint was not built for, where there is one."""
    found: dict[str, int] = {}
    for place, (blueprint, request) in enumerate(pairs):
        if trial(request) not in found or request.seed != blueprint.seed:
            found[trial(request)] = place
    return found
