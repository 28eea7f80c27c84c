"""The product's own way to the API server: what it makes of a real one's answers, refusals, endings and restarts."""

import signal
import threading
import time

import pytest
from cluster.bodies import job, pod, running
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config

from job.errors import NotPermittedError
from job.launch.cluster.api import Api
from job.launch.cluster.api_errors import AbsentError, ClusterError, ExistsError, GoneError, RefusedError
from job.launch.cluster.watch import Watching

PATIENCE = 30.0


@pytest.fixture
def ours(plane):
    """Makes the product's Api for a user and a namespace."""

    def make(user, namespace, patience=PATIENCE):
        configuration = Configuration()
        load_kube_config(str(user.kubeconfig), client_configuration=configuration)
        return Api(configuration, namespace, patience=patience)

    return make


@pytest.fixture
def mine(ours, plane, namespace):
    """The product's Api, allowed everything."""
    return ours(plane.user("admin"), namespace)


def test_a_list_of_several_pages_is_whole(mine, api, namespace):
    """The server hands out 500 at a time."""
    for number in range(501):
        api.create("configmaps", namespace, {"metadata": {"name": f"m-{number}", "labels": {"of": "many"}}})
    assert len(mine.items("configmaps", labels={"of": "many"})) == 501


def test_a_field_that_the_server_does_not_know_is_refused_by_its_name(mine, plane):
    """Strict validation: a typo in a patch is no silence."""
    body = job(plane.image, "true")
    body["spec"]["paralelism"] = 2
    with pytest.raises(RefusedError, match=r'unknown field "spec\.paralelism"'):
        mine.create("jobs", {**body, "apiVersion": "batch/v1", "kind": "Job"})


def test_what_is_there_twice_gone_or_another_is_told_apart(mine):
    """ExistsError, AbsentError, and a deletion that spares an object of the same name but another identity."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}
    mine.create("configmaps", body)
    with pytest.raises(ExistsError):
        mine.create("configmaps", body)
    mine.delete("configmaps", "one", uid="not-its-uid")
    assert mine.get("configmaps", "one")
    mine.delete("configmaps", "one")
    mine.delete("configmaps", "one")
    with pytest.raises(AbsentError):
        mine.get("configmaps", "one")


def test_a_deleted_job_takes_its_pods_along(mine, api, plane, namespace, nodes):
    """Without being told how: the client library's own default would leave them running."""
    nodes()
    mine.create("jobs", {**job(plane.image, "sleep 600"), "apiVersion": "batch/v1", "kind": "Job"})
    api.until("jobs", namespace, "job", lambda found: found["status"].get("ready"))
    (name,) = [one["metadata"]["name"] for one in mine.items("pods")]
    mine.delete("jobs", "job")
    api.gone("pods", namespace, name)


def test_refusals_say_what_to_do(ours, plane, namespace, tmp_path):
    """Without rights, without a known token, without the namespace."""
    with pytest.raises(NotPermittedError, match=f"--role=tunejob-user --user=YOU -n {namespace}"):
        ours(plane.user("bob", namespace), namespace).items("jobs")
    stranger = plane.user("bob", namespace)
    wrong = tmp_path / "wrong.kubeconfig"
    wrong.write_text(stranger.kubeconfig.read_text().replace("token-of-bob", "no-such-token"))
    with pytest.raises(NotPermittedError, match="log in again"):
        ours(type(stranger)("bob", wrong, stranger.subject), namespace).items("jobs")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}
    with pytest.raises(RefusedError, match="kubectl create namespace no-such-place"):
        ours(plane.user("admin"), "no-such-place").create("configmaps", body)


def test_logs_come_as_they_are_written(mine, api, plane, namespace, nodes):
    """Following ends with the pod; the last lines alone can be had."""
    nodes()
    api.create("pods", namespace, pod(plane.image, "echo one; sleep 1; echo two; echo three"))
    api.until("pods", namespace, "main", running)
    assert list(mine.log("main", follow=True)) == ["one", "two", "three"]
    assert list(mine.log("main", lines=1)) == ["three"]


def test_a_call_outlasts_a_restart_of_the_api_server(mine, plane, namespace):
    """It is repeated until the server is back; past its patience, the sentence says what to check."""
    plane.stop("kube-apiserver", signal.SIGKILL)
    mine.patience = 1.0
    try:
        with pytest.raises(ClusterError, match="is the kubeconfig's context the right one"):
            mine.items("configmaps")
    finally:
        starting = threading.Thread(target=plane.start, args=("kube-apiserver",))
        starting.start()
    mine.patience = 60.0
    assert [one["metadata"]["name"] for one in mine.items("configmaps")] == ["kube-root-ca.crt"]
    starting.join()


def _seen(watching, *wanted, seconds=60):
    """What was seen, until all of one of the wanted sets was: what and of which name, or what alone."""
    found, end = set(), time.monotonic() + seconds
    while not any(one <= found for one in wanted):
        assert time.monotonic() < end, found
        for seen in watching.within(1.0):
            found |= {(seen.what, one["metadata"]["name"]) for one in seen.objects} or {seen.what}
    return found


def test_watching_sees_what_comes_changes_and_goes(mine, api, namespace):
    """First all that is there, then each change, of those alone that match."""
    api.create("configmaps", namespace, {"metadata": {"name": "first", "labels": {"a": "b"}}})
    with Watching(mine) as watching:
        watching.follow("configmaps", labels={"a": "b"})
        _seen(watching, {("listed", "first")})
        api.create("configmaps", namespace, {"metadata": {"name": "other"}})
        api.create("configmaps", namespace, {"metadata": {"name": "second", "labels": {"a": "b"}}})
        api.delete("configmaps", namespace, "first")
        found = _seen(watching, {("changed", "second"), ("deleted", "first")})
        assert "other" not in {name for _, name in found}


def test_watching_goes_on_where_history_is_forgotten(mine, api, plane, namespace):
    """Where the server answers 410 to a watch from before, all is listed again, and nothing is missed."""
    api.create("configmaps", namespace, {"metadata": {"name": "first"}})
    old = api.request("GET", f"/api/v1/namespaces/{namespace}/configmaps")["metadata"]["resourceVersion"]
    with Watching(mine) as watching:
        watching.follow("configmaps")
        _seen(watching, {("listed", "first")})
        api.create("secrets", namespace, {"metadata": {"name": "of-another-kind"}})  # history that it does not see
        plane.stop("kube-apiserver", signal.SIGKILL)
        _seen(watching, {"lost"})
        plane.forget()
        plane.start("kube-apiserver")
        api.create("configmaps", namespace, {"metadata": {"name": "second"}})
        assert _forgotten(mine, old)
        _seen(watching, {("listed", "first"), ("listed", "second")}, {("listed", "first"), ("changed", "second")})


def _forgotten(mine, version):
    """Whether the server says 410 to a watch from this version, at once or as the watch's only event."""
    try:
        answer = mine.watch("configmaps", {"resourceVersion": version}, seconds=1)
    except GoneError:
        return True
    with answer:
        return b'"code":410' in answer.data


def test_watching_without_the_right_to_is_an_error(ours, plane, namespace):
    """It is raised where it is read, not retried for ever."""
    with Watching(ours(plane.user("bob", namespace), namespace)) as watching:
        watching.follow("jobs")
        with pytest.raises(NotPermittedError):
            _seen(watching, {"never"})
