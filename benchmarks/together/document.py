"""The measured part of docs/benchmark.md: between two marks, written by every run."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.together import table
from benchmarks.together.kept import Kept, hardware

_BEGIN, _END = "<!-- measured: written by the benchmark -->", "<!-- end -->"


def measured(kept: Kept) -> str:
    """All that is known, as Markdown."""
    return "\n\n".join(_parts(kept)) + "\n"


def put(kept: Kept, path: Path) -> None:
    """Puts it into the document, in place of what was measured before; a document that is not there is not begun."""
    if path.exists():
        before, _, rest = path.read_text().partition(_BEGIN)
        path.write_text(f"{before}{_BEGIN}\n\n{measured(kept)}\n{_END}{rest.partition(_END)[2]}")


def _parts(kept: Kept) -> Iterator[str]:
    rows = list(kept.rows.values())
    if kept.machine:
        yield _machine(kept)
    if rows:
        yield "### Seconds of the search alone"
        yield table.search(rows)
        yield "\n".join(f"- {sentence}" for sentence in table.sampling(rows))
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
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    loads = [load for row in kept.rows.values() for load in row.load]
    busy = f" Other work ran meanwhile: the load was {min(loads):.1f} to {max(loads):.1f}." if loads else ""
    wheres = sorted(set(kept.elsewhere.values()))
    others = [f" On {one}: {', '.join(k for k, v in kept.elsewhere.items() if v == one)}." for one in wheres]
    return f"{hardware(machine)}; Python {machine['python']}, {packages}.{busy}{''.join(others)}"
