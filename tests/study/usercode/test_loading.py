"""User code beside the study is loaded without installing it, and shadows nobody's."""

import json
import sys

import pytest

from job.study import usercode
from job.study.mistakes import StudyMistakes


def refused(spec, folder):
    """The sentence that loading ends with."""
    with pytest.raises(StudyMistakes) as caught:
        usercode.load(spec, folder, ("model",))
    (mistake,) = caught.value.mistakes
    assert mistake.place == ("model",)
    return mistake.message


def test_a_function_beside_the_study_is_loaded(beside):
    """``module:name`` is found in the study's folder, and a module is loaded once."""
    folder = beside(model__py="count = []\ncount.append(1)\ndef build(): return count\n")
    assert usercode.load("model:build", folder)() == [1]
    assert usercode.load("model:build", folder)() == [1]
    assert usercode.load("model:build", folder).__module__ == "model"


@pytest.mark.parametrize("name", ["json", "job", "random", "yaml", "numpy"])
def test_a_taken_name_works_and_shadows_nothing(beside, name):
    """A ``json.py`` beside the study is loaded when the study names it; all others still get theirs."""
    before = sys.modules.get(name)
    folder = beside(**{f"{name}__py": "mine = 1", "other__py": f"import {name}\ngot = {name}\n"})
    assert usercode.load(f"{name}:mine", folder) == 1
    assert sys.modules.get(name) is before
    assert not hasattr(usercode.load("other:got", folder), "mine")
    assert json.loads("1") == 1


def test_siblings_import_each_other(beside):
    """Modules beside the study import one another, packages with and without ``__init__`` too."""
    folder = beside(
        {
            "nets/__init__.py": "",
            "nets/dense.py": "from . import deep\nfrom .deep.er import depth\nwidth = 2 + depth",
            "nets/deep/__init__.py": "",
            "nets/deep/er.py": "depth = 3",
            "bare/far.py": "x = 4",
        },
        model__py="from parts import size\nfrom nets.dense import width\nimport nets.deep.er as er\n"
        "from bare import far\ndef build(): return size, width, er.depth, far.x\n",
        parts__py="size = 1",
    )
    assert usercode.load("model:build", folder)() == (1, 5, 3, 4)
    assert usercode.load("nets.dense:width", folder) == 5
    assert usercode.load("bare.far:x", folder) == 4


def test_a_package_of_a_taken_name_works(beside):
    """Even ``json/nets.py`` can be named by a study, with its relative imports."""
    folder = beside({"json/__init__.py": "", "json/nets.py": "from .size import n", "json/size.py": "n = 7"})
    assert usercode.load("json.nets:n", folder) == 7
    assert json.__file__ != str(folder / "json" / "__init__.py")


def test_another_studys_code_is_not_mixed_up(tmp_path):
    """A second study's ``model.py`` is its own, and so are its siblings."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.py").write_text("from parts import which\n")
        (tmp_path / name / "parts.py").write_text(f"which = '{name}'\n")
    assert [usercode.load("model:which", tmp_path / name) for name in ("one", "two", "one")] == ["one", "two", "one"]


def test_an_installed_module_is_loaded(beside):
    """What does not lie beside the study may be installed."""
    assert usercode.load("math:floor", beside())(2.5) == 2


def test_a_missing_module_names_the_nearest(beside):
    """A mistyped module is told with those that are there."""
    assert refused("modle:build", beside(model__py="", data__py="")) == (
        "there is no module `modle` beside the study, nor installed; beside it are `data` and `model`. "
        "Did you mean `model`?"
    )


def test_a_missing_name_names_the_nearest(beside):
    """A mistyped function is told with those that the module has."""
    folder = beside(model__py="def build(): ...\ndef _own(): ...\n")
    assert refused("model:biuld", folder) == "module `model` has no `biuld`; it has `build`. Did you mean `build`?"


def test_a_missing_import_names_module_and_remedy(beside):
    """What user code imports and is not installed is told with the line and what to do."""
    folder = beside(model__py="import sys\nimport surely_not_installed.part\n")
    assert refused("model:build", folder) == (
        "importing `model` failed (model.py line 2): `surely_not_installed` is not installed here. Install it (`pip "
        "install surely_not_installed`); for a cluster, into the image: `make image REQUIREMENTS=requirements.txt`."
    )


def test_a_part_that_an_installed_module_lacks_is_not_said_to_be_uninstalled(beside):
    """A module that another version had: installing it again would not help."""
    folder = beside(model__py="import sys\nfrom yaml.wrappers.old import Loader\n")
    assert refused("model:build", folder) == (
        "importing `model` failed (model.py line 2): `yaml` is installed here, but this version of it has no "
        "`yaml.wrappers`: write the import for it, or install one that has it."
    )


def test_a_hidden_sibling_is_told(beside):
    """A sibling whose name an installed module has is hidden; the sentence says to rename it."""
    folder = beside(model__py="from yaml import my_own\n", yaml__py="my_own = 1")
    told = refused("model:build", folder)
    assert told.startswith("importing `model` failed (model.py line 1): cannot import name 'my_own' from 'yaml'")
    assert told.endswith("`yaml` beside the study is hidden by an installed module of that name: rename it.")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def build(:\n", "model.py line 1 is no Python: invalid syntax."),
        ("\nx = 1 / 0\n", "importing `model` failed (model.py line 2): ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "importing `model` failed (model.py line 1): SystemExit: 3"),
    ],
)
def test_broken_code_is_told_with_its_line(beside, source, sentence):
    """Whatever goes wrong on importing is a sentence with file and line."""
    assert refused("model:build", beside(model__py=source)) == sentence


def test_broken_code_can_be_mended_and_loaded_again(beside):
    """A module that failed leaves nothing behind."""
    folder = beside(model__py="x = 1 / 0\n")
    refused("model:x", folder)
    (folder / "model.py").write_text("x = 1 / 1000\n")
    assert usercode.load("model:x", folder) == 1 / 1000
