"""A plugin of the pytest that runs scikit-learn's own tests: puts what is ours under them, and counts what comes by.

``TUNEJOB_THEIRS`` is the run's name, ``TUNEJOB_THEIRS_TOLD`` the file that says what came of it.
"""

import inspect
import json
import os
import sys
from collections import Counter
from pathlib import Path

import expected
import joblib
import pytest
import stand_ins

from job.sklearn import searches
from job.sklearn.backend import Together
from job.sklearn.base import KerasEstimator

RUN = os.environ["TUNEJOB_THEIRS"]
SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")

counts = Counter()
outcomes = Counter()
failures = {}
skips = {}
untouched = []


def _counted(kind, method, name):
    plain = getattr(kind, method)

    def call(self, *args, **kwargs):
        counts[name] += 1
        return plain(self, *args, **kwargs)

    setattr(kind, method, call)


def pytest_configure():
    """Before a test module is imported, as each takes the searches by name."""
    from sklearn import model_selection

    _counted(Together, "do", "lots")
    _counted(searches._Together, "fit", "searches")
    _counted(KerasEstimator, "_keep", "fits")
    # Their tests ask for the names in the stack alone; its lines of source take seconds where TensorFlow is imported.
    inspect.stack = lambda context=0: inspect.getouterframes(sys._getframe(1), context)
    if RUN == "subclasses":
        for name in SEARCHES:
            setattr(model_selection, name, getattr(searches, name))


def pytest_collection_modifyitems(config, items):
    """Keeps the tests of this run, and marks those that are expected to fail; a name that no test has is a mistake."""
    names = {item.originalname for item in items}
    told = {*expected.FAILURES.get(RUN, {}), *(stand_ins.TESTS if RUN == "keras" else ())}
    if unknown := told - names:
        raise pytest.UsageError(f"no test of scikit-learn is named {sorted(unknown)}")
    if RUN == "keras":
        left = [item for item in items if item.originalname not in stand_ins.TESTS]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item.originalname in stand_ins.TESTS]
    for item in items:
        if (why := expected.FAILURES.get(RUN, {}).get(item.originalname)) is not None:
            item.add_marker(pytest.mark.xfail(reason=why, strict=True))


@pytest.fixture(autouse=True)
def _under_theirs(request, monkeypatch):
    """The backend around each test, but around the subclasses, which bring it along."""
    if RUN == "subclasses":
        yield
        return
    if RUN == "keras":
        for name in stand_ins.NAMES:
            monkeypatch.setattr(request.module, name, stand_ins.stand_in, raising=False)
    before = counts["fits"]
    with joblib.parallel_config("tunejob"):
        yield
    if counts["fits"] == before:
        untouched.append(request.node.name)


def pytest_runtest_logreport(report):
    """Counts outcomes."""
    if report.skipped:
        outcomes["expected to fail" if hasattr(report, "wasxfail") else "skipped"] += 1
        skips[report.nodeid] = str(report.longrepr)
    elif report.failed:
        outcomes["failed"] += 1
        failures[report.nodeid] = report.longreprtext
    elif report.when == "call":
        outcomes["passed"] += 1


def pytest_sessionfinish():
    """Tells."""
    told = {"outcomes": outcomes, "counts": counts, "failures": failures, "skips": skips, "untouched": untouched}
    Path(os.environ["TUNEJOB_THEIRS_TOLD"]).write_text(json.dumps(told))
