"""Threads of a process that trains."""

import pytest

from job.work import thread_environment


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ({"TF_NUM_INTRAOP_THREADS": "1"}, {"TF_NUM_INTEROP_THREADS": "1"}),
        ({"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "3"}, {}),
        ({"TF_NUM_INTRAOP_THREADS": "4"}, {}),
        ({}, {}),
    ],
)
def test_on_one_core_operations_run_one_after_the_other(given: dict[str, str], added: dict[str, str]):
    """On several they may run beside each other; what the environment says already is the user's."""
    assert thread_environment.environment(given) == added
