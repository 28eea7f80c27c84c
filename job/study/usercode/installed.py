"""Which installed packages modules come from, and in which version, found without importing any of them."""

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from job.study.usercode.sources import elsewhere

_KNOWN = {"tensorflow", "keras", "sklearn", "job", "tunejob"}
"""Modules whose versions are told of every run, whatever its code imports."""
_PLACES = {"site-packages", "dist-packages"}


def versions(tops: Iterable[str], folder: Path) -> dict[str, str]:
    """Return the version of each distribution that some top-level modules come from, by its name.

    Of one whose version does not tell its code (it is in no distribution, or in one that has no version, or was
    installed for editing, from a folder, an archive or a repository) a digest of its Python files is told too.

    Args:
        tops: the modules; those of the standard library, beside the study and not installed at all are left out.
        folder: the study's.
    """
    wanted = sorted({top for top in tops if top not in sys.stdlib_module_names} - _KNOWN)
    places = {top: found for top in wanted if (found := _places(top, folder))}
    owners = metadata.packages_distributions() if places else {}
    return dict(one for top, found in places.items() for one in _told(top, found, owners.get(top, [])))


def _places(top: str, folder: Path) -> list[Path]:
    """The folders of a package, or the file of a module; none where it is not installed."""
    spec = next(elsewhere(top), None)
    if spec is None:
        return []
    origin = [spec.origin] if spec.has_location and spec.origin else []
    found = [Path(one) for one in spec.submodule_search_locations or origin]
    return [one for one in found if _is_installed(one) or not one.resolve().is_relative_to(folder.resolve())]


def _is_installed(place: Path) -> bool:
    return not _PLACES.isdisjoint(place.parts)


def _told(top: str, places: list[Path], owners: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = all(map(_is_installed, places))
    for name in dict.fromkeys(owners):
        one = metadata.distribution(name)
        is_released = known and bool(one.version.strip("0.")) and one.read_text("direct_url.json") is None
        yield re.sub(r"[-_.]+", "-", name).lower(), one.version if is_released else f"{one.version} {_digest(places)}"
    if not owners:
        yield top, _digest(places)


def _digest(places: Iterable[Path]) -> str:
    """The SHA-256 of a package's Python files and their names, or of a module's file."""
    state = hashlib.sha256()
    for place in places:
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if file.is_file():
                name = file.relative_to(place.parent).as_posix()
                state.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    return f"sha256 {state.hexdigest()[:16]}"
