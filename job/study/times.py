"""Times as people write them."""

import math
from datetime import UTC, datetime
from itertools import pairwise

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def moment(iso: str) -> str:
    """Return an ISO time as people read it, in UTC."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """Return a time as people write it: 48 ms, 3.2 s, 1 min 32 s, 2 h 5 min, 3 d 4 h."""
    if not math.isfinite(seconds):
        return "unknown"
    if round(seconds, 1) < 10:
        return _short_time(seconds)
    for (size, unit), (part, lesser) in pairwise(_UNITS):
        whole, rest = divmod(round(seconds / part), size // part)
        if whole:
            return f"{whole} {unit} {rest} {lesser}" if rest else f"{whole} {unit}"
    return f"{round(seconds)} s"


def _short_time(seconds: float) -> str:
    """Less than ten seconds."""
    thousandths = seconds * 1e3
    if thousandths >= 999.5:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    if thousandths >= 9.5:
        return f"{thousandths:.0f} ms"
    if thousandths >= 0.095:
        return f"{thousandths:.1f}".removesuffix(".0") + " ms"
    return "less than 0.1 ms" if seconds > 0 else "0 s"
