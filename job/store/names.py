"""What a name in the store may be: of a study, a shard, a word within a key."""

import re

from job.errors import UsageError

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NONCE = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_]*")
_KEY = re.compile(r"[^/\x00-\x1f\x7f\\#]+(/[^/\x00-\x1f\x7f\\#]+)*")
STUDY_LENGTH = 40
KEY_LENGTH = 900
"""S3, GCS and Azure allow 1,024 bytes; the store's own prefix needs some."""


def checked(key: str) -> str:
    """Return a key that every kind of store can hold as it is; raises UsageError for any other."""
    parts = key.split("/")
    if not _KEY.fullmatch(key) or {".", ".."} & set(parts) or len(key.encode()) > KEY_LENGTH:
        raise UsageError(
            f"{key!r} can't be a key in a store: needed are segments parted by single slashes, "
            f"without control characters, backslashes, '#', '.' or '..', {KEY_LENGTH} bytes at most"
        )
    return key


def checked_study(name: str) -> str:
    """Return a study's name that can be part of a key and of Kubernetes names; raises UsageError for any other."""
    if not LABEL.fullmatch(name) or len(name) > STUDY_LENGTH:
        raise UsageError(
            f"{name!r} can't be a study's name: needed are small letters, digits and '-' between them, "
            f"{STUDY_LENGTH} at most, such as 'breast-cancer'"
        )
    return name


def word(given: str, what: str) -> str:
    """Return a word that names something in a key; raises UsageError for any other, saying what it should be."""
    if not _NONCE.fullmatch(given):
        raise UsageError(f"{given!r} can't be {what}: needed are letters, digits, '-' and '_'")
    return given


def shard_number(number: int) -> str:
    """Return a shard's number as keys have it."""
    if not 0 <= number < 100_000:
        raise UsageError(f"shard {number} can't be named: shards are numbered from 0 to 99999")
    return f"{number:05d}"
