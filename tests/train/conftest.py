"""What tests of the optimizer's kernel look at."""

from collections.abc import Iterator

import pytest

from job.train.together.program.adam_run import AdamRun
from job.train.together.run.stepping import Stepper


@pytest.fixture
def epochs(monkeypatch) -> Iterator[list[int]]:
    """How many epochs each call of the kernel's program made, but for those that make none, and for a proof's step."""
    made = []
    original, once = AdamRun.epochs, Stepper.once

    def uncounted(self, rows):
        before = len(made)
        found = once(self, rows)
        del made[before:]
        return found

    def counted(self, parts, *more):
        if any(len(one.indices) for one in parts[0]):
            made.append(len(parts))
        return original(self, parts, *more)

    monkeypatch.setattr(AdamRun, "epochs", counted)
    monkeypatch.setattr(Stepper, "once", uncounted)
    yield made
    assert made
