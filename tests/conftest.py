"""What tests of all rooms share."""

import signal
from importlib.metadata import distributions

pytest_plugins = ["servers.fixtures"]

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
    return "with " + ", ".join(f"{name} {found[name]}" for name in told if name in found)
