"""Building the images without a daemon or a registry: buildah, on a base made here under the base's own name."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BASE = "docker.io/library/python:3.11-slim-bookworm"
TAG = "0.1.0"
ROOT = Path(__file__).parents[2]
_SUITE = "bookworm"
_PACKAGES = ("python3", "python3-venv", "ca-certificates")
_UNREAD = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")

_TRUSTED = "/etc/ssl/certs/ca-certificates.crt"


def obstacle() -> str | None:
    """Why no image can be built here; None if one can."""
    if missing := [tool for tool in ("buildah", "debootstrap") if shutil.which(tool) is None]:
        return f"no {' and no '.join(missing)} here to build images with: apt-get install buildah debootstrap"
    if os.geteuid() != 0:
        return "images are built by root here, for want of a daemon"
    return None


@dataclass(frozen=True)
class Built:
    """An image: its OCI configuration (JSON) and what it holds, unpacked and mounted."""

    name: str
    config: str
    root: Path

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command in the root as the image's user, in the environment that the image sets."""
        words = json.loads(self.config)["config"]
        inside = ["chroot", "--userspec=" + words["User"], str(self.root), *command]
        environment = dict(pair.split("=", 1) for pair in words["Env"])
        return subprocess.run(inside, env=environment, capture_output=True, text=True, check=False)

    def size(self) -> int:
        """Bytes of all files, each inode once."""
        return int(subprocess.run(["du", "-sbx", str(self.root)], capture_output=True, check=True).stdout.split()[0])


class Builder:
    """Images and their layers in a folder that outlives the test session, so that packages are installed once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = {**os.environ, "BUILDER": "buildah", "BUILDAH_ISOLATION": "chroot"}
        self._environment["CONTAINERS_STORAGE_CONF"] = str(folder / "storage.conf")
        for driver in ("overlay", "vfs"):  # vfs copies the whole root for each layer
            lines = [f'driver = "{driver}"', f'graphroot = "{folder / driver}"', f'runroot = "{folder / "run"}"']
            (folder / "storage.conf").write_text("[storage]\n" + "\n".join(lines) + "\n")
            if self._buildah("info", check=False).returncode == 0:
                return
        raise RuntimeError(self._buildah("info", check=False).stderr)

    def build(self, target: str, requirements: Path | None = None) -> str:
        """Runs the project's own build script for one target; the image's name."""
        self._make_base()
        environment = {**self._environment, "TAG": TAG}
        if requirements is not None:
            environment |= {"REQUIREMENTS": str(requirements), "TAG": f"{TAG}-extended"}
        command = [str(ROOT / "k8s" / "image" / "build.sh"), target]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}")
        return f"localhost/tunejob-{target}:{environment['TAG']}"

    @contextmanager
    def unpacked(self, name: str) -> Iterator[Built]:
        """The image's root filesystem, until the end of the block."""
        inspected = json.loads(self._buildah("inspect", "--type", "image", name).stdout)
        container = self._buildah("from", "--pull-never", name).stdout.strip()
        try:
            yield Built(name, json.dumps(inspected["OCIv1"]), Path(self._buildah("mount", container).stdout.strip()))
        finally:
            self._buildah("umount", container)
            self._buildah("rm", container)

    def _make_base(self) -> None:
        """Debian with its Python, which is of the base's release and version, under the base's name."""
        digest = hashlib.sha256(repr((BASE, _SUITE, _PACKAGES, _UNREAD, _TRUSTED)).encode()).hexdigest()[:16]
        mark = f"localhost/base:{digest}"
        if self._buildah("inspect", "--type", "image", mark, check=False).returncode == 0:
            return
        folder = self.folder / f"base-{os.getpid()}"
        try:
            command = ["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", _SUITE, str(folder)]
            subprocess.run(command, capture_output=True, check=True)
            for unread in _UNREAD:
                shutil.rmtree(folder / unread, ignore_errors=True)
            shutil.copy(_TRUSTED, folder / "etc/ssl/certs")  # the machine may sit behind a proxy with a CA of its own
            (folder / "etc/pip.conf").write_text(f"[global]\ncert = {_TRUSTED}\n")
            container = self._buildah("from", "scratch").stdout.strip()
            self._buildah("copy", container, str(folder), "/")
            self._buildah("commit", "--rm", container, mark)
            self._buildah("tag", mark, BASE)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _buildah(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            ["buildah", *words], env=self._environment, capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise RuntimeError(f"buildah {' '.join(words)}: {done.stderr[-2000:]}")
        return done
