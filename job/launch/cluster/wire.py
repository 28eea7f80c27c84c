"""How the API server is asked and answers: selectors in a query, lines of a stream, times."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

import urllib3


def each_line(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The lines of an answer, each as soon as it has come."""
    rest = b""
    while data := answer.read1():
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
    if rest:
        yield rest


def selectors(labels: Mapping[str, str | Collection[str]] | None, fields: Mapping[str, str] | None) -> dict[str, str]:
    """Labels (of one value, or of any of several) and fields to match, as a query says them."""
    chosen = {"labelSelector": labels, "fieldSelector": fields}
    return {name: ",".join(_selected(*pair) for pair in one.items()) for name, one in chosen.items() if one}


def _selected(key: str, value: str | Collection[str]) -> str:
    return f"{key}={value}" if isinstance(value, str) else f"{key} in ({','.join(sorted(value))})"


def moment(text: str) -> datetime:
    """A time as the API server writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)
