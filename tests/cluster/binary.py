"""The control plane's binary: built once from ``controlplane/`` and kept by the digest of its sources."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "1.36.3"
SOURCES = Path(__file__).parent / "controlplane"
_FLAGS = [
    "-s",
    "-w",
    *("-X", f"k8s.io/component-base/version.gitVersion=v{VERSION}"),
    *("-X", "k8s.io/component-base/version.gitMajor=1"),
    *("-X", "k8s.io/component-base/version.gitMinor=" + VERSION.split(".")[1]),
]


def place() -> Path:
    """Where the binary of these sources lies, or will lie."""
    digest = hashlib.sha256(repr(_FLAGS).encode())
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((SOURCES / name).read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tunejob" / f"controlplane-{digest.hexdigest()[:16]}"


def obstacle() -> str | None:
    """Why there is no binary and none can be built; None if all is well."""
    if place().exists() or shutil.which("go"):
        return None
    return f"no Go here to build Kubernetes {VERSION} with: install Go 1.26 or newer"


def build() -> Path:
    """The binary, built now if it never was: about five minutes on two cores, and 4 GB of disk for Go's caches."""
    target = place()
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test sessions at once build it once
        if not target.exists():
            fresh = target.with_suffix(f".{os.getpid()}")
            command = ["go", "build", "-trimpath", "-ldflags", " ".join(_FLAGS), "-o", str(fresh), "."]
            subprocess.run(command, cwd=SOURCES, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
            fresh.rename(target)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
