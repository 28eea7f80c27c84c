"""Every document: its links lead somewhere, its commands are ones that exist, and what can run is run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from job.cli.main import app

ROOT = Path(__file__).parents[1]
LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=ROOT, capture_output=True, text=True, check=True,
).stdout.split()  # fmt: skip
DOCUMENTS = sorted(name for name in LISTED if (ROOT / name).exists())
COMMAND = typer.main.get_command(app)
NEEDS = {
    "kind": "kind and a container engine",
    "kubectl": "a cluster of the reader's",
    "pip": "the network",
    "pre-commit": "a clone to install into",
    "k8s/image/build.sh": "a builder of images, and tests/image runs it",
    "k8s/rerun.sh": "a cluster, and tests/cluster runs it",
}
"""Programs whose lines are not run here, and what they need."""


def _lines() -> list[tuple[str, str]]:
    found = []
    for name in DOCUMENTS:
        for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / name).read_text(), re.DOTALL | re.MULTILINE):
            found += [(name, line) for line in block.replace("\\\n", " ").splitlines() if line.split("#")[0].strip()]
    return found


def _words(line: str) -> list[str]:
    """The words of a command, without what it sets in its environment, a pipe's other side, and where output goes."""
    words = shlex.split(re.split(r" [|>] | && ", line)[0], comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    return words


def _anchors(text: str) -> set[str]:
    """What a link may name after ``#``, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one).lower()) for one in headings)
    return {one.strip().replace(" ", "-") for one in plain}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    """Every link to a file of the project finds it, and every link to a heading finds that."""
    text = (ROOT / name).read_text()
    lost = []
    for target in re.findall(r"\]\((?!https?://|mailto:)([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text())):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize(("name", "line"), _lines(), ids=lambda part: str(part)[:60])
def test_each_command_can_be_given(name, line):
    """`make` knows the target; `tunejob` its verb, arguments and options; a kustomization and a module are there.

    Lines of other programs are not run; what they need is in ``NEEDS``, and a program that is not named there fails.
    """
    words = _words(line)
    if words[0] == "make":
        done = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    elif words[0] == "tunejob":
        group, verb = COMMAND, words[1]
        command = group.commands[verb]
        command.make_context(verb, words[2:], parent=typer.Context(group))  # a wrong option raises
    elif words[:2] == ["python", "-m"]:
        assert (ROOT / Path(*words[2].split("."))).with_suffix(".py").exists() or (
            ROOT / Path(*words[2].split(".")) / "__main__.py"
        ).exists()
    elif words[0] == "python":
        written = f"# {words[1]}\n" in (ROOT / name).read_text()  # by a block of the page, which tests/docs runs
        assert written or (ROOT / words[1]).exists() or ((ROOT / name).parent / words[1]).exists()
    elif words[:3] == ["kubectl", "apply", "-k"]:
        assert words[3] == "mine" or (ROOT / words[3] / "kustomization.yaml").is_file()
    else:
        assert words[0] in NEEDS, f"say in NEEDS why `{line}` is not run"


def test_each_target_is_told():
    """CONTRIBUTING names the targets that the Makefile has, all and no others, with what each is for."""
    rows = re.findall(r"^\| (`make [^|]*)\|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    told = {target for row in rows for target in re.findall(r"`make ([a-z-]+)`", row)}
    known = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert told == known - {"help"}


def test_each_room_is_on_the_map():
    """docs/architecture.md tells of every room of the package and of every room of together/."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = [path.parent for path in (ROOT / "job").glob("*/__init__.py")]
    inner = [path.parent for path in (ROOT / "job" / "train" / "together").glob("*/__init__.py")]
    assert [str(one) for one in rooms if f"`job/{one.name}/`" not in text] == []
    assert [str(one) for one in inner if f"`{one.name}/`" not in text] == []


def test_forms_and_workflows_are_sound():
    """Every YAML file of .github parses; a workflow has jobs with steps, and may read the code, no more."""
    files = sorted((ROOT / ".github").rglob("*.yml"))
    assert files
    for file in files:
        content = yaml.safe_load(file.read_text())
        if file.parent.name == "workflows":
            assert content["permissions"]["contents"] == "read", file
            assert all(
                job["steps"] and job["timeout-minutes"] for job in content["jobs"].values() if "needs" not in job
            )


def test_what_the_workflows_run_is_there():
    """Make's targets and scripts that workflows call exist."""
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        runs = [
            step["run"]
            for job in yaml.safe_load(file.read_text())["jobs"].values()
            for step in job["steps"]
            if "run" in step
        ]
        for line in runs:
            for target in re.findall(r"^make ([a-z-]+)", line, re.MULTILINE):
                done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=False)
                assert done.returncode == 0, target
            for script in re.findall(r"(?:^|bash )((?:k8s|\.ci)/\S+)", line, re.MULTILINE):
                assert (ROOT / script).exists(), script


def test_python_blocks_are_python():
    """Every block that says it is Python compiles."""
    for name in DOCUMENTS:
        for block in re.findall(r"^```(?:python|py)\n(.*?)^```", (ROOT / name).read_text(), re.DOTALL | re.MULTILINE):
            compile(block, f"{name}", "exec")


def test_the_version_is_told():
    """`tunejob --version`, which the form for bugs asks for."""
    command = [sys.executable, "-m", "job", "--version"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("tunejob ")
