"""Where a run comes from."""

import subprocess
from importlib import metadata

from job.plan import provenance


def git(folder, *arguments: str) -> str:
    """Runs git as a person of a name."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_commit_is_named_and_whether_files_have_changed_since(tmp_path) -> None:
    """The commit alone for a clean folder; told to be changed when it is."""
    (tmp_path / "model.py").write_text("a = 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert provenance.commit(tmp_path) == head
    (tmp_path / "model.py").write_text("a = 2\n")
    assert provenance.commit(tmp_path) == f"{head} and uncommitted changes"


def test_outside_of_git_there_is_no_commit(tmp_path, monkeypatch) -> None:
    """Neither in a folder that is no repository, nor where git is not installed."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.commit(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.commit(tmp_path) is None


def test_versions_are_those_installed() -> None:
    """TensorFlow's is found under whichever name it was installed; others are the packages' own."""
    found = provenance.versions()
    assert found["scikit-learn"] == metadata.version("scikit-learn") == provenance.packages()["scikit-learn"]
    assert set(found) >= {"python", "numpy", "scipy", "tunejob"}
    assert all(found.values())
