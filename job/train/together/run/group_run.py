"""A group under way: epochs of all its fits in one stack, each stopping by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from job.data.rows import Array
from job.train import clock, pulse, spent
from job.train.fits import FitRequest
from job.train.groups import Checkpoint
from job.train.state_archive import Keeper
from job.train.together.program import batches
from job.train.together.run import checkpoint, early_stopping
from job.train.together.run.checkpoint import GroupState
from job.train.together.run.kept_weights import KeptWeights
from job.train.together.run.metrics import logged
from job.train.together.run.stepping import Stepper

_UNWATCHED = 0.25  # seconds of epochs made in one go


@dataclass(eq=False)
class GroupRun:
    """One group being trained by one program.

    Attributes:
        stepper: its fits in the stack, and what steps them.
        checkpoint: where the state is kept every five minutes, or nothing.
        idle: which slots of the stack hold fits that have stopped.
        kept: their weights, as they stopped and as they were best.
        fits: each as its callback sees it.
        begin: the first epoch to make.
    """

    stepper: Stepper
    checkpoint: Checkpoint | None = None
    idle: Array = field(init=False)
    kept: KeptWeights = field(init=False)
    fits: list[early_stopping.WatchedFit] = field(init=False)
    begin: int = 0
    _seconds: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.idle = np.zeros(len(self.requests), bool)
        self.kept = KeptWeights(self.stepper.weights, len(self.requests))
        early = self.requests[0].settings.early_stopping
        self.fits = early_stopping.watched_fits(len(self.requests), early, self.stepper.program.model.metrics)
        self._keeper = Keeper(self.checkpoint, "group", [request.identity for request in self.requests])
        if (state := checkpoint.restored(self._keeper)) is not None:
            self._restore(state)

    @property
    def requests(self) -> Sequence[FitRequest]:
        """Its fits."""
        return self.stepper.requests

    def train(self) -> None:
        """Runs all epochs; a fit that stops leaves the stack, and a group whose fits have all stopped ends.

        Raises:
            FillsMachine: see there; nothing is trained then.
        """
        epochs = self.requests[0].settings.epochs
        try:
            epoch = self.begin
            while epoch < epochs and self._active().size:
                count = min(self._unwatched(), epochs - epoch)
                self._epochs(range(epoch, epoch + count), epochs - epoch - count)
                epoch += count
                if self._keeper.is_due():
                    checkpoint.keep(self._keeper, self._frozen(epoch))
            self._leave(self._active())
        finally:
            self.stepper.end()
        self.kept.restore(self.fits)

    def _active(self) -> Array:
        """Slots whose fits still train."""
        return np.flatnonzero(~self.idle)

    def _unwatched(self) -> int:
        """How many epochs may be made in one go: about a quarter of a second, where nobody looks in between."""
        watched = len(self.requests[0].validation) or self.fits[0].callback is not None
        if watched or self._seconds is None or not self.stepper.by_kernel or self.stepper.changeover.compiled:
            return 1
        return max(1, int(_UNWATCHED / self._seconds))

    def _epochs(self, epochs: range, left: int) -> None:
        pulse.beat()
        stepper, requests = self.stepper, [self.requests[place] for place in self.stepper.slots]
        segments = [stepper.segments([batches.epoch(request, epoch) for request in requests]) for epoch in epochs]
        first = segments[0][0]
        compile_ = stepper.compilation(first)
        if epochs.start == self.begin:
            stepper.warm(first)
            stepper.look(first)
            stepper.changeover.begin(compile_)
        began, timed = perf_counter(), clock.now()
        logs = [logged(one, stepper.program.results.names, len(requests)) for one in stepper.stepped(segments)]
        self._seconds = (clock.now() - timed) / len(epochs)
        spent.add("stepping", perf_counter() - began)
        if len(requests[0].validation):
            self._validate(requests, logs[0])
        self._note(epochs, logs)
        stepper.changeover.ended(self._seconds, left, compile_)

    def _validate(self, requests: Sequence[FitRequest], logs: list[dict[str, float]]) -> None:
        found = self.stepper.evaluated(self.stepper.segments([one.validation for one in requests]))
        for log, more in zip(logs, logged(found, self.stepper.program.results.names, len(logs)), strict=True):
            log.update({f"val_{name}": value for name, value in more.items()})

    def _note(self, epochs: Iterable[int], logs: Iterable[list[dict[str, float]]]) -> None:
        """Lets every fit's callback decide; remembers best weights; fits that stop leave."""
        active = self._active()
        fits = [self.fits[self.stepper.slots[slot]] for slot in active]
        for epoch, of_epoch in zip(epochs, logs, strict=True):
            for fit, slot in zip(fits, active, strict=True):
                if not fit.stop_training:
                    fit.ended(epoch, of_epoch[slot])
        found = active[early_stopping.places(fits, "is_best")]
        if len(found):
            self.kept.improve(self.stepper.slots[found], self.stepper.weights, found)
        self._leave(active[early_stopping.places(fits, "stop_training")])

    def _leave(self, slots: Array) -> None:
        """Keeps the weights in some slots as final. They leave the stack, unless that would undo a compilation."""
        if not len(slots):
            return
        program = self.stepper.program
        weights = program.variables.final(program.model.optimizer, self.stepper.state)
        self.kept.stop(self.stepper.slots[slots], weights, slots)
        self.idle[slots] = True
        stay = self._active()
        if self.stepper.changeover.compiled and 2 * len(stay) > len(self.idle):
            return
        self.stepper.stay(stay)
        self.idle = np.zeros(len(stay), bool)

    def _frozen(self, epoch: int) -> GroupState:
        """Its state between two epochs, of which ``epoch`` is the next."""
        return GroupState(
            epoch=epoch,
            state=self.stepper.state,
            final=self.kept.final,
            best=self.kept.best,
            slots=self.stepper.slots,
            idle=self.idle,
            fits=[fit.kept() for fit in self.fits],
        )

    def _restore(self, kept: GroupState) -> None:
        """Goes on from a state."""
        self.stepper.state, self.stepper.slots = kept.state, kept.slots
        self.kept.final, self.kept.best = kept.final, kept.best
        self.idle, self.begin = kept.idle, kept.epoch
        for fit, one in zip(self.fits, kept.fits, strict=True):
            fit.restore(one)
