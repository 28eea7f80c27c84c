"""`tunejob clean`: takes what killed commands left of a study, from the store and from the cluster; never a run."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from launch import made
from launch.stub import Answer, serving

from job.launch.cluster import names
from job.store import RunKeys, nonces, open_store
from job.store.keys import prepared


@pytest.fixture
def store(folder):
    """The study's store: a run, a preparation of two days ago, and one of now."""
    found = open_store(str(folder / "runs"))
    found.create(RunKeys("small", "small-0123456789").plan, b"{}")
    for nonce in (old(), nonces.fresh()):
        found.create(prepared("small", nonce, "study.yaml"), b"x")
    return found


def old():
    """A nonce of two days ago."""
    return nonces.of("a controller", int(nonces.fresh()[8:], 16) - 2 * nonces.DAY)


def cluster(tmp_path, url):
    """A kubeconfig of this server."""
    content = {
        "apiVersion": "v1", "kind": "Config", "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": url}}], "users": [{"name": "ann", "user": {"token": "t"}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "ann", "namespace": "tests"}}],
    }  # fmt: skip
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return str(file)


def job(name, *, task="prepare", study="small", days=2.0, owner="gone"):
    """A Job of workers, so old, of this controller."""
    found = made.job(name, uid=f"uid-of-{name}")
    created = datetime.now(UTC) - timedelta(days=days)
    labels = {**names.labels(study, "", task), names.COMPONENT: "worker"}
    found["metadata"] |= {"creationTimestamp": created.isoformat(), "labels": labels}
    found["metadata"]["ownerReferences"] = [{"uid": owner}]
    return found


def test_what_is_older_than_a_day_is_taken_from_the_store_and_told(folder, store, tunejob):
    """One object goes, with its name; the young one and the run stay; the next time there is nothing."""
    before = {entry.key for entry in store.list("")}
    done = tunejob("clean", folder / "study.yaml", KUBECONFIG="/no/such/file")
    assert done.returncode == 0, done.stderr
    (taken,) = before - {entry.key for entry in store.list("")}
    assert f"took {store.url}/{taken}" in done.stdout
    assert "1 taken" in done.stdout
    assert "nothing to take" in tunejob("clean", folder / "study.yaml", KUBECONFIG="/no/such/file").stdout


def test_jobs_that_prepare_for_nobody_are_taken_from_the_cluster(folder, store, tunejob, tmp_path):
    """Not the young, the other studies', those with shards, nor one whose controller lives."""
    controller = made.job("c", uid="alive")
    controller["metadata"]["labels"] = {names.NAME: "tunejob", names.COMPONENT: "controller"}
    jobs = [
        controller, job("left"), job("young", days=0.1), job("others", study="wine"), job("shards", task="shards"),
        job("lives", owner="alive"),
    ]  # fmt: skip
    with serving(lambda _: Answer(body={"metadata": {}, "items": jobs})) as stub:
        done = tunejob("clean", folder / "study.yaml", KUBECONFIG=cluster(tmp_path, stub.url))
        deleted = [(one.path, one.body) for one in stub.asked if one.verb == "DELETE"]
    assert done.returncode == 0, done.stderr
    assert "took the Job left" in done.stdout
    (found,) = deleted
    assert found[0].endswith("/jobs/left")
    assert found[1]["preconditions"] == {"uid": "uid-of-left"}


def test_a_cluster_that_refuses_is_told_and_the_store_is_cleaned(folder, store, tunejob, tmp_path):
    """Whoever may not look there can clean the store all the same."""
    refused = Answer(403, {"message": 'User "ann" cannot list resource "jobs"'})
    with serving(lambda _: refused) as stub:
        done = tunejob("clean", folder / "study.yaml", KUBECONFIG=cluster(tmp_path, stub.url))
    assert done.returncode == 0, done.stderr
    assert "nothing was taken from the cluster" in done.stdout
    assert "1 taken" in done.stdout
