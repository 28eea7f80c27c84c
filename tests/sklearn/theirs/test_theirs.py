"""scikit-learn's own tests of its searches and tools, from the installed package, with ours under them.

Each run is a pytest of its own, as its ``conftest.py`` and its fixtures belong to the package; see ``theirs_plugin``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = "sklearn.model_selection.tests"
SEARCHES = ("test_search", "test_successive_halving")
RUNS = {
    "backend": ((*SEARCHES, "test_validation"), 300),
    "subclasses": (SEARCHES, 200),
    "keras": ((*SEARCHES, "test_validation"), 25),
}
"""The modules of each run, and how many tests pass in it at least, with whatever scikit-learn is allowed."""
NO_ARRAY_API = "not checking array_api input"


WAITS = pytest.mark.skipif(not os.environ.get("TUNEJOB_TEST_SKLEARNS"), reason="`make test-sklearns` runs this one")


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("run", [pytest.param(run, marks=[WAITS] if run == "keras" else []) for run in RUNS])
def test_their_tests_pass(run, tmp_path, record_property):
    """All but those that are expected to fail; what is skipped is of array APIs that are not installed."""
    modules, least = RUNS[run]
    told = _run(run, modules, tmp_path)
    outcomes, counts = told["outcomes"], told["counts"]
    record_property("told", ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()))
    assert not told["failures"], "\n\n".join(f"{name}\n{why}" for name, why in told["failures"].items())
    assert outcomes["passed"] >= least
    assert [name for name, why in told["skips"].items() if NO_ARRAY_API not in why] == []
    assert counts["lots"] > least / 10, "calls went through the backend"
    assert (counts.get("searches", 0) > 0) == (run == "subclasses")
    assert run != "keras" or told["untouched"] == [], "each of these tests trained Keras models"


def _run(run, modules, folder):
    """What the plugin told of a pytest over scikit-learn's modules."""
    told = folder / "told.json"
    one = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "SKLEARN_SEED"), "1"
    )  # small fits, the same each time
    environment = os.environ | one | {
        "PYTHONPATH": str(HERE), "TUNEJOB_THEIRS": run, "TUNEJOB_THEIRS_TOLD": str(told), "PYTEST_ADDOPTS": ""
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-q", "-p", "theirs_plugin", "-p", "no:cacheprovider", "--pyargs"]
    whole = [*command, *(f"{PACKAGE}.{module}" for module in modules)]
    done = subprocess.run(whole, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert told.exists(), done.stdout + done.stderr
    found = json.loads(told.read_text())
    assert done.returncode == 0 or found["failures"], done.stdout + done.stderr
    return found
