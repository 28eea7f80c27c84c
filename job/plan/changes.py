"""What makes a plan another run than an earlier one, by name: a few words for each thing, and how far the other got."""

from collections.abc import Iterator, Mapping

from job.plan.plan import Plan

NUMBERS = "numbers"
"""The part of a digest that says by which version of this package's arithmetic fits are trained."""

PACKAGE = "package "
"""How the parts begin that say by which version of a package that the code imports fits are trained."""

AGAIN = "facts.again"
_CHAMPION = "facts.champion"
_EARLIER = "trained by an earlier version of tunejob's numbers"
_WORDS = {
    "facts.data": "data differs",
    "facts.folds": "folds differ",
    "facts.code": "code differs",
    "facts.task": "task {} → {}",
    AGAIN: "fits that failed are trained again",
    _CHAMPION: "the champion's parameters, a trial of a retune's search, are others",
}
_LASTING = (_CHAMPION, AGAIN)
"""What nobody undoes in the study."""
_LONG = 40
_MOST = 8


def names(before: Plan, after: Plan) -> list[str]:
    """Return the names of the parts that differ, but those that differ because of what is told with another."""
    old, new = before.digest_parts, after.digest_parts
    found = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if NUMBERS in found and not any(name.startswith(PACKAGE) for name in old):  # earlier versions named none
        found = [name for name in found if not name.startswith(PACKAGE)]
    if AGAIN in found and AGAIN not in new and len(found) > 1:  # what differs otherwise has no failures yet
        found.remove(AGAIN)
    return found


def between(before: Plan, after: Plan) -> list[str]:
    """Return what differs by name, such as ``model.py changed`` or ``tensorflow 2.20 → 2.21``; none for one run."""
    if before.digest == after.digest:
        return []
    old, new = before.digest_parts, after.digest_parts
    found = names(before, after)
    if "facts.folds" in found and "facts.data" in found:
        found.remove("facts.folds")  # other rows have other folds
    said = [word for name in found for word in _words(name, old.get(name), new.get(name), before, after)]
    return said or [_EARLIER]


def told(before: Plan, after: Plan, state: str) -> str:
    """Return the line that says why a run is new though there is an earlier one, and how that one is resumed.

    Args:
        before: the earlier run.
        after: the new one.
        state: how far the earlier one is, such as "unfinished".
    """
    said = between(before, after)
    if said == [_EARLIER]:
        return f"this is a new run: {before.run} ({state}) was {_EARLIER}, and its fits can't be mixed with this one's"
    others = [one for one in said if one != _EARLIER]
    more = f" and {len(others) - _MOST:,} more" if len(others) > _MOST else ""
    earlier = f", {_EARLIER}" if _EARLIER in said else ""
    new = f"this is a new run, not {before.run} ({state}){earlier}: {', '.join(others[:_MOST])}{more}"
    old, now = before.digest_parts, after.digest_parts
    if earlier or any(old.get(name) != now.get(name) for name in _LASTING):
        return new
    return f"{new}; undo that and tunejob resumes {before.run}"


def files(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield which files of the code differ, by their digests; one that the code leaves out may well be there."""
    for name in sorted({*before, *after}):
        if name not in before:
            yield f"{name} is used now"
        elif name not in after:
            yield f"{name} is no longer used"
        elif before[name] != after[name]:
            yield f"{name} changed"


def _words(name: str, old: str | None, new: str | None, before: Plan, after: Plan) -> list[str]:
    if name == "facts.code" and before.facts.files and after.facts.files:
        return list(files(before.facts.files, after.facts.files)) or [_WORDS[name]]
    if name in _WORDS:
        return [_worded(name, old, new)]
    if name.removeprefix("facts.") == NUMBERS:
        return [_EARLIER]
    if old is None:
        return [f"{name} is new" if new is None or len(new) > _LONG else f"{name}: {new} is new"]
    if new is None:
        return [f"{name} is gone"]
    return [f"{name} {old} → {new}" if len(old) + len(new) <= _LONG else f"{name} changed"]


def _worded(name: str, old: str | None, new: str | None) -> str:
    if name == _CHAMPION and (old is None or new is None):
        return "the champion is a trial of it" if old is None else "the champion is no trial of it"
    if name == AGAIN and new is None:
        return "fits that failed are not trained again"
    return _WORDS[name].format(old, new)
