"""The one command that runs an overlay again, whatever became of its last run."""

import json
import subprocess

import pytest
from cluster import studies
from cluster.bodies import finished
from cluster.kustomizing import K8S, overlay

RERUN = K8S / "rerun.sh"
JOB = "tunejob-controller"


@pytest.fixture
def mine(site, nodes):
    """Makes alice's overlay, whose controller runs a command in the place of its own."""
    nodes("node")
    study = studies.write(site.folder / "mine")

    def write(*command):
        files = {"name": "tunejob-study", "behavior": "replace", "files": ["study.yaml", "model.py", "data.py"]}
        target = {"kind": "Job", "name": JOB}
        changes = [{"op": "replace", "path": "/spec/template/spec/containers/0/command", "value": list(command)}]
        patches = [{"target": target, "patch": json.dumps(changes)}]
        return overlay(study.parent, site.namespace, ["run"], configMapGenerator=[files], patches=patches)

    return write


@pytest.fixture
def rerun(site):
    """Runs the command as alice."""

    def run(*arguments):
        command = [str(RERUN), *map(str, arguments)]
        return subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)

    return run


def job(site):
    """The controller's Job."""
    return site.api.get("jobs", site.namespace, JOB)


@pytest.mark.parametrize("command", [("true",), ("sh", "-c", "exit 64")], ids=["success", "failure"])
@pytest.mark.parametrize("edited", [False, True], ids=["same study", "edited study"])
def test_what_ended_runs_again(site, mine, rerun, command, edited):
    """After success and failure alike there is a new Job, which mounts the study as it is now."""
    folder = mine(*command)
    assert rerun(folder).returncode == 0
    before = site.api.until("jobs", site.namespace, JOB, finished)
    if edited:
        study = folder / "study.yaml"
        study.write_text(study.read_text() + "seed: 7\n")
    done = rerun(folder)
    assert done.returncode == 0, done.stderr
    after = site.api.until("jobs", site.namespace, JOB, finished)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    volumes = after["spec"]["template"]["spec"]["volumes"]
    (name,) = [one["configMap"]["name"] for one in volumes if one["name"] == "study"]
    text = site.api.get("configmaps", site.namespace, name)["data"]["study.yaml"]
    assert text == (folder / "study.yaml").read_text()


@pytest.mark.parametrize("edited", [False, True], ids=["same study", "edited study"])
def test_what_lives_is_replaced_only_when_told_to(site, mine, rerun, edited):
    """A live run is left as it is, with 75 and what to do; told to, the command ends it and starts anew."""
    folder = mine("sh", "-c", "trap 'exit 143' TERM; sleep 600 & wait")
    assert rerun(folder).returncode == 0
    assert site.controller()
    before = job(site)["metadata"]["uid"]
    if edited:
        study = folder / "study.yaml"
        study.write_text(study.read_text() + "seed: 7\n")
    refused = rerun(folder)
    assert refused.returncode == 75
    assert f"the Job {JOB} in {site.namespace} is running: follow it (kubectl logs" in refused.stderr
    assert f"{folder} --replace-live" in refused.stderr
    assert job(site)["metadata"]["uid"] == before
    done = rerun(folder, "--replace-live")
    assert done.returncode == 0, done.stderr
    assert site.controller()
    assert job(site)["metadata"]["uid"] != before


def test_wrong_arguments_are_told(rerun, mine):
    """A folder that is none, and an option that is none."""
    assert (rerun("/no/such/folder").returncode, rerun(mine("true"), "--force").returncode) == (64, 64)
