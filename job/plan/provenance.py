"""Where a run comes from: versions, packages, the git commit of the study's folder."""

import platform
import subprocess
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path

_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-rocm", "tensorflow-intel", "tf-nightly")
"""Distributions that install the module ``tensorflow``."""


def versions() -> dict[str, str]:
    """Returns the versions of what decides scores; those not installed are left out."""
    found = {name: _version(name) for name in ("keras", "scikit-learn", "numpy", "scipy", "tunejob")}
    found["tensorflow"] = next((version for name in _TENSORFLOW if (version := _version(name))), None)
    return {"python": platform.python_version(), **{name: version for name, version in found.items() if version}}


def packages() -> dict[str, str]:
    """Returns every installed distribution with its version, by name."""
    found = dict(told for dist in metadata.distributions() if (told := _told(dist)) is not None)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _told(dist: metadata.Distribution) -> tuple[str, str] | None:
    """A distribution's name and version, from the head of its metadata: the rest is long, and takes long to parse."""
    text = dist.read_text("METADATA") or dist.read_text("PKG-INFO") or ""
    head = HeaderParser().parsestr(text.partition("\n\n")[0])
    return (head["Name"], head["Version"]) if head["Name"] and head["Version"] else None


def commit(folder: Path) -> str | None:
    """Returns the git commit of a folder, and whether files in it are changed; None outside of git, or without git."""
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return None
    return f"{head} and uncommitted changes" if _git(folder, "status", "--porcelain", "--", ".") else head


def processor() -> str:
    """Returns the CPU's model as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
