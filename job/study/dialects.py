"""What a text table really is, where it is not what the study says: its encoding, separator, header and decimals."""

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from job.study.mistakes import Mistake, listed
from job.study.study import Study

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NUMBER = re.compile(r"[-+]?\d*[.,]?\d+(?:[eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_LOOKED = 65_536
"""Bytes from the file's beginning."""


def separator(study: Study) -> str:
    """What is between two values: as the study says, else a tab in ``.tsv`` and a comma elsewhere."""
    if study.separator is not None:
        return "\t" if study.separator in ("tab", "\\t") else study.separator
    return "\t" if ".tsv" in str(study.data).lower() else ","


def find(path: Path, study: Study) -> Iterator[Mistake]:
    """The fields that would read a file, where it is not as the study says; at most the first thing that is amiss."""
    beginning = _beginning(path)
    found = _encoding(beginning, study)
    if found is not None:
        yield found
        return
    lines = beginning.decode(study.encoding, errors="replace").lstrip("\ufeff").splitlines()[:20]
    rows = [line for line in lines if line.strip()]
    if not rows:
        yield Mistake(("data",), f"{study.data} is empty; the first line of a table names its columns.")
        return
    yield from _separated(rows, study) or _headed(rows, study) or ()


def twice(names: Sequence[str]) -> list[str]:
    """Names that more than one column has."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def is_decimal_comma(values: Sequence[object]) -> bool:
    """Whether a column of words is one of numbers with a comma for their point."""
    return bool(values) and all(isinstance(one, str) and _COMMA.fullmatch(one.strip()) for one in values)


def names(path: Path, study: Study) -> list[str]:
    """The names of a table's columns: its first line's, or those that the study gives, or numbers from 0."""
    lines = _beginning(path).decode(study.encoding, errors="replace").lstrip("\ufeff").splitlines()
    first = [one.strip() for one in next(csv.reader(lines[:50], delimiter=separator(study)), [])]
    if study.header is True:
        return first
    return [str(number) for number in range(len(first))] if study.header is False else list(study.header)


def _beginning(path: Path) -> bytes:
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        return file.read(_LOOKED)


def _encoding(beginning: bytes, study: Study) -> Mistake | None:
    if study.encoding.lower().replace("_", "-") not in ("utf-8", "utf-8-sig"):
        return None
    known = next((name for bom, name in _BOMS if beginning.startswith(bom)), None)
    if known is None and beginning[:1000].count(b"\0") > len(beginning[:1000]) // 4:
        known = "utf-16-le" if beginning[1:2] == b"\0" else "utf-16-be"
    if known is not None:
        return Mistake(("data",), f"{study.data} is UTF-16 text, as Excel exports it: write `encoding: {known}`.")
    try:
        beginning[: beginning.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError as error:
        byte = beginning[error.start]
        line = beginning.count(b"\n", 0, error.start) + 1
        told = f"{study.data} is no UTF-8 text (byte 0x{byte:02x} in line {line}); most likely `encoding: cp1252`."
        return Mistake(("data",), told)
    return None


def _separated(rows: Sequence[str], study: Study) -> list[Mistake]:
    """A separator that is in every line, where the study's own is in none of the first."""
    own = separator(study)
    if own in rows[0]:
        return []
    for other, called in SEPARATORS.items():
        counts = {line.count(other) for line in rows}
        if other != own and min(counts) > 0 and (len(counts) == 1 or other in rows[0]):
            values = [value for line in rows[1:] for value in line.split(other)]
            decimal = other == ";" and any(_COMMA.fullmatch(value.strip().strip('"')) for value in values)
            more = ', and numbers have decimal commas: write `separator: ";"` and `decimal: ","`'
            written = "tab" if other == "\t" else f'"{other}"'
            told = more if decimal else f": write `separator: {written}`"
            return [Mistake(("data",), f"{study.data} is separated by {called}{told}.")]
    return []


def _headed(rows: Sequence[str], study: Study) -> list[Mistake]:
    """A first line that is one of numbers, which names no columns."""
    first = next(csv.reader([rows[0]], delimiter=separator(study)), [])
    numbers = [one for one in first if _NUMBER.fullmatch(one.strip())]
    if study.header is not True or len(numbers) < max(1, len(first) // 2 + 1):
        return []
    some = [f"x{place}" for place in range(len(first))]
    example = ", ".join([*some[:3], "…"] if len(some) > 3 else some)
    return [
        Mistake(
            ("data",),
            f"{study.data} has no line of names: it begins with {listed(first[:4])}. Name its {len(first)} columns, "
            f"`header: [{example}]`, or write `header: false` and call them by number, the first `0`.",
        )
    ]
