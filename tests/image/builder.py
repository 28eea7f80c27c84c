"""The images, built without a daemon or a registry: by buildah, on a base made here under the base's own name.

``with unpacked("controller") as built:`` gives an image's root filesystem (``built.root``) and configuration
(``built.config``). What was built before from the same inputs is there at once, and for new code only the layers of
the code are made anew. All is kept in $TUNEJOB_TEST_CACHE, or else ~/.cache/tunejob-tests.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from image import base
from image.inputs import ROOT, digest

_ENTER = """
set -e
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
[ -z "$2" ] || mount --bind "$2" "$1$3"
mount -o remount,bind,ro "$1"
root=$1 folder=$3 user=$4
shift 4
exec chroot --userspec="$user" "$root" env --chdir="$folder" "$@"
"""


def obstacle() -> str | None:
    """Why no image can be built here; None if one can."""
    if missing := [tool for tool in ("buildah", "debootstrap") if shutil.which(tool) is None]:
        return f"no {' and no '.join(missing)} here to build images with: apt-get install buildah debootstrap"
    if os.geteuid() != 0:
        return "images are built by root here, for want of a daemon"
    return None


def cache() -> Path:
    """Where images and their layers are kept from session to session."""
    return Path(os.environ.get("TUNEJOB_TEST_CACHE") or Path.home() / ".cache" / "tunejob-tests") / "images"


@contextmanager
def unpacked(target: str, requirements: Path | None = None) -> Iterator["Built"]:
    """An image's root filesystem until the end of the block, built now if it never was."""
    builder = Builder(cache())
    with builder.using(target, requirements) as name, builder.mounted(name) as built:
        yield built


@dataclass(frozen=True)
class Built:
    """An image: its name, its OCI configuration (JSON), and its root filesystem."""

    name: str
    config: str
    root: Path

    @property
    def words(self) -> dict[str, object]:
        """The configuration that a runtime goes by: User, Env, Entrypoint and so on."""
        return json.loads(self.config)["config"]

    @property
    def layers(self) -> list[str]:
        """The digests of the layers, the lowest first."""
        return json.loads(self.config)["rootfs"]["diff_ids"]

    def run(self, *command: str, work: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Runs a command as a pod would: the image's user and variables, a read-only root, an empty /tmp.

        ``work`` lies, writable, where the image's working directory is.
        """
        words = self.words
        inside = [str(self.root), str(work or ""), words["WorkingDir"], words["User"], *words["Env"], *command]
        walls = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, "sh"]
        return subprocess.run([*walls, *inside], env=_PLAIN, capture_output=True, text=True, check=False)

    def size(self) -> int:
        """Bytes of all files, each inode once."""
        return int(subprocess.run(["du", "-sbx", str(self.root)], capture_output=True, check=True).stdout.split()[0])


_PLAIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def _kind(name: str) -> tuple[str, bool]:
    repository, tag = name.rsplit(":", 1)
    return repository, "-extended" in tag


class Builder:
    """Images and layers in a folder; two sessions may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = {**os.environ, "BUILDER": "buildah", "BUILDAH_ISOLATION": "chroot"}
        self._environment["CONTAINERS_STORAGE_CONF"] = str(folder / "storage.conf")
        with self._locked("build", fcntl.LOCK_EX):
            self._choose_driver()

    @contextmanager
    def using(self, target: str, requirements: Path | None = None) -> Iterator[str]:
        """The name of an image, which no other session takes away before the end of the block."""
        with self._locked("build", fcntl.LOCK_EX) as building:
            name = self._build(target, requirements)
            kind = target if requirements is None else f"{target}-extended"
            with self._locked(kind, fcntl.LOCK_SH) as held:
                self._remove_older(name, held)
                fcntl.flock(building, fcntl.LOCK_UN)
                yield name

    @contextmanager
    def mounted(self, name: str) -> Iterator[Built]:
        """The image's root filesystem, until the end of the block."""
        inspected = json.loads(self._buildah("inspect", "--type", "image", name))
        container = self._buildah("from", "--pull-never", name)
        try:
            yield Built(name, json.dumps(inspected["OCIv1"]), Path(self._buildah("mount", container)))
        finally:
            self._buildah("umount", container)
            self._buildah("rm", container)

    def build(self, root: Path, target: str, tag: str) -> str:
        """Builds a target of another source tree; the image's name."""
        with self._locked("build", fcntl.LOCK_EX):
            self._script(root, target, {"TAG": tag})
        return f"localhost/tunejob-{target}:{tag}"

    def _script(self, root: Path, target: str, settings: Mapping[str, str]) -> None:
        command = [str(root / "k8s" / "image" / "build.sh"), target]
        done = subprocess.run(
            command, env={**self._environment, **settings}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            self._remove_unfinished()
            said = (done.stdout + done.stderr)[-4000:]
            raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}:\n{said}")

    def _build(self, target: str, requirements: Path | None) -> str:
        tag = digest(target, requirements)
        settings = {"TAG": tag}
        if requirements is not None:
            settings = {"TAG": f"{tag}-extended", "REQUIREMENTS": str(requirements)}
        name = f"localhost/tunejob-{target}:{settings['TAG']}"
        if not self._has(name):
            self._make_base()
            self._script(ROOT, target, settings)
        return name

    def _make_base(self) -> None:
        mark = f"localhost/base:{base.digest()}"
        if not self._has(mark):
            with base.made(self.folder / "base") as folder:
                container = self._buildah("from", "scratch")
                self._buildah("copy", "--quiet", container, str(folder), "/")
                self._buildah("commit", "--quiet", "--rm", container, mark)
        self._buildah("tag", mark, base.NAME)

    def _remove_older(self, name: str, held: int) -> None:
        """Removes what the image supersedes, unless another session uses it; what killed sessions left as well."""
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        older = [other for other in self._names() if _kind(other) == _kind(name) and not other.startswith(name)]
        for other in older:
            self._buildah("rmi", "--force", other)
        if older:
            self._remove_unfinished()
            self._buildah("rmi", "--prune")
        fcntl.flock(held, fcntl.LOCK_SH)

    def _names(self) -> list[str]:
        images = json.loads(self._buildah("images", "--json", "--no-trunc"))
        return [name for image in images for name in image.get("names") or ()]

    def _remove_unfinished(self) -> None:
        """Removes the containers of a failed build, which have no image's name."""
        for container in json.loads(self._buildah("containers", "--json")) or ():
            if not container["imagename"]:
                self._buildah("umount", container["id"])
                self._buildah("rm", container["id"])

    def _choose_driver(self) -> None:
        for driver in ("overlay", "vfs"):  # vfs copies the whole root for each layer
            lines = [f'driver = "{driver}"', f'graphroot = "{self.folder / driver}"']
            lines += [f'runroot = "{self.folder / "run"}"', "[storage.options.overlay]", 'skip_mount_home = "true"']
            (self.folder / "storage.conf").write_text("[storage]\n" + "\n".join(lines) + "\n")
            if self._try("info").returncode == 0:
                return
        raise RuntimeError(self._try("info").stderr)

    def _has(self, name: str) -> bool:
        return self._try("inspect", "--type", "image", name).returncode == 0

    def _buildah(self, *words: str) -> str:
        done = self._try(*words)
        if done.returncode:
            raise RuntimeError(f"buildah {' '.join(words)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def _try(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = ["buildah", *words]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[int]:
        with (self.folder / f"{name}.lock").open("w") as file:
            fcntl.flock(file, how)
            yield file.fileno()
