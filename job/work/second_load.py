"""Loads a study's data once more in a process of its own: rows that differ from load to load are told before a run.

Another process, because what differs is most often drawn afresh in each: generators without a seed, the order of sets.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from job.data import fingerprint, inputs, loading
from job.data.rows import Rows
from job.study import code_files, reading
from job.study.forms import SPEC
from job.study.study import Study
from job.study.usercode import randomness

CHEAP = 10.0
"""Seconds of a first load after which a second one is not worth it."""
_LARGE = 100_000_000
"""Bytes of rows that are not held twice."""
_PATIENCE = 25.0
"""Seconds that a second load has beside what it may take longer than the first, which waits for it at the end."""
_LEAST = 5.0
_NAMED = 3


@dataclass
class SecondLoad:
    """A second load under way, beside whatever else is done meanwhile."""

    study: Study
    folder: Path
    process: subprocess.Popen[bytes]
    until: float

    @classmethod
    def begun(
        cls, study: Study, folder: Path, rows: Rows, seconds: float, *, frames: bool = False
    ) -> "SecondLoad | None":
        """Begins one where that is cheap and code of the user's loads the data.

        Args:
            study: what to load.
            folder: where its code lies.
            rows: what the first load gave.
            seconds: how long that took.
            frames: as ``loading.load`` was told.
        """
        size = len(rows) * inputs.width(rows.X) * 4
        if not isinstance(study.data, str) or not SPEC.fullmatch(study.data) or seconds > CHEAP or size > _LARGE:
            return None
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "job.work.second_load", str(folder), *(["frames"] if frames else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        )  # fmt: skip
        assert process.stdin is not None  # noqa: S101  # it was asked for above
        process.stdin.write(reading.dump(study).encode())
        process.stdin.close()
        process.stdin = None
        return cls(study, folder, process, monotonic() + _PATIENCE + 3 * seconds)

    def end(self) -> None:
        """Ends it, whether or not anybody still asks what it gave."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def note(self, found: str) -> str | None:
        """What to say where it gave other rows than the first load, whose fingerprint is given."""
        try:
            output, _ = self.process.communicate(timeout=max(_LEAST, self.until - monotonic()))
        except subprocess.TimeoutExpired:
            return None
        if self.process.returncode or output.split()[-1:] in ([], [found.encode()]):
            return None
        return (
            f"{self.study.data}() gives other rows, or another order, each time it is called: a run of it can't be "
            f"resumed, and its workers train on different rows. {_likely(self.study, self.folder)}"
        )


def _likely(study: Study, folder: Path) -> str:
    told = [
        f"{path} line {line}: {what}"
        for path in code_files.loaders_modules(study, folder)
        for line, what in randomness.calls(folder / path)
    ]
    if not told:
        return "Give whatever draws or shuffles there a seed."
    return f"Most likely {'; '.join(told[:_NAMED])}."


def main() -> int:
    """Loads the data of the study on standard input from the folder named, and prints its fingerprint last."""
    folder = Path(sys.argv[1])
    study = reading.parse(sys.stdin.read(), "study.yaml")
    rows = loading.load(study, folder, frames="frames" in sys.argv[2:])
    sys.stdout.write(f"\n{fingerprint.of(rows)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
