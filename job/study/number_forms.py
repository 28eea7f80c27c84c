"""Short forms of numbers in a study: times, scores of failed fits, weights of classes."""

import math
import re
from collections.abc import Mapping
from typing import Any

from job.study.forms import refuse
from job.study.mistakes import nearest, shown

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def class_weight(value: Any) -> Any:
    """``balanced``, or a weight for each label."""
    if value is None or value == "balanced":
        return value
    if isinstance(value, Mapping) and all(_is_number(one) and one >= 0 for one in value.values()):
        return {label: float(weight) for label, weight in value.items()}
    raise refuse(
        f"got {shown(value)}; allowed are `balanced`, or a weight for each label, such as `{{0: 1.0, 1: 5.0}}`."
        + (nearest(value, ["balanced"]) if isinstance(value, str) else "")
    )


def error_score(value: Any) -> Any:
    """A number, ``nan`` or ``raise``."""
    if isinstance(value, str) and value.lower() in ("nan", ".nan"):
        return math.nan
    if value == "raise":
        return value
    if not _is_number(value):
        raise refuse(f"got {shown(value)}; allowed are `nan`, a number, or `raise`." + nearest(value, ["nan", "raise"]))
    return math.nan if math.isnan(value) else float(value)


def error_score_written(value: Any) -> Any:
    """An error score as it is written in a study."""
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def duration(value: Any) -> Any:
    """Seconds, or text such as ``90s``, ``30m``, ``8h``, ``1h30m``, ``7d``."""
    if value is None:
        return None
    seconds = value if _is_number(value) else None
    if isinstance(value, str) and value.strip() and (found := _DURATION.fullmatch(value.strip())):
        parts = zip(found.groups(), _UNITS, strict=True)
        seconds = sum(float(amount) * unit for amount, (_, unit) in parts if amount)
    if seconds is None or not 0 < seconds < math.inf:
        raise refuse(
            f"got {shown(value)}; allowed is a time above zero such as `90s`, `30m`, `8h` or `1h30m`, "
            "or a number of seconds."
        )
    return float(seconds)


def duration_written(value: Any) -> Any:
    """A time as it is written in a study: in its largest whole unit."""
    if value is None:
        return None
    return next((f"{value / unit:.0f}{sign}" for sign, unit in _UNITS if value % unit == 0), value)
