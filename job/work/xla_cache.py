"""What XLA compiled, kept in a folder for the next worker and the next run: a second's work for each shape of a model.

The folder is ``tunejob/xla`` in ``TUNEJOB_CACHE``, else in ``XDG_CACHE_HOME``, else in ``~/.cache``. What was compiled
for one processor or TensorFlow is of no use to another, so each has a folder of its own there.
"""

import hashlib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

_FLAG = "--tf_xla_persistent_cache_directory"
_MOST = 1024**3  # bytes kept, for each processor and TensorFlow


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment variable that makes TensorFlow use the folder; none where it can't be written or one is named.

    Args:
        given: the environment of the process that trains.
    """
    flags = given.get("TF_XLA_FLAGS", "")
    if _FLAG in flags:
        return {}
    root = given.get("TUNEJOB_CACHE") or given.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(root) / "tunejob" / "xla" / _machine()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _trim(folder)
    except OSError:  # a pod's file system may be read-only: nothing is kept then
        return {}
    return {"TF_XLA_FLAGS": f"{flags} {_FLAG}={folder}".strip()}


def _machine() -> str:
    """A name for this processor and this TensorFlow."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    kept = sorted({line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))})
    versions = [f"{name} {metadata.version(name)}" for name in ("tensorflow-cpu", "tensorflow") if _installed(name)]
    return hashlib.sha256("\n".join([*kept, *versions]).encode()).hexdigest()[:16]


def _installed(name: str) -> bool:
    return next(iter(metadata.distributions(name=name)), None) is not None


def _trim(folder: Path) -> None:
    """Removes what was not written for longest when there is too much."""
    files = sorted(((one.stat().st_mtime, one.stat().st_size, one) for one in folder.iterdir()), reverse=True)
    total = 0
    for _, size, file in files:
        total += size
        if total > _MOST:
            file.unlink(missing_ok=True)
