"""Binaries that the tests run, each built once from the module of its sources and kept by their digest.

``python tests/cluster/binary.py`` builds the control plane and prints where it lies, ``… kueue`` Kueue's controller;
with ``--there`` nothing is built, and the exit code says whether it was.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

VERSION = "1.36.3"


@dataclass(frozen=True)
class Binary:
    """One program.

    Attributes:
        name: of it.
        sources: the folder of its module.
        package: what is built there.
        flags: of the linker.
        kept: a folder of the package's own module that is kept beside the binary, if any.
    """

    name: str
    sources: Path
    package: str
    flags: Sequence[str]
    kept: str = ""

    def place(self) -> Path:
        """Where the binary of these sources lies, or will lie."""
        digest = hashlib.sha256(repr(list(self.flags)).encode())
        for file in sorted(self.sources.glob("*.*")):
            digest.update(file.read_bytes())
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "tunejob" / f"{self.name}-{digest.hexdigest()[:16]}"

    def obstacle(self) -> str | None:
        """Why there is no binary and none can be built; None if all is well."""
        if self.place().exists() or shutil.which("go"):
            return None
        return f"no Go here to build {self.name} with: install Go 1.26 or newer"

    def build(self) -> Path:
        """The binary, built now if it never was: some minutes, and 4 GB of disk for Go's caches."""
        target = self.place()
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two test sessions at once build it once
            if not target.exists():
                fresh = target.with_suffix(f".{os.getpid()}")
                command = ["go", "build", "-trimpath", "-ldflags", " ".join(self.flags), "-o", str(fresh), self.package]
                subprocess.run(command, cwd=self.sources, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
                self._keep()
                fresh.rename(target)
        return target

    @property
    def beside(self) -> Path:
        """Where ``kept`` lies."""
        return self.place().with_suffix(".kept")

    def _keep(self) -> None:
        if self.kept:
            form = ["go", "list", "-f", "{{.Module.Dir}}", self.package]
            module = subprocess.run(form, cwd=self.sources, check=True, capture_output=True, text=True).stdout.strip()
            shutil.copytree(Path(module) / self.kept, self.beside, dirs_exist_ok=True)


CONTROL_PLANE = Binary(
    "controlplane",
    Path(__file__).parent / "controlplane",
    ".",
    [
        "-s",
        "-w",
        *("-X", f"k8s.io/component-base/version.gitVersion=v{VERSION}"),
        *("-X", "k8s.io/component-base/version.gitMajor=1"),
        *("-X", "k8s.io/component-base/version.gitMinor=" + VERSION.split(".")[1]),
    ],
)
KUEUE = Binary(
    "kueue", Path(__file__).parent / "kueue", "sigs.k8s.io/kueue/cmd/kueue", ["-s", "-w"], "config/components"
)
PUSHGATEWAY = Binary(
    "pushgateway",
    Path(__file__).parents[1] / "servers" / "gateway",
    "github.com/prometheus/pushgateway",
    ["-s", "-w"],
)


def main(arguments: Sequence[str]) -> int:
    """Builds one of them, or says whether it was built."""
    wanted = KUEUE if "kueue" in arguments else CONTROL_PLANE
    if "--there" in arguments:
        return 0 if wanted.place().exists() else 1
    sys.stdout.write(f"{wanted.build()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
