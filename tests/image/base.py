"""The base of the images, as near to the real one as can be made here: of the Debian and Python that its name says."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "python:3.11-slim-bookworm"
_SUITE = "bookworm"
_PACKAGES = ("python3", "python3-venv", "ca-certificates")
_UNREAD = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")


def digest() -> str:
    """Of all that the base is made of."""
    named = repr((NAME, _SUITE, _PACKAGES, _UNREAD)).encode()
    return hashlib.sha256(named + _TRUSTED.read_bytes()).hexdigest()[:16]


@contextmanager
def made(folder: Path) -> Iterator[Path]:
    """The root filesystem of the base, until the end of the block."""
    shutil.rmtree(folder, ignore_errors=True)  # what a killed session left
    try:
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", _SUITE, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout[-2000:]}")
        for unread in _UNREAD:
            shutil.rmtree(folder / unread, ignore_errors=True)
        # The machine may sit behind a proxy with a certificate authority of its own.
        shutil.copy(_TRUSTED, folder / "etc/ssl/certs")
        (folder / "etc/pip.conf").write_text(f"[global]\ncert = {_TRUSTED}\n")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
