"""What tests of the optimizer's kernel look at."""

from collections.abc import Iterator

import pytest

from job.train.together.program.adam_run import AdamRun


@pytest.fixture
def epochs(monkeypatch) -> Iterator[list[int]]:
    """How many epochs each call of the kernel's program made, but for those that make none."""
    made = []
    original = AdamRun.epochs

    def counted(self, parts, *more):
        if any(len(one.indices) for one in parts[0]):
            made.append(len(parts))
        return original(self, parts, *more)

    monkeypatch.setattr(AdamRun, "epochs", counted)
    yield made
    assert made
