"""Names that nobody else takes, and that tell how old they are: what nobody came back for can be cleaned away."""

import hashlib
import re
import secrets
import time

DAY = 86_400.0
_FORM = re.compile(r"[0-9a-f]{8}([0-9a-f]{8})")


def fresh() -> str:
    """Returns 16 characters: half of them chance, half the time."""
    return f"{secrets.token_hex(4)}{int(time.time()):08x}"


def of(identity: str, made: float) -> str:
    """Returns the one of something with an identity of its own, made at a time (seconds of the epoch)."""
    return f"{hashlib.sha256(identity.encode()).hexdigest()[:8]}{int(made):08x}"


def age(nonce: str) -> float:
    """Returns seconds since it was made; infinite for one that does not tell, which an earlier version made."""
    found = _FORM.fullmatch(nonce)
    seconds = time.time() - int(found[1], 16) if found else float("inf")
    return seconds if seconds > -DAY else float("inf")


def another(nonce: str) -> str:
    """Returns a second one of the same age: for what follows what the first one names."""
    return f"{hashlib.sha256(nonce.encode()).hexdigest()[:8]}{nonce[8:]}"
