"""Receivers of what a retune came to: real HTTP servers, up, down and slow to come."""

import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from servers.answering import Server
from servers.processes import NotStartedError, absent
from servers.pushgateway import pushgateway

from job.errors import UsageError
from job.retune import notify
from job.retune.record import Evidence, Record
from job.study import reading
from job.study.study import Notice

RECORD = Record(
    study="flowers", name="tick1", verdict="kept", why="no evidence", when="2026-01-02T03:04:05+00:00", by="me",
    metric="accuracy", score=0.9, fits=3, reused=5, seconds=2.5, took=4.5,
)  # fmt: skip
AUTHORIZED: list[str | None] = []
TEXT = """
name: flowers
model: model:build
data: data:load
search: grid
space: {{units: [1]}}
retune: {{notify: {notify}}}
"""


@pytest.fixture
def receiver(monkeypatch):
    """A server that remembers what it got; ``failing`` many answers are 503 first. Its URL is in URL_OF_TEST."""
    got, failing = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            AUTHORIZED.append(self.headers["Authorization"])
            got.append((self.path, self.headers["Content-Type"], body))
            code = failing.pop() if failing else 202
            self.send_response(code)
            if code in range(300, 400):
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self):
            got.append((self.path, "GET", ""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("URL_OF_TEST", f"http://127.0.0.1:{server.server_port}/hook-with-a-secret")
    yield got, failing
    server.shutdown()
    thread.join()
    server.server_close()


def sent(notice, record=RECORD):
    """What is said while one receiver is told."""
    said = []
    notify.send([notice], record, said.append)
    return said


def test_each_form_is_what_its_receivers_take(receiver):
    """Text for chats, all of it as JSON, and a CloudEvent with what its specification requires."""
    got, _ = receiver
    for form in ("text", "plain", "cloudevents"):
        assert not sent(Notice(webhook="URL_OF_TEST", form=form))
    (_, _, text), (_, kind, plain), (path, event_kind, event) = got
    assert json.loads(text) == {"text": "tunejob: the retune of flowers came to: kept (accuracy 0.9). no evidence"}
    assert kind == "application/json"
    assert json.loads(plain).items() >= {"verdict": "kept", "fits": 3, "reused": 5, "study": "flowers"}.items()
    assert (path, event_kind) == ("/hook-with-a-secret", "application/cloudevents+json")
    assert {"id", "source", "specversion", "type"} <= json.loads(event).keys()
    assert json.loads(event)["data"]["verdict"] == "kept"


@pytest.mark.parametrize(
    ("form", "said"), [("text", "<!channel> a && b"), ("slack", "&lt;!channel&gt; a &amp;&amp; b")]
)
def test_what_an_exception_says_calls_no_channel_of_slack(receiver, form, said):
    """Slack reads ``<!channel>`` as a call to everybody, so it is escaped there; others would show that as it is."""
    got, _ = receiver
    assert not sent(Notice(webhook="URL_OF_TEST", form=form), RECORD.model_copy(update={"why": "<!channel> a && b"}))
    ((_, _, body),) = got
    assert json.loads(body) == {"text": f"tunejob: the retune of flowers came to: kept (accuracy 0.9). {said}"}


def test_a_workflow_of_teams_gets_a_card(receiver):
    """A message with one Adaptive Card, whose text is as it was said."""
    got, _ = receiver
    assert not sent(Notice(webhook="URL_OF_TEST", form="teams"), RECORD.model_copy(update={"why": "a < *b*"}))
    ((_, kind, body),) = got
    assert kind == "application/json"
    told = json.loads(body)
    (attached,) = told.pop("attachments")
    assert told == {"type": "message"}
    card = attached.pop("content")
    assert attached == {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None}
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    (block,) = card["body"]
    assert block["type"] == "RichTextBlock"
    assert [one["text"] for one in block["inlines"]] == [
        "tunejob: the retune of flowers came to: kept (accuracy 0.9). a < *b*"
    ]


def test_a_receiver_that_fails_for_a_while_is_told(receiver):
    """Two answers of 503, and the third try arrives."""
    got, failing = receiver
    failing += [503, 503]
    assert not sent(Notice(webhook="URL_OF_TEST"))
    assert len(got) == 3


@pytest.mark.parametrize("code", [301, 302, 303, 307])
def test_a_receiver_that_is_elsewhere_is_said_and_not_followed(receiver, code):
    """What was POSTed would be lost there, and the password of the first would be told to another."""
    got, failing = receiver
    failing += [code] * 3
    (said,) = sent(Notice(webhook="URL_OF_TEST"))
    assert f"it answered {code}, which is to another address: give that one, 3 times" in said
    assert {path for path, *_ in got} == {"/hook-with-a-secret"}


def test_infinite_params_are_told_as_legal_json(receiver):
    """A receiver reads JSON, which has no word for them."""
    got, _ = receiver
    record = RECORD.model_copy(update={"params": {"clipnorm": float("inf")}})
    assert not sent(Notice(webhook="URL_OF_TEST", form="plain"), record)
    ((_, _, body),) = got
    assert json.loads(body, parse_constant=pytest.fail)["params"] == {"clipnorm": "Infinity"}


def test_a_receiver_that_is_down_is_said_without_its_url(receiver, monkeypatch):
    """One that keeps failing, one that nobody hears, none at all, and no URL: a sentence each, and no exception."""
    _, failing = receiver
    failing += [500] * 3
    (said,) = sent(Notice(webhook="URL_OF_TEST"))
    assert said == "notify: URL_OF_TEST was not told what the retune came to: it answered 500, 3 times"
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        monkeypatch.setenv("URL_OF_TEST", f"http://127.0.0.1:{unheard.getsockname()[1]}/secret")
        (said,) = sent(Notice(webhook="URL_OF_TEST"))
    assert "secret" not in said
    monkeypatch.setenv("URL_OF_TEST", "file:///secret")
    assert "no http:// or https:// URL" in sent(Notice(webhook="URL_OF_TEST"))[0]
    monkeypatch.delenv("URL_OF_TEST")
    assert sent(Notice(pushgateway="URL_OF_TEST"))[0].endswith("it is not set")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """The real Pushgateway."""
    try:
        with pushgateway(tmp_path_factory.mktemp("gateway")) as running:
            yield running
    except NotStartedError as error:
        absent(f"Pushgateway: {error}")


def gauges(gateway, study):
    """The gauges of a study's group, by their names."""
    (group,) = [one for one in gateway.groups() if one["labels"] == {"job": "tunejob", "study": study}]
    found = {name: one for name, one in group.items() if name.startswith("tunejob_retune_")}
    assert {one["type"] for one in found.values()} == {"GAUGE"}
    (verdict,) = found.pop("tunejob_retune_verdict")["metrics"]
    values = {name.removeprefix("tunejob_retune_"): float(one["metrics"][0]["value"]) for name, one in found.items()}
    return values | {"verdict": verdict["labels"]["verdict"]}


@pytest.mark.parametrize("verdict", ["failed", "incomplete"])
def test_a_gateway_keeps_the_last_success_when_a_retune_comes_to_nothing(gateway, monkeypatch, verdict):
    """Prometheus's own takes all gauges; a retune without a decision changes those that say so, and no other."""
    monkeypatch.setenv("URL_OF_TEST", gateway.url)
    evidence = Evidence(
        champion=(0.8, 0.9), challenger=(0.9, 0.95), ratio=0.25, mean=0.075, scale=0.01, freedom=1, worse=0.1,
        equal=0.0, better=0.9, confidence=0.95, margin=0.0,
    )  # fmt: skip
    study = f"study-{verdict}"
    assert not sent(Notice(pushgateway="URL_OF_TEST"), RECORD.model_copy(update={"study": study, "evidence": evidence}))
    before = gauges(gateway, study)
    assert before == {
        "last_time_seconds": 1767323045.0, "last_success_time_seconds": 1767323045.0, "succeeded": 1.0, "changed": 0.0,
        "score": 0.9, "difference": 0.075, "training_seconds": 2.5, "fits_trained": 3.0, "fits_reused": 5.0,
        "duration_seconds": 4.5, "verdict": "kept",
    }  # fmt: skip
    later = {"study": study, "verdict": verdict, "when": "2026-01-03T03:04:05+00:00", "fits": 0, "took": 1.5}
    assert not sent(Notice(pushgateway="URL_OF_TEST"), RECORD.model_copy(update=later))
    changed = {"last_time_seconds": 1767409445.0, "duration_seconds": 1.5, "succeeded": 0.0, "verdict": verdict}
    assert gauges(gateway, study) == before | changed


@pytest.mark.parametrize("wrong", ["[{webhook: 'https://hooks/secret'}]", "[{}]", "[{webhook: A, pushgateway: B}]"])
def test_a_study_names_one_variable_for_each_receiver(wrong):
    """A URL in a study, no receiver and two of them are refused."""
    with pytest.raises(UsageError):
        reading.parse(TEXT.format(notify=wrong), "study.yaml")
    one = reading.parse(TEXT.format(notify="[{webhook: SLACK_URL, form: text}]"), "study.yaml")
    assert one.retune.notify == (Notice(webhook="SLACK_URL", form="text"),)
    assert reading.parse(reading.dump(one), "study.yaml") == one


NO_URLS = ["http://u:p[w@h/", "http://[::1", "ftp://host", "http:///path", "a word", "http://a b/"]


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_url_is_told_and_crashes_nothing(monkeypatch, url):
    """All is stored by then: the retune goes on, and the text that may be a secret is not shown."""
    monkeypatch.setenv("URL_OF_TEST", url)
    (said,) = sent(Notice(webhook="URL_OF_TEST"))
    assert "holds no http:// or https:// URL" in said
    assert url not in said


def test_a_url_from_a_secret_may_end_in_a_line_and_name_who_asks(receiver, monkeypatch):
    """A newline at the end is no part of it; a name and a password in it are sent as HTTP wants them."""
    got, _ = receiver
    AUTHORIZED.clear()
    plain = os.environ["URL_OF_TEST"]
    for notice in (Notice(webhook="URL_OF_TEST"), Notice(pushgateway="URL_OF_TEST")):
        monkeypatch.setenv("URL_OF_TEST", plain.replace("http://", "http://me:p%40ss@") + "\n")
        assert sent(notice) == []
    assert [path for path, *_ in got] == [
        "/hook-with-a-secret",
        "/hook-with-a-secret/metrics/job/tunejob/study/flowers",
    ]
    assert AUTHORIZED == ["Basic bWU6cEBzcw=="] * 2


def test_events_of_one_retune_are_told_apart_and_each_is_itself(receiver):
    """What was incomplete is no duplicate of its later end; the same end told again is one."""
    got, _ = receiver
    before = RECORD.model_copy(update={"verdict": "incomplete"})
    later = RECORD.model_copy(update={"verdict": "incomplete", "when": "2026-01-02T04:04:05+00:00"})
    for one in (before, later, RECORD, RECORD):
        assert not sent(Notice(webhook="URL_OF_TEST", form="cloudevents"), one)
    ids = [json.loads(event)["id"] for _, _, event in got]
    assert len(set(ids)) == 3
    assert ids[2] == ids[3]


def test_a_traceback_is_not_sent(receiver):
    """Each form has its first line alone, and what that announces."""
    got, _ = receiver
    why = "all 6 fits failed, for one cause:\n  6 fits: ValueError: no city\nTraceback (most recent call last):\n  File"
    for form in ("text", "plain", "slack", "teams", "cloudevents"):
        assert not sent(Notice(webhook="URL_OF_TEST", form=form), RECORD.model_copy(update={"why": why}))
    for _, _, body in got:
        assert "for one cause: 6 fits: ValueError: no city" in body
        assert "Traceback" not in body
