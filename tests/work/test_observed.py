"""What code opens and loads without saying so, seen as it happens."""

import importlib.util
import sys

import pytest

from job.work.observed import Observed


@pytest.fixture
def folder(tmp_path):
    """A study's folder with some files."""
    for name in ("words.txt", "late.py", "cache.json", ".hidden"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_files_that_are_read_are_seen(folder):
    """Whatever way their names were come by; not what is read before or after, hidden, written, or elsewhere."""
    seen = Observed(folder)
    (folder / "cache.json").read_text()
    with seen.during("while a model was built"):
        for name in ("txt.sdrow"[::-1], ".hidden"):
            (folder / name).read_bytes()
        (folder / "made.log").write_text("x")
        (folder / "made.log").read_text()
        open(__file__, "rb").close()  # noqa: PTH123  # as a user's code may
    found = {one.path: one.why for one in seen.files() if not one.path.startswith("..")}
    assert found == {"words.txt": "opened while a model was built"}


def test_modules_that_were_loaded_are_seen(folder):
    """A module that some loader of the user's own brought in, and none that is installed."""
    seen = Observed(folder)
    spec = importlib.util.spec_from_file_location("late_of_a_test", folder / "late.py")
    assert spec is not None
    sys.modules["late_of_a_test"] = importlib.util.module_from_spec(spec)
    try:
        assert [one.path for one in seen.files()] == ["late.py"]
    finally:
        del sys.modules["late_of_a_test"]
