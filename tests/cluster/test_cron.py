"""The cron component under the real CronJob controller: each tick is one whole search, however it comes about."""

import json

import pytest
from cluster import studies
from cluster.bodies import condition, finished
from cluster.kustomizing import overlay


@pytest.fixture
def scheduled(site, plane, nodes):
    """The small study at a schedule, in a namespace where tunejob is installed."""
    nodes("node", gpus=4)
    study = studies.write(site.folder / "study")
    files = [file.name for file in study.parent.iterdir() if file.is_file()]
    generated = {"name": "tunejob-study", "behavior": "replace", "files": files}
    target = {"kind": "CronJob", "name": "tunejob"}
    often = json.dumps([{"op": "replace", "path": "/spec/schedule", "value": "* * * * *"}])  # tests can't wait a week
    once = json.dumps([{"op": "add", "path": "/spec/suspend", "value": True}])
    patches = [{"target": target, "patch": often}, {"target": target, "patch": once}]
    folder = overlay(
        study.parent, site.namespace, ["run"], ["components/cron"], configMapGenerator=[generated], patches=patches
    )
    done = plane.kubectl("apply", "-k", str(folder))
    assert done.returncode == 0, done.stderr
    return site


def _controllers(site):
    return site.api.items("jobs", site.namespace, labelSelector="app.kubernetes.io/component%3Dcontroller")


def _once_and_whole(site):
    """One result for each fit, each trained once, and every controller's Job complete."""
    for job in _controllers(site):
        ended = site.api.until("jobs", site.namespace, job["metadata"]["name"], finished, 300)
        assert condition(ended, "Complete"), site.story()
    assert len(site.table("tiny")) == 4
    assert len(site.results("tiny")) == 8
    assert set(site.begun("tiny").values()) == {1}


def test_a_tick_that_was_missed_runs_the_whole_search(scheduled, plane, tick):
    """The controller manager is down when the tick is due; once it is back, it makes up for it, and that is enough."""
    api, namespace = scheduled.api, scheduled.namespace
    plane.stop("kube-controller-manager")
    try:
        tick(namespace, "tunejob")
        api.patch("cronjobs", namespace, "tunejob", {"spec": {"suspend": False}})
        assert _controllers(scheduled) == []
    finally:
        plane.start("kube-controller-manager")
    scheduled.until(lambda: _controllers(scheduled), "the CronJob controller makes a Job")
    api.patch("cronjobs", namespace, "tunejob", {"spec": {"suspend": True}})
    (job,) = _controllers(scheduled)
    assert job["metadata"]["ownerReferences"][0]["kind"] == "CronJob"
    _once_and_whole(scheduled)


def test_two_controllers_at_once_train_no_fit_twice(scheduled, plane):
    """Two Jobs forced from the CronJob at the same moment: one launches the workers, both end well."""
    for name in ("one", "two"):
        made = plane.kubectl("create", "job", name, "--from=cronjob/tunejob", "-n", scheduled.namespace)
        assert made.returncode == 0, made.stderr
    _once_and_whole(scheduled)
    assert len(_controllers(scheduled)) == 2
    assert len(scheduled.jobs("shards")) == 1
