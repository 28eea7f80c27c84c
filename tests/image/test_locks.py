"""The locks of the images: exact, hashed, and what pyproject.toml asks for."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from image.inputs import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from servers.processes import absent

FOLDER = Path("k8s/image")
EXTRAS = {"controller": ["gcp"], "trainer-cpu": ["gcp", "cpu"], "trainer": ["gcp", "gpu"]}
LOCKS = (*EXTRAS, "build")
PIN = re.compile(r"^([\w.-]+)==([^\s;]+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def pins(text: str) -> dict[str, tuple[str, set[str]]]:
    """The version and the hashes of each package of a lock."""
    return {
        canonicalize_name(name): (version, set(re.findall(r"sha256:(\w+)", hashes)))
        for name, version, hashes in PIN.findall(text)
    }


def read(target: str) -> dict[str, tuple[str, set[str]]]:
    """What a committed lock pins."""
    return pins((ROOT / FOLDER / f"{target}.lock").read_text())


@pytest.mark.parametrize("target", LOCKS)
def test_every_line_is_a_hashed_pin(target):
    """A lock holds exact versions with hashes and nothing else: no index, no address, no path."""
    text = (ROOT / FOLDER / f"{target}.lock").read_text()
    assert text
    assert PIN.sub("", text) == ""


@pytest.mark.parametrize("target", EXTRAS)
def test_ranges_of_the_project(target):
    """Each dependency of the project is locked within its range."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in EXTRAS[target]:
        asked += project["optional-dependencies"][extra]
    locked = read(target)
    for requirement in map(Requirement, asked):
        version, _ = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement


def test_one_version_everywhere():
    """Controller and trainers have the same versions of what they share, since they draw and score as one program."""
    versions = {target: {name: version for name, (version, _) in read(target).items()} for target in EXTRAS}
    for trainer in ("trainer", "trainer-cpu"):
        assert versions["controller"].items() <= versions[trainer].items()
    assert {"tensorflow", "tensorflow-cpu", "keras"} & versions["controller"].keys() == set()


def test_resolves_to_the_locks(tmp_path):
    """The locks are what an index of packages gives for the project today: the same versions, and files it has."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for target in LOCKS:  # versions alone: hashes that are there would be taken over unseen
        lock = tmp_path / FOLDER / f"{target}.lock"
        lock.write_text("".join(f"{name}=={version}\n" for name, (version, _) in pins(lock.read_text()).items()))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [str(tmp_path / FOLDER / "lock.sh")],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "Failed to fetch" in done.stderr:
        absent(f"no index of packages to resolve with: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    for target in LOCKS:
        fresh = pins((tmp_path / FOLDER / f"{target}.lock").read_text())
        committed = read(target)
        assert {name: version for name, (version, _) in fresh.items()} == {n: v for n, (v, _) in committed.items()}
        for name, (_, hashes) in committed.items():
            assert hashes <= fresh[name][1], name
