"""The manifests that the package carries."""

import pytest
import yaml
from launch import rendering

from job.errors import UsageError
from job.launch.client import templates


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_what_is_installed_is_the_overlay(name):
    """By name or by folder, installing is what `kubectl apply -k …/install` applies."""
    wanted = rendering.objects(f"overlays/{name}/install")
    assert templates.installation(name) == wanted
    assert templates.installation(str(rendering.K8S / "overlays" / name / "install")) == wanted


def test_a_whole_overlay_gives_both_without_the_study(monkeypatch):
    """From an overlay that installs and runs, the study of the run is left out of both."""
    monkeypatch.chdir(rendering.ROOT)
    kinds = {one["kind"] for one in templates.installation("k8s/overlays/cpu")}
    assert not kinds & {"ConfigMap", "Job"}
    job = templates.controller("k8s/overlays/cpu")
    assert (job["kind"], job["metadata"]["name"]) == ("Job", "tunejob-controller")


def test_an_overlay_without_a_run_is_refused_with_what_it_needs():
    """An overlay that only installs has no controller."""
    with pytest.raises(UsageError, match=r"has 0 Jobs labelled .*its resources name k8s/run"):
        templates.controller(str(rendering.K8S / "overlays" / "cpu" / "install"))


def test_what_is_no_overlay_is_refused_with_kubectls_own_words(tmp_path):
    """The folder is named, and what kubectl says about it."""
    with pytest.raises(UsageError, match=r"can't render the overlay .*kustomization(.|\n)*or one of cpu, gpu"):
        templates.controller(str(tmp_path))


def test_without_kubectl_the_error_says_so(monkeypatch, tmp_path):
    """Overlays need kubectl; the plain controller does not."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="rendered by kubectl, and there is none here"):
        templates.installation("gpu")
    assert templates.controller()["kind"] == "Job"


def test_an_image_without_manifests_says_where_they_are(monkeypatch, tmp_path):
    """The images have no k8s/ folder."""
    monkeypatch.setattr(templates, "FOLDER", tmp_path / "absent")
    with pytest.raises(UsageError, match="has no manifests"):
        templates.controller()


def test_objects_are_written_as_one_stream_that_reads_back():
    """Texts of several lines stay readable, and every object is the same when it is read."""
    objects = [{"kind": "ConfigMap", "data": {"study.yaml": "name: wine\nseed: 1\n", "one": "line"}}, {"kind": "Job"}]
    text = templates.written(objects)
    assert list(yaml.safe_load_all(text)) == objects
    assert "study.yaml: |\n" in text
