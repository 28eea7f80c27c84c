"""Retunes at a schedule under the real CronJob controller: five ticks on data that changes, and faults amid them."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cluster.bodies import condition, finished
from cluster.kustomizing import overlay
from cluster.site import Site
from cluster.site import site as opened_site
from servers.proxy import Proxy

from job.launch.cluster import ticks
from job.retune import champion as in_use

DRIFTING = Path(__file__).parent / "drifting"
NAME = "drifting"


class Scheduled:
    """The study at a schedule, of which a test makes the ticks."""

    def __init__(self, site: Site, plane, tick, nodes):
        self.site, self.plane, self.tick, self.nodes, self.seen = site, plane, tick, nodes, set()

    def day(self, number: int) -> None:
        """Has the data of a day."""
        (self.site.gate / "day").write_text(str(number))

    def begin(self) -> str:
        """Makes one tick; its Job's name."""
        self.tick(self.site.namespace, "tunejob")
        self.site.api.patch("cronjobs", self.site.namespace, "tunejob", {"spec": {"suspend": False}})
        self.site.until(self._new, "the CronJob controller makes a Job")
        self.site.api.patch("cronjobs", self.site.namespace, "tunejob", {"spec": {"suspend": True}})
        (name,) = self._new()
        self.seen.add(name)
        return name

    def _new(self):
        selector = "app.kubernetes.io/component%3Dcontroller"
        found = self.site.api.items("jobs", self.site.namespace, labelSelector=selector)
        return [one["metadata"]["name"] for one in found if one["metadata"]["name"] not in self.seen]

    def ended(self, name: str):
        """Waits until a tick has ended; its Job."""
        return self.site.api.until("jobs", self.site.namespace, name, finished, 240)

    def whole(self, name: str, verdict: str):
        """Waits until a tick has come to this verdict; its record."""
        job = self.ended(name)
        assert condition(job, "Complete"), self.site.story()
        record = self.records()[0]
        assert record.verdict == verdict, record
        due = job["metadata"]["annotations"].get(ticks.SCHEDULED)
        assert record.scheduled == ticks.due(job)
        assert due is not None
        told = json.loads(job["metadata"]["annotations"]["tunejob/verdict"])
        assert told["code"] == 0
        assert told["message"].startswith(f"{verdict}: ")
        return record

    def records(self):
        """What every retune came to, the newest first."""
        return in_use.history(self.site.opened(), NAME)

    def champion(self):
        """What is in use."""
        return in_use.read(self.site.opened(), NAME)[0]


@pytest.fixture
def scheduled(plane, s3_env, s3_proxy, tmp_path, installation, nodes, tick) -> Iterator[tuple[Scheduled, Proxy]]:
    """The drifting study at a schedule, where tunejob is installed and its store is behind a proxy; nothing is due."""
    behind = replace(s3_env, endpoint=s3_proxy.endpoint)
    with opened_site(plane, behind, tmp_path / "site", installation) as site:
        made = {name: nodes(name, gpus=2) for name in ("node-a", "node-b")}
        study = site.folder / "study"
        shutil.copytree(DRIFTING, study, ignore=shutil.ignore_patterns("__pycache__"))
        files = [file.name for file in study.iterdir() if file.is_file()]
        generated = {"name": "tunejob-study", "behavior": "replace", "files": files}
        once = json.dumps([{"op": "add", "path": "/spec/suspend", "value": True}])
        often = json.dumps([{"op": "replace", "path": "/spec/schedule", "value": "* * * * *"}])
        patches = [{"target": {"kind": "CronJob", "name": "tunejob"}, "patch": one} for one in (often, once)]
        folder = overlay(study, site.namespace, ["run"], ["components/cron"], configMapGenerator=[generated],
                         patches=patches)  # fmt: skip
        done = plane.kubectl("apply", "-k", str(folder))
        assert done.returncode == 0, done.stderr
        yield Scheduled(site, plane, tick, made), s3_proxy
        s3_proxy.calm()


def _node_of(here: Scheduled, pod: str):
    return here.nodes[here.site.api.get("pods", here.site.namespace, pod)["spec"]["nodeName"]]


def _gone(here: Scheduled, pod: str) -> None:
    over = ("Succeeded", "Failed")
    here.site.api.until(
        "pods", here.site.namespace, pod, lambda found: not found or found["status"].get("phase") in over, 120
    )


def test_five_ticks_on_data_that_changes(scheduled):
    """First champion (a worker evicted), unchanged, kept (its controller killed), promoted (S3 away), poisoned."""
    here, s3 = scheduled
    site = here.site

    here.day(1)
    site.hold()
    name = here.begin()
    pod = site.held()[0]
    site.api.evict(site.namespace, pod)
    _gone(here, pod)
    site.release()
    here.whole(name, "first")
    assert here.champion().params["column"] == 0

    launched = len(site.jobs("shards"))
    here.whole(here.begin(), "unchanged")
    assert len(site.jobs("shards")) == launched
    assert here.champion().serial == 1

    here.day(2)
    site.hold()
    name = here.begin()
    site.held()
    controller = site.controller()
    _node_of(here, controller).kill(site.namespace, controller)
    _gone(here, controller)
    site.release()
    record = here.whole(name, "kept")
    assert record.evidence is not None
    assert record.changes[0].what == "rows"
    assert here.champion().serial == 1

    here.day(3)
    site.hold()
    name = here.begin()
    site.held()
    s3.harm("503")
    site.release()
    site.until(lambda: len(s3.requests) > 20, "the store is asked and away")
    s3.calm()
    record = here.whole(name, "promoted")
    promoted = here.champion()
    assert (promoted.serial, promoted.params["column"]) == (2, 1)
    assert record.evidence.better > 0.95
    assert site.opened().head(promoted.model)[0] > 0

    here.day(4)
    job = here.ended(here.begin())
    assert condition(job, "Failed"), site.story()
    assert json.loads(job["metadata"]["annotations"]["tunejob/verdict"])["code"] == 65
    assert here.champion() == promoted
    assert [one.verdict for one in here.records()] == ["failed", "promoted", "kept", "unchanged", "first"]
