"""Fixtures of the room that starts workers."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from launch import rendering

from job.launch.cluster import deletions
from job.launch.cluster.names import Owner


@pytest.fixture(scope="session")
def template():
    """The installed PodTemplate of an overlay, as an API server would give it back."""

    def give(overlay="cpu", *components):
        folder = f"overlays/{overlay}/install"
        return rendering.one(rendering.objects(folder, components), "PodTemplate")

    return give


@pytest.fixture(scope="session")
def owner():
    """The controller's Job."""
    return Owner("tunejob-controller", "1f5e4a7c-0000-4000-8000-000000000000")


@pytest.fixture
def clock(monkeypatch):
    """The count of seconds by which deletions are timed, in ``now``, for a test to move on."""
    found = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(deletions, "monotonic", lambda: found.now)
    return found


@pytest.fixture
def golden(request):
    """Compares a value with the one that is kept; ``pytest --golden`` is no option: delete a file to write it anew."""
    folder = Path(__file__).parent / "golden"

    def compare(name, value):
        kept = folder / f"{name}.yaml"
        text = rendering.written(value)
        if not kept.exists():
            kept.write_text(text)
            pytest.fail(f"{kept.name} was written anew: look at it, and keep it if it is right")
        assert text == kept.read_text()

    return compare
