"""Fits into groups: what one program can train, in groups of a size that memory, caches and time allow."""

from collections.abc import Iterator, Sequence
from typing import Any

from job.train.fits import FitRequest
from job.train.groups import Group
from job.train.refusals import ByFit
from job.train.together import sizing
from job.train.together.model.blueprint import Blueprint
from job.train.together.study_cache import StudyCache


def groups(requests: Sequence[FitRequest], cache: StudyCache) -> list[Group]:
    """Divides requests by what one program can train; those that go by ``fit`` are alone, and come first."""
    by_fit: list[Group] = []
    found: dict[Any, list[tuple[FitRequest, Blueprint]]] = {}
    for request in requests:
        try:
            blueprint = cache.blueprint(request)
            _check_size(blueprint, request, cache)
        except ByFit as reason:
            by_fit.append(Group((request,), why=reason))
        else:
            found.setdefault(_key(request, blueprint), []).append((request, blueprint))
    return by_fit + [_by_rows(pairs) for pairs in found.values()]


def _by_rows(pairs: Sequence[tuple[FitRequest, Blueprint]]) -> Group:
    """Sorted by row count, so that equal last batches train in one step."""
    ordered = sorted(pairs, key=lambda pair: len(pair[0].train) + len(pair[0].validation))
    return Group(tuple(request for request, _ in ordered), tuple(blueprint for _, blueprint in ordered))


def _check_size(blueprint: Blueprint, request: FitRequest, cache: StudyCache) -> None:
    """Raises ByFit where even tracing would be lost time."""
    if cache.policy.compiling == "measured" and sizing.fills_machine(blueprint, request):
        told = f"{sizing.operations(blueprint, request) / 1e9:.0f} billion operations"
        raise ByFit(f"a step has {told}, so many that one fit fills the machine")


def _key(request: FitRequest, blueprint: Blueprint) -> Any:
    settings = request.settings
    flags = (
        settings.epochs,
        settings.batch_size,
        len(request.validation) > 0,
        len(request.test) > 0,
        request.predict_train,
    )
    return (blueprint.signature.digest, blueprint.signature.shapes, flags, settings.early_stopping)


def sized(group: Group) -> Iterator[Group]:
    """Divides a group into some of a size that memory, caches and time allow, as even as can be."""
    if group.why is not None:
        yield group
        return
    count = len(group.requests)
    parts = -(-count // sizing.most(group.blueprints[0], group.requests[0], sizing.room()))
    for at in range(parts):
        yield group.some(range(at * count // parts, (at + 1) * count // parts))


def is_shared(group: Group) -> bool | None:
    """Whether a processor's cores should share its operations; None where it matters little, or not for long.

    What goes by Keras ``fit`` has the threads that Keras would have.
    """
    if group.why is not None:
        return True
    fits, first = len(group.requests), (group.blueprints[0], group.requests[0])
    operations = fits * sizing.operations(*first)
    if operations >= sizing.SHARED:
        return True
    return False if operations < sizing.UNSHARED and fits * sizing.seconds(*first) >= sizing.SHORT_SECONDS else None


def described(group: Group) -> str:
    """A group in words: how many fits, and what of them is the same."""
    settings = group.requests[0].settings
    fits = f"{len(group.requests)} fits" if len(group.requests) > 1 else "1 fit"
    return f"{fits} of {settings.epochs} epochs with batches of {settings.batch_size}"
