"""A run whose controller gave up while its workers live: it is seen as such, and submitting adopts it."""

import signal

import pytest
from cluster import studies
from cluster.bodies import finished


@pytest.fixture
def unwatched(site, nodes):
    """Two workers wait in a fit, and the controller's Job has failed; the study's file."""
    nodes("node-1", gpus=3)  # one for the worker that prepares
    study = studies.write(site.folder / "tiny")
    site.hold()
    submitted = site.begin("submit", study)
    site.held(2)
    (controller,) = site.api.items("jobs", site.namespace, labelSelector="app.kubernetes.io/component%3Dcontroller")
    name = controller["metadata"]["name"]
    site.api.patch("jobs", site.namespace, name, {"spec": {"activeDeadlineSeconds": 1}})
    site.api.until("jobs", site.namespace, name, finished)
    submitted.send_signal(signal.SIGINT)
    submitted.communicate()
    return study


def test_workers_that_nobody_watches_are_adopted(site, unwatched):
    """`status` says so and what to do; the new controller takes over the very Job, no pod is lost, and it completes."""
    (before,) = site.jobs("shards", live=True)
    pods = {pod["metadata"]["uid"] for pod in site.pods("shards", "Running")}
    told = site.tunejob("status", "tiny").stdout
    assert "nobody watches it" in told
    assert "tunejob submit STUDY" in told
    again = site.begin("submit", unwatched)
    adopted = site.api.until(
        "jobs", site.namespace, before["metadata"]["name"],
        lambda job: job["metadata"].get("ownerReferences", [{}])[-1].get("uid")
        not in {one["uid"] for one in before["metadata"]["ownerReferences"]} | {None},
        120,
    )  # fmt: skip
    assert adopted["metadata"]["uid"] == before["metadata"]["uid"]
    assert {pod["metadata"]["uid"] for pod in site.pods("shards", "Running")} == pods
    site.release()
    out, err = again.communicate(timeout=180)
    assert again.returncode == 0, err
    assert f"adopted the Job {before['metadata']['name']}" in err
    assert "is complete: 8 fits" in out
    assert set(site.begun("tiny").values()) == {1}
