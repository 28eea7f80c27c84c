"""Building: what is cached, how a trainer is extended, and what the script says where it can't build."""

import os
import shutil
import subprocess

import pytest
from image.builder import Builder, cache, obstacle, unpacked
from image.inputs import ROOT, files

SCRIPT = ROOT / "k8s" / "image" / "build.sh"


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs the build script in an environment of its own."""
    path = os.environ["PATH"]
    return subprocess.run(
        [shutil.which("sh"), str(SCRIPT), *words],
        env={"PATH": path, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(1800)
def test_code_leaves_dependencies_alone(controller, tmp_path):
    """Changed code makes a new last layer; the layers of the dependencies are those of before."""
    for path in files("controller"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    with (tmp_path / "job" / "errors.py").open("a") as code:
        code.write("\nCHANGED = True\n")
    builder = Builder(cache())
    with builder.mounted(builder.build(tmp_path, "controller", "changed")) as changed:
        done = changed.run("python", "-c", "import job.errors; print(job.errors.CHANGED)")
        assert done.stdout.strip() == "True", done.stderr
        assert changed.layers[:-1] == controller.layers[:-1]
        assert changed.layers[-1] != controller.layers[-1]


@pytest.mark.timeout(1800)
def test_requirements_extend_a_trainer(trainer, tmp_path):
    """REQUIREMENTS adds packages to a trainer; what it had keeps its version, and its user."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("humanize\nnumpy\n")
    with unpacked("trainer-cpu", requirements) as extended:
        code = "import humanize, numpy; print(humanize.intcomma(1000), numpy.__version__)"
        done = extended.run("python", "-c", code)
        before = trainer.run("python", "-c", "import numpy; print(numpy.__version__)").stdout.strip()
        assert done.stdout.split() == ["1,000", before], done.stderr
        assert extended.words == trainer.words


@pytest.mark.timeout(1800)
def test_requirements_in_conflict_are_refused(trainer, tmp_path):
    """Packages that can't live with the trainer's are refused, by their names."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("numpy<2\n")
    with pytest.raises(RuntimeError, match=r"numpy<2"), unpacked("trainer-cpu", requirements):
        pass


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    """Where images can't be built, these tests are skipped with the names of what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert obstacle() == "no buildah and no debootstrap here to build images with: apt-get install buildah debootstrap"


def test_no_builder(tmp_path):
    """Where nothing can build, the script says what to install, and exits 69."""
    (tmp_path / "dirname").symlink_to(shutil.which("dirname"))
    done = run(PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (69, "")
    assert "no docker (with a running daemon), podman or buildah here" in done.stderr


def test_unknown_target():
    """A wrong image is refused with those that there are."""
    done = run("trainer-gpu")
    assert done.returncode == 64
    assert "trainer-gpu: no such image; there are controller, trainer and trainer-cpu" in done.stderr


def test_missing_requirements(tmp_path):
    """A requirements file that is not there is told before anything is built."""
    done = run("trainer", REQUIREMENTS=str(tmp_path / "none.txt"))
    assert done.returncode == 64
    assert "none.txt: no such file" in done.stderr
