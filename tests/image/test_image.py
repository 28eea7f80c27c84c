"""The images hold what they should, start as pods do, and need no right that a restricted namespace withholds."""

import json
import re
import shutil
import tomllib

import pytest
from image.inputs import ROOT

pytestmark = pytest.mark.timeout(1800)  # the first test that wants an image builds it

BOTH = ("controller", "trainer-cpu")
COMPILERS = re.compile(r"(.*-)?(g?cc|[cg]\+\+|cpp|clang(\+\+)?|tcc|l?ld|as|c?make|ninja|go|rustc)(-[\d.]+)?")
STUDY = """
name: small
model: model:build
data: data:load
search: grid
space: {units: [2, 4]}
cv: 2
scoring: accuracy
fit: {epochs: 1, batch_size: 8}
store: ./runs
"""
MODEL = """
import keras

def build(units):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile(loss="binary_crossentropy")
    return model
"""
DATA = """
import numpy as np

def load():
    X = np.random.default_rng(0).normal(size=(40, 3))
    return X, (X[:, 0] > 0).astype(int)
"""


@pytest.fixture
def study(tmp_path):
    """A small study in a folder that the image's user may write to."""
    for name, text in {"study.yaml": STUDY, "model.py": MODEL, "data.py": DATA}.items():
        (tmp_path / name).write_text(text)
    shutil.chown(tmp_path, 65532, 65532)
    return tmp_path


@pytest.mark.parametrize(("target", "limit"), [("controller", 600), ("trainer-cpu", 2500)])
def test_size(image, target, limit):
    """Unpacked, an image is no larger than a node should have to pull."""
    assert image(target).size() <= limit * 1_000_000


@pytest.mark.parametrize("target", BOTH)
def test_entry_point(image, target):
    """The image's program is tunejob, in the version of this tree."""
    built = image(target)
    done = built.run(*built.words["Entrypoint"], "--version")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (done.returncode, done.stdout.strip()) == (0, f"tunejob {version}"), done.stderr


@pytest.mark.parametrize("target", BOTH)
def test_user(image, target):
    """The user is not root, is given by number (a kubelet can tell no name from root), and has a name inside."""
    built = image(target)
    assert built.words["User"] == "65532:65532"
    assert built.run("id", "--user", "--name").stdout.strip() == "tunejob"


@pytest.mark.parametrize("target", BOTH)
def test_user_owns_nothing(image, target):
    """The image's user can change nothing in the image, even were its root writable."""
    mine = ["(", "-user", "65532", "-o", "-group", "65532", "-o", "-perm", "-o=w", ")"]
    done = image(target).run("find", "/", "-xdev", *mine, "-not", "-type", "l", "-not", "-perm", "-1000")
    assert done.stdout.splitlines() == [], done.stderr


def test_read_only(controller):
    """The tests of these images do run with a read-only root."""
    done = controller.run("touch", "/var/tmp/x")  # noqa: S108
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize("target", BOTH)
def test_no_compilers(image, target):
    """No file that a user could run is a compiler, a linker or make."""
    done = image(target).run("find", "/", "-xdev", "-not", "-type", "d", "-perm", "/111", "-printf", "%f\n")
    names = done.stdout.splitlines()
    assert "python3" in names
    assert [name for name in names if COMPILERS.fullmatch(name)] == []


@pytest.mark.parametrize("target", BOTH)
def test_locked(image, target):
    """What is installed is what the lock says, in its versions, and nothing beside it but the package and pip."""
    code = (
        "import json, importlib.metadata as m; "
        "print(json.dumps({d.metadata['Name'].lower().replace('_', '-'): d.version for d in m.distributions()}))"
    )
    done = image(target).run("python", "-c", code)
    installed = json.loads(done.stdout)
    lock = (ROOT / "k8s" / "image" / f"{target}.lock").read_text()
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))
    others = {"tunejob"} if target == "controller" else {"tunejob", "pip"}
    assert {name: version for name, version in installed.items() if name not in others} == locked
    assert others <= set(installed)


@pytest.mark.parametrize("target", BOTH)
def test_no_sources(image, target):
    """Tests, manifests and the sources themselves stay outside."""
    root = image(target).root
    assert not (root / "src").exists()
    code = root / "opt/tunejob/lib"
    assert list(code.glob("python3*/site-packages/job/controller.py"))
    assert not list(code.glob("python3*/site-packages/tests"))


def test_controller_without_tensorflow(controller):
    """The controller has neither TensorFlow nor Keras, and imports all that it launches with nevertheless."""
    code = (
        "import importlib.util as u, job.cli.main, job.controller, job.launch.cluster, kubernetes.client; "
        "print(u.find_spec('tensorflow'), u.find_spec('keras'))"
    )
    done = controller.run("python", "-c", code)
    assert done.stdout.split() == ["None", "None"], done.stderr


def test_controller_checks(controller, study):
    """A study is read where nothing is installed that could import its model."""
    done = controller.run("tunejob", "check", "study.yaml", work=study)
    assert done.returncode == 0, done.stdout + done.stderr


def test_trainer_trains(trainer, study):
    """A whole search runs on a read-only root as the image's user, and stores its table."""
    done = trainer.run("tunejob", "run", "study.yaml", work=study)
    assert done.returncode == 0, done.stdout + done.stderr
    (table,) = study.glob("runs/**/cv_results.csv")
    assert len(table.read_text().splitlines()) == 3
