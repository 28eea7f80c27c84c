"""The crossing to the cluster, with a server in trouble."""

import socket

import pytest
from launch.stub import Answer, in_turn, serving, status

from job.errors import ExitCode, NotPermittedError, UsageError
from job.launch.cluster import api, connection
from job.launch.cluster.api_errors import AbsentError, ClusterError, ExistsError, GoneError, IdentityError, RefusedError

CONTROLLER = "system:serviceaccount:tests:tunejob-controller"


def test_what_passes_is_tried_again():
    """Too many requests, a server error, half an answer and then the object: it is returned."""
    trouble = [status(429, "slow down"), status(503, "starting"), Answer(body={"kind": "Job", "x": "y" * 99}, cut=20)]
    with serving(in_turn(*trouble, Answer(body={"kind": "Job"}))) as stub:
        assert stub.api(patience=30.0).get("jobs", "one") == {"kind": "Job"}
        assert len(stub.asked) == 4


def test_patience_ends_with_the_servers_address_and_a_remedy():
    """A server that stays away is told with its address, the cause and what to look at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        with serving(in_turn(Answer())) as stub:
            stub.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(ClusterError, match=r"127.0.0.1:\d+ can't be reached: .*refused.*current-context"):
                stub.api(patience=0.5).get("jobs", "one")


@pytest.mark.parametrize(
    ("proxy", "said"),
    [("", r"NetworkPolicy tunejob-controller.*443 and 6443.*default`\.$"), ("http://proxy:1", "NO_PROXY .*127.0.0.1")],
)
def test_a_controller_that_reaches_no_server_is_told_of_what_shuts_pods_in(pod_of, monkeypatch, proxy, said):
    """It has no kubeconfig: a NetworkPolicy or a proxy is between it and the API server, most often."""
    for name in ("https_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", proxy)
    pod_of("http://127.0.0.1:9")
    with pytest.raises(ClusterError, match=said) as caught:
        connection.from_pod(patience=0.0).get("jobs", "one")
    assert "kubeconfig" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (status(404, 'jobs.batch "one" not found'), AbsentError, "not found"),
        (status(409, "already exists"), ExistsError, "already exists"),
        (status(410, "too old resource version"), GoneError, "too old"),
        (status(401, "Unauthorized"), NotPermittedError, "does not know you .*log in again"),
        (status(422, "spec.template: Required value"), RefusedError, "refused this: spec.template"),
        (
            status(403, 'jobs.batch is forbidden: User "alice" cannot get resource "jobs"'),
            NotPermittedError,
            "bind the Role tunejob-user .* -n tests",
        ),
        (
            status(403, f'jobs.batch "one" is forbidden: User "{CONTROLLER}" cannot get resource "jobs"'),
            NotPermittedError,
            r"^(?!.*tunejob-user).*installation in the namespace tests is incomplete, .* kubectl apply -k .*/install",
        ),
        (
            status(403, 'jobs.batch "one" is forbidden: exceeded quota: pods=0'),
            NotPermittedError,
            "refused this in namespace tests: .*exceeded quota",
        ),
    ],
)
def test_a_refusal_is_told_once_with_its_remedy(answer, kind, said):
    """What lasts is not tried again, and says what it means and what to do."""
    with serving(in_turn(answer)) as stub:
        with pytest.raises(kind, match=said):
            stub.api().get("jobs", "one")
        assert len(stub.asked) == 1


def test_a_refusal_by_a_server_that_was_away_is_no_refusal_yet():
    """A server that starts may answer before it has read who may do what."""
    forbidden = status(403, 'User "alice" cannot get resource "jobs"')
    with serving(in_turn(status(503, "starting"), forbidden, forbidden, Answer(body={"kind": "Job"}))) as stub:
        assert stub.api(patience=30.0).get("jobs", "one") == {"kind": "Job"}


def test_a_refusal_by_a_server_that_says_it_is_not_ready_is_no_refusal_yet():
    """Also where nothing was asked of it before: a command may be started just as the server comes up."""
    forbidden = status(403, 'User "alice" cannot get resource "jobs"')
    with serving(in_turn(forbidden, forbidden, Answer(body={"kind": "Job"}))) as stub:
        stub.ready = status(500, "poststarthook/rbac/bootstrap-roles failed")
        assert stub.api(patience=30.0).get("jobs", "one") == {"kind": "Job"}


def test_a_refusal_that_stays_after_the_server_was_away_is_told():
    """Patience ends, and the refusal is in the sentence."""
    forbidden = status(403, 'User "alice" cannot get resource "jobs"')
    answers = in_turn(status(503, "starting"), forbidden)
    with serving(answers) as stub, pytest.raises(ClusterError, match="cannot get resource"):
        stub.api(patience=1.0).get("jobs", "one")


def test_creating_in_a_namespace_that_is_not_there_says_how_to_make_it():
    """The error names the command that makes the namespace."""
    absent = in_turn(status(404, 'namespaces "tests" not found'))
    with serving(absent) as stub, pytest.raises(UsageError, match="kubectl create namespace tests"):
        stub.api().create("jobs", {})


def test_objects_are_created_strictly_and_as_they_are():
    """A number stays a number, the server is asked to check every field, and it learns who asks."""
    with serving(in_turn(Answer(201, {}))) as stub:
        stub.api().create("jobs", {"spec": {"nvidia.com/gpu": 1, "memory": "4Gi"}})
    asked = stub.asked[0]
    assert (asked.verb, asked.path) == ("POST", "/apis/batch/v1/namespaces/tests/jobs")
    assert asked.query == {"fieldValidation": "Strict"}
    assert asked.body == {"spec": {"nvidia.com/gpu": 1, "memory": "4Gi"}}
    assert asked.headers["authorization"] == "Bearer token-of-alice"
    assert asked.headers["User-Agent"] == "tunejob"


def test_long_lists_are_read_to_their_end():
    """A list that comes in pages is one list."""
    pages = [
        Answer(body={"metadata": {"continue": "next", "resourceVersion": "7"}, "items": [{"n": 1}]}),
        Answer(body={"metadata": {"resourceVersion": "7"}, "items": [{"n": 2}]}),
    ]
    with serving(in_turn(*pages)) as stub:
        found = stub.api().items("pods", labels={"a": "b", "c": "d"}, fields={"metadata.name": "x"})
    assert found == ({"n": 1}, {"n": 2})
    assert stub.asked[0].query["labelSelector"] == "a=b,c=d"
    assert stub.asked[0].query["fieldSelector"] == "metadata.name=x"
    assert stub.asked[1].query["continue"] == "next"


@pytest.mark.parametrize(
    "answer", [status(404, "not found"), status(409, "the UID in the precondition does not match")]
)
def test_deleting_what_is_gone_or_another_by_now_is_fine(answer):
    """Deletion asks for this very object, and nothing is wrong when it is not there."""
    with serving(in_turn(answer)) as stub:
        stub.api().delete("jobs", "one", uid="1-2-3")
    assert stub.asked[0].body == {"propagationPolicy": "Background", "preconditions": {"uid": "1-2-3"}}


def test_a_log_is_read_line_by_line():
    """Lines come without their ends, whatever bytes are in them."""
    with serving(in_turn(Answer(body=b"one\ntw\xff\nthree"))) as stub:
        assert list(stub.api().log("pod", lines=3)) == ["one", "tw\ufffd", "three"]
    assert stub.asked[0].query == {"tailLines": "3"}


UNKNOWN = status(401, "Unauthorized")


def test_a_refused_token_is_read_again_and_tried_again():
    """A pod's token is renewed in its file: what was read at the start expires."""
    read = []
    with serving(in_turn(UNKNOWN, UNKNOWN, Answer(body={"kind": "Job"}))) as stub:
        assert stub.api(renew=lambda: read.append("token")).get("jobs", "one") == {"kind": "Job"}
    assert read == ["token"] * 2


def test_a_token_that_stays_refused_outlives_patience_and_ends_in_what_is_tried_again(monkeypatch):
    """It is tried for its own time, longer than a server is; then another controller may have a better one."""
    monkeypatch.setattr(api, "REFUSED", 1.0)
    with serving(in_turn(UNKNOWN)) as stub:
        with pytest.raises(IdentityError, match="though it was read again each time") as caught:
            stub.api(patience=0.1, renew=lambda: None).get("jobs", "one")
        assert len(stub.asked) > 2
    assert caught.value.exit_code == ExitCode.STORE == 69


def test_a_token_that_is_taken_again_begins_its_time_anew(monkeypatch):
    """Two short refusals are not one long one."""
    monkeypatch.setattr(api, "REFUSED", 0.3)
    with serving(in_turn(*[UNKNOWN, Answer(body={})] * 4)) as stub:
        client = stub.api(renew=lambda: None)
        for _ in range(4):
            client.get("jobs", "one")


def test_an_outage_after_a_refused_token_has_patience_of_its_own_and_no_more():
    """A refusal a moment ago does not keep a server that is away from being told of."""
    answers = in_turn(UNKNOWN, *[status(503, "starting")] * 4, Answer(body={}))
    with serving(answers) as stub, pytest.raises(ClusterError, match="can't be reached: 503: starting"):
        stub.api(patience=0.1, renew=lambda: None).get("jobs", "one")


def test_an_outage_begins_the_time_of_a_refused_token_anew(monkeypatch):
    """Ten minutes without a server are not ten minutes of refusals."""
    monkeypatch.setattr(api, "REFUSED", 0.5)
    with serving(in_turn(UNKNOWN, status(503, "starting"), UNKNOWN, Answer(body={}))) as stub:
        client = stub.api(patience=0.0, renew=lambda: None)
        with pytest.raises(ClusterError, match="can't be reached"):
            client.get("jobs", "one")
        monkeypatch.setattr(api.time, "monotonic", lambda now=api.time.monotonic: now() + 60)
        assert client.get("jobs", "one") == {}


@pytest.fixture
def pod_of(tmp_path, monkeypatch):
    """Makes this process a pod of the cluster at a URL; the file of its token is returned."""
    token, ca = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("old")
    ca.write_text("-----BEGIN CERTIFICATE-----")
    incluster = "kubernetes.config.incluster_config"
    monkeypatch.setattr(f"{incluster}.SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(f"{incluster}.SERVICE_CERT_FILENAME", str(ca))
    monkeypatch.setenv("TUNEJOB_NAMESPACE", "tests")

    def at(url):
        host, port = url.removeprefix("http://").split(":")
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
        monkeypatch.setattr(api.Api, "server", url)  # in a pod it is https, whose certificate is none here
        return token

    return at


def test_the_pod_reads_its_token_from_the_file_again(pod_of):
    """What the kubelet has written there since is what the next call shows."""

    def answer(asked):
        return Answer(body={}) if asked.headers["authorization"].lower() == "bearer new" else UNKNOWN

    with serving(answer) as stub:
        token = pod_of(stub.url)
        client = connection.from_pod()
        token.write_text("new")
        assert client.get("jobs", "one") == {}
    assert [one.headers["authorization"] for one in stub.asked] == ["bearer old", "bearer new"]


def test_a_server_that_does_not_answer_is_told_before_patience_ends(monkeypatch):
    """Once, with where it is and for how long it is tried."""
    monkeypatch.setattr(api, "_SILENCE", 0.0)
    said = []
    with serving(in_turn(*[status(503, "starting")] * 3, Answer(body={}))) as stub:
        stub.api(patience=30.0, say=said.append).get("jobs", "one")
        assert len(said) == 1
        assert stub.url in said[0]
        assert "tried for 30 s" in said[0]


def test_a_refused_token_is_told_with_the_time_it_is_tried_for(monkeypatch):
    """Ten minutes, whatever the patience with a server that is away."""
    monkeypatch.setattr(api, "_SILENCE", 0.0)
    said = []
    with serving(in_turn(UNKNOWN, UNKNOWN, Answer(body={}))) as stub:
        stub.api(renew=lambda: None, say=said.append).get("jobs", "one")
        assert len(said) == 1
        assert f"the cluster at {stub.url} refuses our token; tried for 10 minutes" in said[0]


def test_labels_of_several_values_are_asked_for_at_once():
    """Pods of several Jobs are one list."""
    with serving(in_turn(Answer(body={"metadata": {}, "items": []}))) as stub:
        stub.api().items("pods", labels={"a": "b", "job": {"two", "one"}})
    assert stub.asked[0].query["labelSelector"] == "a=b,job in (one,two)"


def test_a_kind_may_name_its_group_and_version():
    """Kinds that are not Kubernetes' own are served in versions of their own."""
    with serving(in_turn(Answer(body={}))) as stub:
        stub.api().get("kueue.x-k8s.io/v1beta2/localqueues", "gpus")
    assert stub.asked[0].path == "/apis/kueue.x-k8s.io/v1beta2/namespaces/tests/localqueues/gpus"
