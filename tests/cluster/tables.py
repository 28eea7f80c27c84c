"""Tables of results as their readers see them: rows of texts, and what differs between two."""

import csv
import io

_TIMES = ("fit_time", "score_time")


def rows(data: bytes) -> list[dict[str, str]]:
    """A cv_results.csv without its columns of times."""
    found = csv.DictReader(io.StringIO(data.decode()))
    return [{name: text for name, text in row.items() if not any(time in name for time in _TIMES)} for row in found]


def differences(got: list[dict[str, str]], wanted: list[dict[str, str]], tolerance: float = 1e-6) -> list[str]:
    """What differs between two tables: rows, columns, texts (params, masks), and numbers by more than a tolerance."""
    if len(got) != len(wanted) or list(got[0]) != list(wanted[0]):
        return [f"{len(got)} rows of {list(got[0])}, wanted {len(wanted)} of {list(wanted[0])}"]
    return [
        f"row {place}, {name}: {one[name]} and not {text}"
        for place, (one, other) in enumerate(zip(got, wanted, strict=True))
        for name, text in other.items()
        if one[name] != text and not _near(one[name], text, tolerance)
    ]


def _near(one: str, other: str, tolerance: float) -> bool:
    try:
        return abs(float(one) - float(other)) <= tolerance
    except ValueError:
        return False
