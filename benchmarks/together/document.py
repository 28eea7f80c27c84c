"""The measured part of docs/benchmark.md: between two marks, written by every run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.together import table
from benchmarks.together.kept import Kept, hardware


def measured(kept: Kept) -> str:
    """All that is known, as Markdown."""
    return "\n\n".join(_parts(kept)) + "\n"


def put(kept: Kept, path: Path) -> None:
    """Puts it into the document, in place of what was measured before; a document that is not there is not begun."""
    between(path, "measured", measured(kept))


def between(path: Path, name: str, text: str) -> None:
    """Puts a text between the marks of that name, if the document is there."""
    begin, end = f"<!-- {name}: written by the benchmark -->", "<!-- end -->"
    if path.exists():
        before, _, rest = path.read_text().partition(begin)
        before += "" if before.endswith("\n\n") else "\n"
        path.write_text(f"{before}{begin}\n\n{text.rstrip()}\n\n{end}{rest.partition(end)[2]}")


def told_of(machine: dict[str, Any]) -> str:
    """A machine and what is installed there, in a sentence."""
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return f"{hardware(machine)}; Python {machine['python']}, {packages}."


def _parts(kept: Kept) -> Iterator[str]:
    rows = list(kept.rows.values())
    if kept.machine:
        yield _machine(kept)
    if rows:
        yield "### Seconds of the search alone"
        yield table.search(rows)
        yield "\n".join(f"- {sentence}" for sentence in table.sampling(rows))
        if any(row.bare for row in rows):
            yield "### Seconds of the whole command"
            yield table.whole(rows)
        yield "### Where tunejob's time goes"
        yield table.details(rows)
        yield "### Sameness"
        yield table.differences(rows)
        yield "### Bars missed"
        yield "\n".join(f"- {one}" for row in rows for one in row.failures) or "None."
    if kept.points:
        yield "### Growth with the trials"
        yield table.growth(kept.points)


def _machine(kept: Kept) -> str:
    machine = kept.machine
    loads = [load for row in kept.rows.values() for load in row.load]
    busy = f" Other work ran meanwhile: the load was {min(loads):.1f} to {max(loads):.1f}." if loads else ""
    wheres = sorted(set(kept.elsewhere.values()))
    others = [f" On {one}: {', '.join(k for k, v in kept.elsewhere.items() if v == one)}." for one in wheres]
    return f"{told_of(machine)}{busy}{''.join(others)}"
