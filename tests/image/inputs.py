"""What an image is made of, and the digest of it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from image import base

ROOT = Path(__file__).parents[2]
_TOP = ("Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE")


def files(target: str) -> Iterator[Path]:
    """The files of the project that an image depends on, relative to the project, in a fixed order."""
    yield from map(Path, _TOP)
    for name in ("build.sh", "Dockerfile.extend", "build.lock", f"{target}.lock"):
        yield Path("k8s/image", name)
    code = [*(ROOT / "job").rglob("*"), *(ROOT / "tunejob").rglob("*")]
    yield from sorted(path.relative_to(ROOT) for path in code if path.is_file() and "__pycache__" not in path.parts)


def digest(target: str, requirements: Path | None = None) -> str:
    """Of an image's inputs: files, the base, and the requirements that extend it."""
    total = hashlib.sha256(base.digest().encode())
    for path in files(target):
        total.update(f"{path}:{hashlib.sha256((ROOT / path).read_bytes()).hexdigest()}\n".encode())
    if requirements is not None:
        total.update(requirements.read_bytes())
    return total.hexdigest()[:16]
