"""What counts as the user's code, and its digest."""

import os

import pytest

from job.errors import UsageError
from job.study import usercode


@pytest.fixture
def folder(tmp_path):
    """A study's folder with all kinds of files."""
    for name, content in {
        "model.py": "x = 1",
        "nets/dense.py": "y = 2",
        "vocabulary.txt": "a\nb\n",
        "settings.yaml": "model: big\n",
        "study.yaml": "name: a\nmodel: m:b\nsearch: grid\n",
        "other.yaml": "search: grid\nmodel: m:b\n",
        "README.md": "# hello",
        "train.csv": "a,b\n",
        "labels.CSV": "a,b\n",
        ".env": "SECRET=1",
        ".git/config": "x",
        "runs/a/runs/b/plan.json": "{}",
        "results/a.json": "{}",
        "__pycache__/model.pyc": "x",
        "env/pyvenv.cfg": "home = x",
        "env/lib/site.py": "x",
        "drafts/old.py": "z = 3",
        "drafts/keep.py": "z = 4",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "picture.bin").write_bytes(b"\x00\x01")
    (tmp_path / "latin.txt").write_bytes(b"\xe9")
    (tmp_path / "long.txt").write_text("x" * (2**20 + 1))
    (tmp_path / "long.py").write_text("#" * (2**20 + 1))
    return tmp_path


def names(folder, **more):
    """Only the names of what counts."""
    return [name for name, _ in usercode.files(folder, **more)]


def test_code_and_small_text_count(folder):
    """Python whatever its size, and small text, but no studies, documents, data, hidden files, caches, runs."""
    assert names(folder) == [
        "drafts/keep.py",
        "drafts/old.py",
        "long.py",
        "model.py",
        "nets/dense.py",
        "results/a.json",
        "settings.yaml",
        "vocabulary.txt",
    ]
    assert dict(usercode.files(folder))["nets/dense.py"] == b"y = 2"


def test_a_store_beside_the_study_does_not_count(folder):
    """A store of another name is left out when it is told, or by what lies in it."""
    assert "results/a.json" not in names(folder, store=str(folder / "results"))
    assert "results/a.json" in names(folder, store="s3://bucket/results")
    (folder / "results/study/runs/study-1").mkdir(parents=True)
    (folder / "results/study/runs/study-1/plan.json").touch()
    assert "results/a.json" not in names(folder)


def test_tunejobignore_is_as_gitignore(folder):
    """Patterns leave files and folders out, later ones take them in again."""
    (folder / ".tunejobignore").write_text("# drafts\ndrafts/*\n!drafts/keep.py\n*.txt\n/nets/\n")
    assert names(folder) == ["drafts/keep.py", "long.py", "model.py", "results/a.json", "settings.yaml"]


def test_the_digest_covers_names_and_contents(folder):
    """It changes with what counts, and with nothing else."""
    before = usercode.digest(folder)
    (folder / "README.md").write_text("# changed")
    (folder / "train.csv").write_text("changed")
    (folder / "study.yaml").write_text("name: b\nmodel: m:b\nsearch: grid\n")
    os.utime(folder / "model.py", (1, 1))
    assert usercode.digest(folder) == before
    (folder / "model.py").write_text("x = 2")
    changed = usercode.digest(folder)
    (folder / "model.py").rename(folder / "model2.py")
    assert len({before, changed, usercode.digest(folder)}) == 3


def test_a_folder_of_everything_is_refused(tmp_path):
    """A study in a home folder does not read all of it; the remedy is told."""
    for number in range(2001):
        (tmp_path / f"{number}.py").touch()
    with pytest.raises(UsageError, match=r"holds too many files .* name what is no code in .*\.tunejobignore"):
        usercode.files(tmp_path)
