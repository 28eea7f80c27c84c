"""From a store's URL to a store."""

import os
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import MemoryStore

from job.errors import UsageError
from job.store.clouds import connect
from job.store.contract import Store
from job.store.folder import Folder
from job.store.objects import Connected, Objects

PATIENCE = 120.0
"""Seconds, where neither the caller nor TUNEJOB_STORE_PATIENCE says."""
_SCHEMES = {"file", "memory", "s3", "gs", "az"}
KINDS = "a folder's path, file://PATH, memory://NAME, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX"


def shared_between_processes(url: str) -> bool:
    """Say whether worker processes see what another process wrote there: all but ``memory://``."""
    return not url.startswith("memory:")


def open_store(url: str, *, patience: float | None = None) -> Store:
    """Return the store at a URL, without asking it anything yet.

    Args:
        url: a folder's path, ``file://``, ``memory://NAME`` (within this process), ``s3://``, ``gs://``, ``az://``.
        patience: seconds of trying while a fault may pass; else TUNEJOB_STORE_PATIENCE, else 120.

    Raises:
        UsageError: for another URL, or one with credentials in it, which is not repeated.
    """
    seconds = _patience() if patience is None else patience
    scheme, parted, rest = url.partition("://")
    if not parted:
        return Folder(Path(url).expanduser().absolute(), seconds)
    if scheme not in _SCHEMES:
        small = f". Did you mean {scheme.lower()}://?" if scheme.lower() in _SCHEMES else ""
        raise UsageError(f"{scheme}:// is no kind of store; allowed are {KINDS}{small}")
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"the store's URL, {scheme}://…, has more than a place in it; needed is {KINDS}. "
            "Credentials come from the environment"
        )
    if scheme == "file":
        return Folder(_local(rest), seconds)
    if scheme == "memory":
        memory = _memory(rest)
        return Objects(url, Connected(memory, memory, memory), seconds)
    if not parts.netloc:
        raise UsageError(f"{url} names no bucket; needed is {KINDS}")
    place = url.rstrip("/")
    return Objects(place, connect(place, seconds), seconds)


def _local(rest: str) -> Path:
    """The folder of ``file://PATH``; a relative path is taken from where we are."""
    return Path(unquote(rest)).absolute()


def _patience() -> float:
    text = os.environ.get("TUNEJOB_STORE_PATIENCE", "")
    try:
        seconds = float(text or PATIENCE)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise UsageError(f"TUNEJOB_STORE_PATIENCE is {text!r}; needed is a number of seconds, such as {PATIENCE:g}")
    return seconds


@cache
def _memory(name: str) -> MemoryStore:  # noqa: ARG001 - the name is the cache's key
    return MemoryStore()
