"""From a store's URL to a store."""

import os
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import MemoryStore

from job.errors import UsageError
from job.store.contract import Store
from job.store.folder import Folder
from job.store.objects import Connected, Objects

PATIENCE = 120.0
"""Seconds, where neither the caller nor TUNEJOB_STORE_PATIENCE says."""


def shared_between_processes(url: str) -> bool:
    """Say whether worker processes see what another process wrote there: all but ``memory://``."""
    return not url.startswith("memory:")


def open_store(url: str, *, patience: float | None = None) -> Store:
    """Return the store at a URL, without asking it anything yet.

    Args:
        url: a folder's path, ``file://``, ``memory://NAME`` (within this process), ``s3://``, ``gs://``, ``az://``.
        patience: seconds of trying while a fault may pass; else TUNEJOB_STORE_PATIENCE, else 120.

    Raises:
        UsageError: for another URL, or one with credentials in it.
    """
    seconds = _patience() if patience is None else patience
    if "://" not in url:
        return Folder(Path(url).expanduser().absolute(), seconds)
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)), seconds)
    if parts.scheme == "memory":
        memory = _memory(parts.netloc + parts.path)
        return Objects(url, Connected(memory, memory, memory), seconds)
    raise UsageError(f"{parts.scheme}: no such store")


def _patience() -> float:
    text = os.environ.get("TUNEJOB_STORE_PATIENCE", "")
    try:
        seconds = float(text or PATIENCE)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise UsageError(f"TUNEJOB_STORE_PATIENCE is {text!r}; needed is a number of seconds, such as 120")
    return seconds


@cache
def _memory(name: str) -> MemoryStore:
    return MemoryStore()
