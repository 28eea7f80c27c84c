"""Prints what the last ``make test`` covered, lines and branches together, and the files that are below 80 %."""

import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import coverage

BELOW = 80.0


def measured(file: str) -> dict[str, Any]:
    """What was measured in a file, as coverage's JSON report has it."""
    data = coverage.Coverage(data_file=file)
    data.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        data.json_report(outfile=str(path))
        found: dict[str, Any] = json.loads(path.read_text())
    return found


def told(found: dict[str, Any]) -> str:
    """It in lines: the whole, then files from the least covered on."""
    text = io.StringIO()
    whole = found["totals"]
    shares = sorted((one["summary"]["percent_covered"], name) for name, one in found["files"].items())
    low = [(share, name) for share, name in shares if share < BELOW]
    print(f"covered: {whole['percent_covered']:.1f} % of {whole['num_statements']} lines and", end=" ", file=text)
    print(f"{whole['num_branches']} branches in {len(shares)} files", file=text)
    print("(processes that tests start are measured in every fourth test of a file)", file=text)
    print(f"below {BELOW:.0f} %: {len(low) or 'none'}", file=text)
    for share, name in low:
        print(f"{share:6.1f} %  {name}", file=text)
    return text.getvalue()


if __name__ == "__main__":
    print(told(measured(sys.argv[1])), end="")
