"""What tests of all rooms share."""

import os
import signal
from importlib.metadata import distributions
from pathlib import Path

import measuring
import pytest
from hypothesis import settings

pytest_plugins = ["servers.fixtures"]

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")

# An error nobody foresaw, which a user's fits survive by going another way, fails here; in processes started too.
os.environ["TUNEJOB_STRICT"] = "1"

# A shell without job control starts what it puts in the background with Ctrl-C ignored, and every program started from
# there would ignore it too: tests that press Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter):
    """Prints what tests have to tell when they pass too: the seeds they chose, and what they left out."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    for report in reports:
        if getattr(report, "when", None) == "call":
            for name, value in report.user_properties:
                if name == "told":
                    terminalreporter.write_line(f"{report.nodeid}: {value}")


def pytest_report_header():
    """Which versions the tests run with."""
    told = ("tensorflow", "tensorflow-cpu", "keras", "scikit-learn", "numpy", "pandas")
    found = {one.name.replace("_", "-"): one.version for one in distributions()}
    versions = "with " + ", ".join(f"{name} {found[name]}" for name in told if name in found)
    left = [] if WHOLE else ["left to `make test-long`, which runs their whole files: " + ", ".join(LEFT)]
    return [versions, *left]


WHOLE = os.environ.get("TUNEJOB_TEST_LONG") == "1"
LEFT = (
    "cli/test_init.py::test_what_is_written_runs_as_it_is[Kind.arrays]",
    "cli/test_init.py::test_what_is_written_runs_as_it_is[Kind.series]",
    "cluster/test_disturbances.py::test_a_disturbed_run_ends_like_an_undisturbed_one[killed]",
    "cluster/test_disturbances.py::test_a_disturbed_run_ends_like_an_undisturbed_one[deleted_thrice]",
    "examples/test_examples.py::test_an_example_finds_a_good_model[breast_cancer]",
    "examples/test_examples.py::test_an_example_finds_a_good_model[retune]",
    "sklearn/test_workloads.py::test_scores_are_those_of_fits_one_by_one[bilstm]",
    "sklearn/test_workloads.py::test_so_are_those_of_pipelines[breast-cancer]",
    "sklearn/test_workloads.py::test_so_are_those_of_pipelines[deep]",
    "sklearn/test_workloads.py::test_so_are_those_of_pipelines[random-5]",
    "train/test_memory.py::test_fits_of_different_shapes_make_the_process_retire_in_time[fit]",
)
"""Long ones of whose kind others are run each time: by name, as nothing is left out unsaid."""


HERE = Path(__file__).parent
SEEN = measuring.Seen()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Measures coverage with the first parameters of tests that train, and that of processes in a share of all."""
    with SEEN.how(f"{item.path.relative_to(HERE).as_posix()}::{item.name}"):
        return (yield)


SLOW = (
    *("cluster/", "docs/", "examples/", "hunt/", "image/", "sklearn/", "train/", "work/", "test_benchmark.py"),
    "test_readme.py",
    *("cli/test_looking.py", "cli/test_run.py", "cli/test_stores.py", "launch/test_local.py"),
    *("python/test_running.py", "mistakes/test_built.py"),
    *("cli/test_init.py::test_what_is_written_runs", "cli/test_command.py::test_check_tells"),
)
"""Where tests train or start servers, as a rule."""
BUT = (
    *("train/patches/test_broadcasting.py", "train/patches/test_private.py", "train/test_order.py"),
    *("train/patches/test_keras_state.py", "train/patches/test_normalization.py", "train/patches/test_patch.py"),
    *("train/patches/test_randomness.py", "train/patches/test_recording.py", "train/patches/test_recurrent_cell.py"),
    *("train/patches/test_recurrent_sizes.py", "train/together/program/test_tracer.py"),
    *("train/together/run/test_metrics.py", "train/together/step/test_mapped_rows.py"),
    "train/together/test_expected.py",
    *("train/test_outputs.py", "train/test_requests.py", "train/together/program/test_batches.py"),
    *("train/together/step/test_small_weights.py", "train/together/test_sizing.py"),
    *("work/test_lost_fits.py", "work/test_states.py", "work/test_threads.py"),
)
"""What trains nothing there."""
STARTED = {
    "s3",
    "azure",
    "gcs_fake",
    "s3_proxy_running",
    "cluster",
    "image",
    "browser",
    "without_tensorflow",
    "finished",
}
"""Fixtures that start servers or a browser, or train."""
CLOUDS = {"s3", "gs", "az"}
"""Kinds of stores that are servers."""


LONG = (
    *(
        "hunt/test_hunt",
        "cli/test_run",
        "docs/test_howto",
        "examples/test_examples",
        "cli/test_init",
        "work/test_worker",
    ),
    *("train/test_memory", "test_benchmark", "cli/test_stores", "train/together/program/test_adam", "work/test_ends"),
    *("train/patches/test_hyperparameters", "cli/test_looking", "train/patches/test_optimizers", "cli/test_command"),
    *("mistakes/test_mistakes", "train/test_losses_see", "train/together/test_layers", "store/test_conformance"),
    *(
        "sklearn/test_workloads",
        "sklearn/theirs/test_theirs",
        "sklearn/test_stock_tools",
        "sklearn/test_check_estimator",
    ),
    *("sklearn/test_searches", "test_retuning", "report/test_page", "train/together/test_proof"),
)
"""Files that take a minute or more, the longest first: a worker that got one last would be waited for by the other."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Puts long files first and leaves out ``LEFT``; marks as ``fast`` what trains nothing and starts no server."""
    if not WHOLE:
        items[:] = [one for one in items if f"{one.path.relative_to(HERE).as_posix()}::{one.name}" not in LEFT]
    ranks = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(HERE).with_suffix("").as_posix(), len(LONG)))
    for item in items:
        place = f"{item.path.relative_to(HERE).as_posix()}::{item.name}"
        slow = place.startswith(SLOW) and not place.startswith(BUT)
        kind = item.callspec.params.get("store_url") if hasattr(item, "callspec") else None
        if not slow and kind not in CLOUDS and STARTED.isdisjoint(item.fixturenames):
            item.add_marker("fast")
