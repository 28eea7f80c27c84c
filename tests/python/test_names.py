"""``import tunejob`` and ``import job``: one package by two names, which costs nothing to import."""

import subprocess
import sys

CHECKED = """\
import sys
import tunejob
import tunejob.store.keys
from tunejob.errors import UsageError
from tunejob import load, run
import job
import job.errors, job.store.keys

assert tunejob is job
assert run is job.run and load is job.load
assert UsageError is job.errors.UsageError
assert tunejob.store.keys is job.store.keys and job.store.keys.__name__ == "job.store.keys"
assert job.errors.__spec__.name == "job.errors"
assert {"load", "results", "run"} <= set(dir(job))
assert not {"tensorflow", "keras"} & set(sys.modules)
try:
    import tunejob.nothing
except ModuleNotFoundError as error:
    assert error.name == "job.nothing"
else:
    raise AssertionError
"""


def test_both_names_are_one_package():
    """Functions, classes and modules are the same objects, and TensorFlow is not imported."""
    done = subprocess.run([sys.executable, "-c", CHECKED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_runs_as_a_module_by_both_names():
    """``python -m tunejob`` is the command too."""
    for name in ("job", "tunejob"):
        done = subprocess.run([sys.executable, "-m", name, "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "submit" in done.stdout
