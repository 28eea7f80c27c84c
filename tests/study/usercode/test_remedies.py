"""What is added to an exception of the user's code where the study's folder tells why it was raised."""

import pytest

from job.data import loading
from job.errors import DataError
from job.study import usercode
from job.study.mistakes import StudyMistakes
from job.study.study import Study

WORDS = {"words.txt": "a", "deep/own.txt": "b"}


def raised(function, folder):
    """What is added to what a function of the user's raises."""
    with pytest.raises((OSError, AttributeError)) as caught:
        function()
    return usercode.remedy(caught.value, folder)


@pytest.mark.parametrize(
    ("name", "written"),
    [("words.txt", 'parents[1] / "words.txt"'), ("own.txt", 'parent / "own.txt"'), ("absent.txt", ""), ("/x/y", "")],
)
def test_a_file_beside_the_study_is_named_by_its_module(beside, tmp_path_factory, monkeypatch, name, written):
    """Where it was looked for, and what to write: nothing where no such file is there."""
    folder = beside({**WORDS, "deep/m.py": f"def f(): open({name!r})"})
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    told = raised(usercode.load("deep.m:f", folder), folder)
    assert told == (f"; it was looked for in {elsewhere}: write `Path(__file__).{written}`" if written else "")


def test_whatever_opens_such_a_file_tells_what_to_write(beside, tmp_path_factory, monkeypatch):
    """A module while it is imported, and the loader."""
    folder = beside({**WORDS, "m.py": "open('words.txt')", "d.py": "def load(): open('words.txt')"})
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(StudyMistakes, match=r"write `Path\(__file__\)\.parent"):
        usercode.load("m:f", folder)
    study = Study(name="s", model="m:f", data="d:load", search="grid", space={"p": [1]})
    with pytest.raises(DataError, match=r"write `Path\(__file__\)\.parent"):
        loading.load(study, folder)


def test_an_installed_module_that_hides_one_beside_is_told(beside):
    """When it was imported whole, and an attribute is missing; not where the module is the study's own."""
    codes = {"code.py": "mine = 1", "own_one.py": "", "m.py": "import code, own_one"}
    functions = "\ndef hidden(): code.mine\ndef own(): own_one.mine\ndef other(): [].mine"
    folder = beside(codes | {"m.py": codes["m.py"] + functions, "n.py": "import code\ncode.mine"})
    told = "; `code` beside the study is hidden by an installed module of that name: rename it"
    assert raised(usercode.load("m:hidden", folder), folder) == told
    assert raised(usercode.load("m:own", folder), folder) == ""
    assert raised(usercode.load("m:other", folder), folder) == ""
    with pytest.raises(StudyMistakes, match="hidden by an installed module"):
        usercode.load("n:f", folder)
