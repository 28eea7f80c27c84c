"""What a laptop sends, as pure functions."""

import base64
import json

import pytest
from launch import schema

from job.errors import UsageError
from job.launch.client import submission, templates
from job.launch.client.submission import Sent
from job.launch.cluster import names
from job.study import archive, reading

TEXT = (
    "name: wine\nmodel: model:build\ndata: data:load\nsearch: grid\nspace: {units: [1, 2]}\nstore: s3://bucket/runs\n"
)
FILES = [("model.py", b"def build(units): ...\n"), ("data.py", b"def load(): ...\n")]


def sent(**changes):
    """A study with its code."""
    given = {"study": reading.parse(TEXT, "study.yaml"), "text": TEXT, "files": FILES}
    return Sent(**(given | changes))


def test_both_objects_are_as_they_were_reviewed(golden):
    """The ConfigMap and the Job, field by field, as they were once read and kept."""
    made = submission.make(sent(commit="0123abc"), templates.controller())
    config = json.loads(json.dumps(made.config))
    packed = base64.b64decode(config["binaryData"].pop(archive.NAME))
    assert packed == archive.pack(FILES)  # compressors differ between machines, what they compress does not
    name = made.name
    golden("submission", json.loads(json.dumps([config, made.job]).replace(name, "tunejob-wine-DIGEST")))


def test_both_objects_hold_against_the_api_servers_schema():
    """No field that the API server does not know."""
    made = submission.make(sent(), templates.controller())
    assert schema.mistakes(made.config) + schema.mistakes(made.job) == []


def test_the_same_study_has_the_same_name():
    """Whoever submits it, and whenever."""
    first, second = (submission.make(sent(commit=commit), templates.controller()) for commit in ("a", None))
    assert first.name == second.name
    assert first.config == second.config


@pytest.mark.parametrize(
    "changes",
    [{"text": TEXT + "seed: 1\n"}, {"files": FILES[:1]}, {"store": "s3://other"}],
    ids=["study", "code", "store"],
)
def test_another_study_code_or_store_has_another_name(changes):
    """The name carries the digest of all that is sent."""
    assert (
        submission.make(sent(**changes), templates.controller()).name
        != submission.make(sent(), templates.controller()).name
    )


def test_another_template_has_another_name():
    """A controller that is patched is another Job."""
    patched = templates.controller()
    patched["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "registry"}]
    assert submission.make(sent(), patched).name != submission.make(sent(), templates.controller()).name


def test_a_store_in_place_of_the_studys_own_is_an_argument():
    """It is told to the controller; the study is sent as it was written."""
    made = submission.make(sent(store="s3://other"), templates.controller())
    args = made.job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args == ["control", "/study/study.yaml", "--store", "s3://other"]
    assert made.config["data"] == {"study.yaml": TEXT}


def test_the_job_mounts_what_is_sent():
    """The ConfigMap's name is the volume's, once, and can be read off the Job."""
    made = submission.make(sent(), templates.controller())
    assert submission.config_of(made.job) == made.config["metadata"]["name"] == made.name
    assert made.config["immutable"] is True


def test_the_run_is_found_by_its_study():
    """Job, pods and ConfigMap carry the study's label from the beginning."""
    made = submission.make(sent(), templates.controller())
    pods = made.job["spec"]["template"]["metadata"]["labels"]
    for labels in (made.job["metadata"]["labels"], pods):
        assert labels[names.STUDY] == "wine"
        assert labels[names.COMPONENT] == "controller"
    assert made.config["metadata"]["labels"] == names.labels("wine")


def test_a_job_without_a_study_is_refused():
    """The error names the volume that must be there."""
    job = templates.controller()
    job["spec"]["template"]["spec"]["volumes"] = []
    with pytest.raises(UsageError, match="tunejob-controller has no ConfigMap as its volume 'study'"):
        submission.config_of(job)


def test_a_template_without_a_controller_is_refused():
    """The container that an overlay renamed is asked for by name."""
    template = templates.controller()
    template["spec"]["template"]["spec"]["containers"][0]["name"] = "main"
    with pytest.raises(UsageError, match="no container named 'controller'"):
        submission.make(sent(store="s3://x"), template)
