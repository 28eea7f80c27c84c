"""The versions that the tests run with: each package they need is fixed, within the range of pyproject.toml."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def fixed(file: str) -> list[Requirement]:
    """The lines of a constraints file."""
    lines = (ROOT / ".ci" / file).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", " "))]


def asked(*extras: str) -> list[Requirement]:
    """What the project asks for, with some extras."""
    more = [one for extra in extras for one in PROJECT["optional-dependencies"][extra]]
    return [Requirement(one) for one in [*PROJECT["dependencies"], *more]]


@pytest.mark.parametrize("file", ["newest.txt", "oldest.txt"])
def test_every_package_is_fixed_within_its_range(file):
    """``make constraints`` writes both anew."""
    pins = {canonicalize_name(one.name): [*one.specifier] for one in fixed(file)}
    for one in asked("cpu", "test"):
        (pin,) = pins[canonicalize_name(one.name)][:1]
        assert pin.operator == "=="
        assert one.specifier.contains(pin.version), one


def test_the_oldest_are_the_oldest():
    """Each package that the project needs is at the lower end of its range."""
    pins = {canonicalize_name(one.name): next(iter(one.specifier)).version for one in fixed("oldest.txt")}
    for one in asked("cpu"):
        (least,) = [part.version for part in one.specifier if part.operator == ">="]
        at_least = Requirement(f"{one.name}<={least}.9999")
        assert at_least.specifier.contains(pins[canonicalize_name(one.name)]), one
