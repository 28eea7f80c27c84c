"""Which way each fit takes: the fits of a shard into groups, each trained the fastest way that is right."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from job.plan import identity
from job.train import by_fit
from job.train.by_fit import FitRun
from job.train.fits import Build, FitRequest, Material, Trained
from job.train.groups import Checkpoint, Group, Rulings
from job.train.limits import OverLimit, limited
from job.train.programs import Programs
from job.train.refusals import Alone, ByFit
from job.train.together import engine, grouping, shapes
from job.train.together.program.xla import Policy
from job.train.together.study_cache import StudyCache


class Trainer:
    """Trains the fits of one study; what it builds and traces is kept from group to group.

    Args:
        build: the user's.
        material: what all fits share.
        policy: which ways may be taken.
        rulings: what all workers of the run found out, or None where this process is the only one.
    """

    def __init__(
        self, build: Build, material: Material, policy: Policy | None = None, rulings: Rulings | None = None
    ) -> None:
        self._build, self._material, self._rulings = build, material, rulings
        self._cache = StudyCache(build, material, policy or Policy())
        self._programs = Programs()

    @property
    def traced(self) -> int:
        """How many models Keras has traced for fits that went by ``fit``."""
        return self._programs.built

    def look(self, request: FitRequest) -> None:
        """Builds the model of a request without values, as ``groups`` needs it: once for each params."""
        with suppress(ByFit):  # Keras fit will do, and tell
            self._cache.blueprint(request)

    def groups(self, requests: Sequence[FitRequest]) -> Iterator[Group]:
        """Divides requests into groups, each trained and stored as one."""
        for group in grouping.groups(requests, self._cache):
            yield from grouping.sized(group)

    def train(self, group: Group, checkpoint: Checkpoint | None = None) -> list[Trained]:
        """Trains a group; a fit that fails is a ``Trained`` with its failure, never an exception.

        Args:
            group: of ``groups``, or of a request that nobody looked at yet.
            checkpoint: where its state is kept, or nothing.
        """
        known = self._known(group)
        found = self._together(known, checkpoint)
        if len(group.requests) > 1:
            checkpoint = None  # one state for each group, and these are none any more
        pairs = zip(group.requests, found, strict=True)
        return [one if isinstance(one, Trained) else self._by_fit(request, one, checkpoint) for request, one in pairs]

    def together(self, group: Group) -> Sequence[Trained | ByFit]:
        """Trains a group together: for each of its fits what came of it, or why it has to go by Keras ``fit``."""
        return self._together(self._known(group), None)

    def alone(self, request: FitRequest, why: ByFit | None, verbose: int = 0) -> FitRun:
        """One fit on its way by Keras ``fit``, for whoever wants its model, and what it raises.

        Args:
            request: the fit.
            why: as ``together`` gave it; None where nobody asked.
            verbose: Keras's own.
        """
        kept = None if isinstance(why, Alone) else self._programs
        told = "one estimator was fitted by itself" if why is None else str(why)
        return FitRun(request, self._build, self._material, told, kept=kept, verbose=verbose)

    def explain(self, requests: Sequence[FitRequest]) -> list[tuple[str, str, str]]:
        """Says beforehand, for each group: what it is, which way it will go, and why."""
        return [
            (grouping.described(part), way, why)
            for group in grouping.groups(requests, self._cache)
            for part, way, why in engine.way(group, self._cache)
        ]

    def programs(self, requests: Sequence[FitRequest]) -> int:
        """How many programs these fits need: one for all models that differ in sizes and settings alone."""
        found = {
            group.blueprints[0].signature.digest if group.blueprints else identity.canonical(group.requests[0].build)
            for group in grouping.groups(requests, self._cache)
        }
        return max(1, len(found))

    def is_shared(self, group: Group) -> bool | None:
        """Whether a processor's cores should share a group's operations; None where it matters little."""
        return grouping.is_shared(self._known(group))

    def _known(self, group: Group) -> Group:
        """A group that somebody has looked at; one nobody has is of one fit."""
        return group if group.is_known else grouping.groups(group.requests, self._cache)[0]

    def _together(self, group: Group, checkpoint: Checkpoint | None) -> Sequence[Trained | ByFit]:
        why = group.why
        if why is None:
            limit = group.requests[0].limit
            try:
                with limited(None if limit is None else limit * len(group.requests)):
                    if self._rulings is None:
                        return engine.train(group, self._cache, checkpoint)
                    return shapes.train(group, self._cache, self._rulings, checkpoint)
            except ByFit as reason:
                why = reason
            except OverLimit:
                told = "its group took longer than `limits.fit` gives its fits together; alone, each has its own limit"
                why = ByFit(told)
        return [why] * len(group.requests)

    def _by_fit(self, request: FitRequest, why: ByFit, checkpoint: Checkpoint | None) -> Trained:
        kept = None if isinstance(why, Alone) else self._programs
        found = by_fit.train(request, self._build, self._material, str(why), checkpoint=checkpoint, kept=kept)
        self._programs.built += kept is None
        return found
