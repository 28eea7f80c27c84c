"""What a worker keeps from group to group: blueprints of models, rows on the device, traced programs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from job.errors import TunejobError
from job.plan import identity
from job.train import device_faults, targets
from job.train.fits import Build, FitRequest, Material
from job.train.refusals import Alone, ByFit, Refusal
from job.train.sameness import NotComparable
from job.train.together import expected
from job.train.together.model import blueprint, reference
from job.train.together.model.blueprint import Blueprint
from job.train.together.model.initial_values import NotReplayable
from job.train.together.model.normalization import Learned, Unreachable
from job.train.together.model.reference import Reference
from job.train.together.program.program import Program
from job.train.together.program.xla import Policy
from job.train.together.proof import References
from job.train.together.step import device_rows
from job.train.together.step.device_rows import DeviceRows


@dataclass(eq=False)
class StudyCache:
    """Of one study."""

    build: Build
    material: Material
    policy: Policy = field(default_factory=Policy)
    learned: Learned = field(init=False)
    _blueprints: dict[str, Blueprint | ByFit] = field(default_factory=dict)
    _references: References = field(default_factory=References)
    _proved: set[int] = field(default_factory=set)
    _varying: dict[str, list[set[float]]] = field(default_factory=dict)
    _tables: dict[Any, DeviceRows] = field(default_factory=dict)
    _programs: dict[Any, Program] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.learned = Learned(self.material.X)

    def blueprint(self, request: FitRequest) -> Blueprint:
        """The model of a request, built without values; once for each params.

        Raises:
            ByFit: it can't be trained together.
        """
        if request.settings.callbacks or request.callbacks:
            raise ByFit("it has callbacks, which need a model of their own")  # though others of its params have none
        key = identity.canonical(request.build)
        if key not in self._blueprints:
            self._blueprints[key] = self._drawn(request)
        found = self._blueprints[key]
        if isinstance(found, ByFit):
            raise found
        return found

    def _drawn(self, request: FitRequest) -> Blueprint | ByFit:
        try:
            found = blueprint.draw(request, self.build, self.material)
        except ByFit as reason:
            return reason
        except Exception as error:  # noqa: BLE001  # whatever it is, Keras fit will show it as the user's own
            device_faults.check(error)
            foreseen = not expected.is_ours(error)
            return ByFit(_why_not("be built without values", error, foreseen=foreseen, strict=self.policy.strict))
        values = self._varying.setdefault(found.signature.digest, [set() for _ in found.signature.leaves])
        for seen, leaf in zip(values, found.signature.leaves, strict=True):
            seen.add(leaf.value)
        return found

    def reference(self, found: Blueprint, request: FitRequest, *, whole: bool, anew: bool = False) -> Reference:
        """What a trial's own model computes, built for one of its fits; ``anew``: also where one is kept.

        Raises:
            Alone: a second build gives another model, or one that can't be compared.
            ByFit: inference changes the model.
        """

        def make() -> Reference:
            try:
                return reference.of(found, request, self.build, self.material, whole=whole)
            except Refusal:
                raise
            except Exception as error:
                device_faults.check(error)
                foreseen = expected.is_expected(error)
                why = _why_not("be stepped to compare with", error, foreseen=foreseen, strict=self.policy.strict)
                raise Alone(why) from error

        return self._references.of(identity.canonical(request.params), make, whole=whole, anew=anew)

    def is_proved(self, program: Program) -> bool:
        """Whether all that a step of a program changes was once found to be right."""
        return id(program) in self._proved

    def remember_proved(self, program: Program) -> None:
        """Takes down that all that a step of a program changes was compared, and is right."""
        self._proved.add(id(program))

    def constants(self, found: Blueprint) -> tuple[Any, ...]:
        """What a program bakes in: hyperparameters that are the same in all blueprints so far; None for others."""
        values = self._varying[found.signature.digest]
        leaves = found.signature.leaves
        return tuple(leaf.value if len(seen) == 1 else None for seen, leaf in zip(values, leaves, strict=True))

    def places(self, found: Blueprint) -> list[int]:
        """Which of a blueprint's leaves are tensors in its program."""
        return [place for place, value in enumerate(self.constants(found)) if value is None]

    def program(self, found: Blueprint, *, weighted: bool, free: bool) -> Program:
        """A program for a blueprint: of unknown dimensions (``free``), or of its own shape."""
        constants = self.constants(found)
        rows = self.table(found, weighted=weighted)
        shapes = None if free else found.signature.shapes
        key = (found.signature.digest, constants, shapes, id(rows))
        if key not in self._programs:
            leaves = [found.signature.leaves[place] for place in self.places(found)]
            sizes, heads = found.signature.sizes, found.signature.heads
            stepping = found.merged, found.by_kernel
            self._programs[key] = Program(found.model, rows, leaves, free, sizes, heads, *stepping)
        return self._programs[key]

    def is_traced(self, found: Blueprint) -> bool:
        """Whether this process has traced a program for a blueprint, so that another one's tracing tells nothing."""
        return any(key[0] == found.signature.digest and one.tracer.seconds > 0 for key, one in self._programs.items())

    def table(self, found: Blueprint, *, weighted: bool) -> DeviceRows:
        """The rows, with targets as a blueprint's loss wants them."""
        key = (weighted, *(id(one) for one in keras.tree.flatten(found.targets)))
        if key not in self._tables:
            self._tables[key] = device_rows.make(self.material, found.targets, weighted=weighted)
        return self._tables[key]

    def weighted(self, requests: Sequence[FitRequest]) -> bool:
        """Whether rows have weights."""
        return self.material.sample_weight is not None or any(one.class_weight is not None for one in requests)

    def classes(self, requests: Sequence[FitRequest]) -> Any:
        """Class weights of some fits, (fits, classes)."""
        found = np.ones((len(requests), self.material.classes or 1), np.float32)
        for row, request in zip(found, requests, strict=True):
            for index, weight in (request.class_weight or {}).items():
                row[index] = weight
        return tf.constant(found)


def _why_not(what: str, error: Exception, *, foreseen: bool, strict: bool) -> str:
    """Why something could not be done with a model; what nobody foresaw in that is told as such."""
    if isinstance(error, Unreachable):
        return str(error)
    if isinstance(error, targets.ModelMistake):
        return f"its model is mistaken: {error}"
    if isinstance(error, NotComparable | NotReplayable):
        return f"its model can't be compared with others: {error}"
    if foreseen or isinstance(error, TunejobError):
        return f"its model can't {what} ({type(error).__name__}: {error})"
    return expected.unforeseen(error, strict=strict)
