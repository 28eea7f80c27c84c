"""What counts as a study's code: what it uses, and nothing that merely lies beside it."""

import os
from pathlib import Path

import pytest

from job.errors import UsageError
from job.study import archive, code_files, reading
from job.study.code_files import CodeFile
from job.study.mistakes import StudyMistakes

STUDY = """\
name: small
model: model:build
data: data:load
search: grid
space: {units: [1, 2]}
"""
BUILD = "def build(units): ...\n"
LOAD = "def load(): ...\n"


@pytest.fixture
def write(tmp_path):
    """Writes files into the study's folder, a model and data among them, and returns it."""

    def write(files: dict[str, str | bytes] | None = None) -> Path:
        for name, content in ({"model.py": BUILD, "data.py": LOAD} | (files or {})).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write


def read(study: str = STUDY):
    """A study from its text."""
    return reading.parse(study, "study.yaml")


def names(folder, study: str = STUDY) -> list[str]:
    """Only the paths of what counts."""
    return [one.path for one in code_files.find(read(study), folder).files]


def digest(folder, study: str = STUDY) -> str:
    """The digest of a study's code."""
    return code_files.digest(code_files.find(read(study), folder).digests)


BESIDE = {
    "nohup.out": "epoch 1\n",
    "out": "log\n",
    "notes.txt": "to do\n",
    "best.json": '{"format": 1}',
    "report.html": "<html>",
    "report.md": "# report",
    "cv_results.csv": "mean_fit_time,std_fit_time,params\n",
    "model.keras": b"PK\x03\x04",
    "small-0123456789/best.json": "{}",
    "plot.png": b"\x89PNG",
    "model.py~": BUILD,
    "#model.py#": BUILD,
    ".#model.py": BUILD,
    ".model.py.swp": b"b0VIM",
    "model.py.orig": BUILD,
    "model_old.py": BUILD,
    "explore.ipynb": "{}",
    ".ipynb_checkpoints/model-checkpoint.py": BUILD,
    "__pycache__/model.cpython-311.pyc": b"\x00",
    "runs/small/runs/small-1/plan.json": "{}",
    "requirements.txt": "keras",
    "settings.yaml": "a: 1",
}
"""What lies beside studies and decides nothing."""


def test_what_merely_lies_beside_decides_nothing(write):
    """Logs, notes, results, plots and editors' leftovers come, change and go; the code stays the same."""
    before = digest(write())
    folder = write(BESIDE)
    assert names(folder) == ["data.py", "model.py"]
    assert digest(folder) == before


USED = {
    "import": ({"model.py": "import nets\n" + BUILD, "nets.py": ""}, ["nets.py"]),
    "from": ({"model.py": "from nets import dense\n" + BUILD, "nets.py": "dense = 1"}, ["nets.py"]),
    "a chain": ({"model.py": "import a\n" + BUILD, "a.py": "from b import c", "b.py": "c = 1"}, ["a.py", "b.py"]),
    "a package's module": (
        {
            "model.py": "import nets.dense as d\n" + BUILD,
            "nets/__init__.py": "",
            "nets/dense.py": "",
            "nets/lstm.py": "",
        },
        ["nets/__init__.py", "nets/dense.py"],
    ),
    "a package without __init__": (
        {"model.py": "from nets.dense import x\n", "nets/dense.py": "x = 1"},
        ["nets/dense.py"],
    ),
    "a submodule as a name": (
        {"model.py": "from nets import dense\n", "nets/__init__.py": "", "nets/dense.py": ""},
        ["nets/__init__.py", "nets/dense.py"],
    ),
    "relative": (
        {
            "model.py": "from nets.big import build\n",
            "nets/__init__.py": "from . import base\n",
            "nets/base.py": "",
            "nets/big.py": "from .parts.block import x\nfrom ..shared import y\n",
            "nets/parts/block.py": "x = 1",
            "shared.py": "y = 1",
        },
        ["nets/__init__.py", "nets/base.py", "nets/big.py", "nets/parts/block.py", "shared.py"],
    ),
    "a star": (
        {
            "model.py": "from nets import *\n",
            "nets/__init__.py": "__all__ = ['dense']",
            "nets/dense.py": "",
            "nets/no.py": "",
        },
        ["nets/__init__.py", "nets/dense.py"],
    ),
    "within a function": ({"model.py": "def build(units):\n    import late\n", "late.py": ""}, ["late.py"]),
    "by name": (
        {"model.py": 'import importlib\nx = importlib.import_module("nets.dense")\n', "nets/dense.py": ""},
        ["nets/dense.py"],
    ),
    "by a constant's name": (
        {"model.py": 'from importlib import import_module\nNAME = "late"\nimport_module(NAME)\n', "late.py": ""},
        ["late.py"],
    ),
    "by a name relative to its package": (
        {
            "model.py": "import nets\n",
            "nets/__init__.py": 'from importlib import import_module\nimport_module(".dense", __name__)\n',
            "nets/dense.py": "",
        },
        ["nets/__init__.py", "nets/dense.py"],
    ),
    "by a name that is made": (
        {
            "model.py": 'import importlib\ndef build(kind):\n    importlib.import_module(f"nets.{kind}")\n',
            "nets/a.py": "",
            "nets/b.py": "",
            "other.py": "",
        },
        ["nets/a.py", "nets/b.py"],
    ),
    "by a name that anything may be": (
        {
            "model.py": "import importlib\ndef build(kind):\n    importlib.import_module(kind)\n",
            "any.py": "",
            "x/y.py": "",
        },
        ["any.py", "x/y.py"],
    ),
    "__import__": ({"model.py": '__import__("late")\n', "late.py": ""}, ["late.py"]),
    "a folder on the path": (
        {
            "model.py": "sys.path.insert(0, str(Path(__file__).parent / 'lib'))\nimport late\n",
            "lib/late.py": "",
        },
        ["lib/late.py"],
    ),
    "a script that is run": (
        {"model.py": 'import runpy\nrunpy.run_path("part.py")\n', "part.py": "import late", "late.py": ""},
        ["late.py", "part.py"],
    ),
    "not for type checkers": (
        {"model.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shapes\n", "shapes.py": ""},
        [],
    ),
    "not as a script": ({"model.py": 'if __name__ == "__main__":\n    import plots\n', "plots.py": ""}, []),
    "never the standard library's": ({"model.py": "import json\n", "json.py": ""}, []),
}
OPENED = {
    "open": ('open("words.txt")', "words.txt"),
    "a path beside": ('(Path(__file__).parent / "words.txt").read_text()', "words.txt"),
    "open of a path": ('open(Path(__file__).parent / "lists" / "words.txt")', "lists/words.txt"),
    "with_name": ('Path(__file__).with_name("words.txt").open()', "words.txt"),
    "with_suffix": ('Path(__file__).with_suffix(".json")', "model.json"),
    "os.path": ('os.path.join(os.path.dirname(os.path.abspath(__file__)), "lists", "words.txt")', "lists/words.txt"),
    "joinpath": ('Path(__file__).resolve().parent.joinpath("lists", "words.txt")', "lists/words.txt"),
    "plus": ('open(os.path.dirname(__file__) + "/words.txt")', "words.txt"),
    "f-string": ('open(f"{os.path.dirname(__file__)}/words.txt")', "words.txt"),
    "json": ('json.load(open("settings.json"))', "settings.json"),
    "yaml": ('yaml.safe_load(Path("settings.yaml").read_text())', "settings.yaml"),
    "csv": ('pd.read_csv("table.csv")', "table.csv"),
    "npz": ('np.load(HERE / "vectors.npz")["a"]', "vectors.npz"),
    "by a constant": ("open(WORDS)", "words.txt"),
    "without an ending": ('open("vocabulary")', "vocabulary"),
    "a pattern": ('sorted(HERE.glob("lists/*.txt"))', "lists/words.txt"),
    "a folder": ('[one for one in (HERE / "lists").iterdir()]', "lists/words.txt"),
    "listdir": ('os.listdir(os.path.join(HERE, "lists"))', "lists/words.txt"),
    "a name that is made": ('np.load(HERE / f"vectors_{units}.npy")', "vectors_64.npy"),
    "a layer's own argument": ('keras.layers.TextVectorization(vocabulary="words.txt")', "words.txt"),
    "in a list": ('[open(HERE / name) for name in ["words.txt", "more.txt"]]', "words.txt"),
    "a package's resource": ('files("lists").joinpath("words.txt").read_text()', "lists/words.txt"),
}
HEAD = 'from pathlib import Path\nHERE = Path(__file__).parent\nWORDS = HERE / "words.txt"\n'


@pytest.mark.parametrize(("files", "used"), USED.values(), ids=USED)
def test_what_code_imports_counts(write, files, used):
    """Whatever way one module gets at another, both count; what nobody imports does not."""
    folder = write({**files, "unused.py": ""} if "any.py" not in files else files)
    assert [one for one in names(folder) if one not in ("model.py", "data.py")] == used


@pytest.mark.parametrize(("source", "file"), OPENED.values(), ids=OPENED)
def test_files_that_code_opens_count(write, source, file):
    """A file that ``build`` reads decides scores as its source does: a change in it is a change of the code."""
    folder = write({"model.py": f"{HEAD}def build(units):\n    {source}\n", file: "a", "other.txt": "b"})
    assert names(folder) == sorted(["data.py", "model.py", file])
    before = digest(folder)
    (folder / file).write_text("changed")
    assert digest(folder) != before
    (folder / file).write_text("a")
    (folder / "other.txt").write_text("changed")
    assert digest(folder) == before


def test_what_the_loader_reads_is_the_datas_own(write):
    """Tables and pictures that only ``load`` opens are covered by the data's fingerprint."""
    load = 'def load():\n    pd.read_csv("train.csv"), list((HERE / "pictures").iterdir()), open(WORDS)\n'
    folder = write({"data.py": HEAD + load, "words.txt": "a", "train.csv": "a,b", "pictures/1.png": b"x"})
    assert names(folder) == ["data.py", "model.py", "words.txt"]
    assert code_files.data(read(), folder) == ["pictures/1.png", "train.csv"]


def test_a_folder_of_thousands_is_data(write):
    """Folders of texts that a loader walks are no code."""
    texts = {f"texts/{number}.txt": "x" for number in range(250)}
    folder = write(texts | {"data.py": HEAD + "TEXTS = HERE / 'texts'\nos.walk(TEXTS)\n"})
    assert names(folder) == ["data.py", "model.py"]


def test_what_code_writes_does_not_count(write):
    """Logs, plots and caches that the code itself makes would make each run a new one."""
    writes = [
        'open(HERE / "log.txt", "a")', '(HERE / "notes.txt").write_text("x")', 'CSVLogger("epochs.csv")',
        'np.savez(HERE / "cache.npz", X)', 'plt.savefig("plot.txt")', 'model.save("model.keras")',
    ]  # fmt: skip
    made = ["log.txt", "notes.txt", "epochs.csv", "cache.npz", "plot.txt", "model.keras"]
    folder = write({"model.py": f"{HEAD}def build(units):\n" + "".join(f"    {one}\n" for one in writes)})
    before = digest(folder)
    write(dict.fromkeys(made, "x") | {"model.py": (folder / "model.py").read_text()})
    assert names(folder) == ["data.py", "model.py"]
    assert digest(folder) == before
    assert code_files.data(read(), folder) == []


def test_words_are_no_files(write):
    """A layer named ``out`` does not make the log ``out`` code."""
    folder = write(
        {"model.py": 'def build(units):\n    Dense(1, name="out", activation="notes")\n', "out": "x", "notes": "x"}
    )
    assert names(folder) == ["data.py", "model.py"]


def test_files_are_named_in_the_study(write):
    """What no source names is named by the study: files, folders, patterns, of whatever ending."""
    folder = write({"words.bin": b"\xff", "lists/a.txt": "a", "lists/b.npz": "b", "c_1.json": "c"})
    study = STUDY + "files: [words.bin, lists, c_*.json]\n"
    assert names(folder, study) == ["c_1.json", "data.py", "lists/a.txt", "lists/b.npz", "model.py", "words.bin"]
    assert code_files.data(read(study), folder) == []
    packed = archive.pack(code_files.find(read(study), folder).contents(), [], 0, code_files.named(read(study), folder))
    archive.unpack(packed, folder / "there")
    assert digest(folder / "there", study) == digest(folder, study)


def test_a_name_in_files_that_nothing_has_is_a_mistake(write):
    """The nearest right name is told, with the line."""
    folder = write({"words.txt": "a"})
    (folder / "study.yaml").write_text(STUDY + "files: [word.txt]\n")
    with pytest.raises(
        StudyMistakes, match=r"(?s)line 6.*no file word\.txt beside the study\. Did you mean `words\.txt`"
    ):
        reading.read(folder / "study.yaml")


def test_why_each_file_counts_is_told(write):
    """`check` lists them with what made them count."""
    folder = write({"model.py": 'import nets\nopen("words.txt")\n', "nets.py": "", "words.txt": ""})
    besides = [CodeFile("late.py", "loaded by build")]
    (folder / "late.py").touch()
    assert {one.path: one.why for one in code_files.find(read(), folder, besides).files} == {
        "data.py": "named as data",
        "late.py": "loaded by build",
        "model.py": "named as model",
        "nets.py": "imported by model.py",
        "words.txt": "opened by model.py",
    }


def test_links_are_the_files_they_lead_to(write, tmp_path_factory):
    """A module that is a link counts under its own name, with the content of what it leads to."""
    shared = tmp_path_factory.mktemp("shared")
    (shared / "nets.py").write_text("x = 1")
    folder = write({"model.py": "import nets\n"})
    (folder / "nets.py").symlink_to(shared / "nets.py")
    before = digest(folder)
    (shared / "nets.py").write_text("x = 2")
    assert names(folder) == ["data.py", "model.py", "nets.py"]
    assert digest(folder) != before


def test_tunejobignore_is_as_gitignore(write):
    """Patterns leave files out that would count, later ones take them in again."""
    files = {f"nets/{name}.py": "" for name in ("a", "b")} | {"words.txt": ""}
    folder = write({"model.py": 'import nets.a, nets.b\nopen("words.txt")\n', **files})
    (folder / ".tunejobignore").write_text("# drafts\nnets/*\n!nets/b.py\n*.txt\n")
    assert names(folder) == ["data.py", "model.py", "nets/b.py"]


def test_the_digest_covers_names_and_contents(write):
    """It changes with what counts, and neither with times nor with the study's own text."""
    folder = write()
    before = digest(folder)
    os.utime(folder / "model.py", (1, 1))
    assert digest(folder, STUDY.replace("small", "other")) == before
    (folder / "model.py").write_text("x = 2")
    assert digest(folder) != before


def test_data_beside_is_not_sent_but_for_what_was_fetched(write):
    """A table may be what the loader reads in a way that can't be seen; a run's own results are not."""
    folder = write(
        {"train.csv": "a,b\n1,2\n", **{name: BESIDE[name] for name in ("cv_results.csv", "model.keras", "best.json")}}
    )
    assert code_files.data(read(), folder) == ["train.csv"]


def test_a_folder_of_everything_is_refused(write):
    """A study in a home folder does not read all of it; the remedy is told."""
    folder = write({f"{number}.py": "" for number in range(2001)} | {"model.py": "__import__(name)\n"})
    with pytest.raises(UsageError, match=r"holds too many files .* name what is no code in .*\.tunejobignore"):
        names(folder)
