"""When the network, the server or the rights fail: every fault with every kind of call, on a real S3 server."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from servers.processes import free_ports
from servers.proxy import Proxy, proxy
from servers.seaweed import S3

from job.errors import ExitCode, StoreError
from job.store import Entry, Store, objects, open_store
from job.store.faults import CallPlace, Transient

CALLS: dict[str, Callable[[Store, object], object]] = {
    "create": lambda store, _: store.create("new", b"mine"),
    "read": lambda store, _: store.read("old"),
    "list": lambda store, _: store.list(""),
    "swap": lambda store, version: store.swap("old", b"mine", version),
}
EXPECTED = {"create": True, "read": b"before", "list": [Entry("old", 6)], "swap": True}
AFTER = {"create": ("new", b"mine"), "read": ("old", b"before"), "list": ("old", b"before"), "swap": ("old", b"mine")}


@dataclass(frozen=True)
class Fault:
    """A fault: what the proxy does, or what is wrong with us; and what the message must say."""

    name: str
    words: str
    harm: str = ""
    env: dict[str, str] = field(default_factory=dict)
    bucket: str | None = None
    code: ExitCode = ExitCode.STORE
    calls: tuple[str, ...] = tuple(CALLS)


PASSING = [
    Fault("500", "InternalError", "500"),
    Fault("503 SlowDown", "SlowDown", "503"),
    Fault("503 though stored", "SlowDown", "503-after"),
    Fault("409 though nothing stored", "ConditionalRequestConflict|another writer", "409"),
    Fault("reset before", "broke off", "reset-before"),
    Fault("reset after", "broke off", "reset-after"),
    Fault("silence", "no answer in time", "silence"),
    Fault("half an answer", "broke off|no answer", "half"),
]
REFUSED = ExitCode.NOT_PERMITTED
LASTING = [
    Fault("unknown key", "InvalidAccessKeyId.*AWS_ACCESS_KEY_ID", env={"AWS_ACCESS_KEY_ID": "nobody"}, code=REFUSED),
    Fault("wrong secret", "SignatureDoesNotMatch.*AWS_SEC", env={"AWS_SECRET_ACCESS_KEY": "no"}, code=REFUSED),
    Fault("missing bucket", "there is no such bucket; create it", bucket="no-such-bucket", code=ExitCode.USAGE),
    Fault("clock skew", "clock is wrong.*set it", "skew"),
    Fault("forbidden", "may not do that.*grant them s3:", "403", code=REFUSED),
    Fault(
        "read-only bucket", "grant them s3:PutObject",
        env={"AWS_ACCESS_KEY_ID": "test-reader", "AWS_SECRET_ACCESS_KEY": "test-reader-secret"},
        code=REFUSED, calls=("create", "swap"),
    ),
]  # fmt: skip


def _rows(faults: list[Fault]) -> list[object]:
    return [pytest.param(fault, call, id=f"{fault.name}-{call}") for fault in faults for call in fault.calls]


@pytest.fixture
def place(s3_env: S3, s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> tuple[str, object]:
    """A store with one object, reached through the proxy; its URL and the object's version."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.endpoint)
    url = s3_env.url(uuid4().hex)
    store = open_store(url, patience=20)
    store.write("old", b"before")
    return url, store.read_version("old")[1]


@pytest.mark.parametrize(("fault", "call"), _rows(PASSING))
def test_a_fault_that_passes_changes_nothing(
    fault: Fault, call: str, place: tuple[str, object], s3_proxy: Proxy
) -> None:
    """After two faults (one silence) the call does exactly what it does without any, once."""
    url, version = place
    store = open_store(url, patience=4 if fault.harm == "silence" else 20)
    s3_proxy.harm(fault.harm, times=1 if fault.harm == "silence" else 2)
    assert CALLS[call](store, version) == EXPECTED[call]
    s3_proxy.calm()
    key, data = AFTER[call]
    assert store.read(key) == data


@pytest.mark.parametrize(("fault", "call"), _rows(PASSING))
def test_a_fault_that_stays_ends_patience(fault: Fault, call: str, place: tuple[str, object], s3_proxy: Proxy) -> None:
    """When the fault does not end, patience does: exit code 69, and a message with place, cause and remedy."""
    url, version = place
    s3_proxy.harm(fault.harm)
    with pytest.raises(StoreError, match=f"(?s){fault.words}.*gave up.*TUNEJOB_STORE_PATIENCE") as caught:
        CALLS[call](open_store(url, patience=0.5), version)
    assert caught.value.exit_code == ExitCode.STORE
    assert not isinstance(caught.value, Transient)
    _names_the_place(str(caught.value), url, call)


@pytest.mark.parametrize(("fault", "call"), _rows(LASTING))
def test_a_fault_that_lasts_is_told_at_once(
    fault: Fault, call: str, place: tuple[str, object], s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked twice, and the message has place, cause and remedy, but no secret."""
    url, version = place
    if fault.bucket:
        url = url.replace("tunejob-test", fault.bucket)
    for name, value in fault.env.items():
        monkeypatch.setenv(name, value)
    s3_proxy.harm(fault.harm) if fault.harm else s3_proxy.calm()
    with pytest.raises(StoreError, match=fault.words) as caught:
        CALLS[call](open_store(url, patience=60), version)
    assert caught.value.exit_code == fault.code
    assert len(set(s3_proxy.requests)) == len(s3_proxy.requests)
    _names_the_place(str(caught.value), url, call)
    assert not any(secret in str(caught.value) for secret in ("test-admin", "test-reader", "nobody"))


@pytest.mark.parametrize("call", ["read", "list"])
def test_a_read_only_bucket_can_be_read(call: str, place: tuple[str, object], s3_env: S3, s3_proxy: Proxy) -> None:
    """Who may only read reads and lists."""
    url, version = place
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_env.env("reader", endpoint=s3_proxy.endpoint).items():
            patch.setenv(name, value)
        assert CALLS[call](open_store(url), version) == EXPECTED[call]


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_is_down_ends_patience(
    call: str, place: tuple[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens: the message says so when patience ends."""
    url, version = place
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(StoreError, match=r"no connection: Connection refused.*gave up after 0\.5 s") as caught:
        CALLS[call](open_store(url, patience=0.5), version)
    assert caught.value.exit_code == ExitCode.STORE


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_comes_back_is_used(
    call: str, place: tuple[str, object], s3_env: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call begun while the server was down is done when it is up; meanwhile the user is told."""
    url, version = place
    (port,) = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    told, done = threading.Event(), []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda _: told.set()
    logging.getLogger("job.store").addHandler(handler)
    try:
        thread = threading.Thread(target=lambda: done.append(CALLS[call](open_store(url, patience=60), version)))
        thread.start()
        assert told.wait(30)
        with proxy(s3_env.endpoint, port):
            thread.join(60)
    finally:
        logging.getLogger("job.store").removeHandler(handler)
    assert done == [EXPECTED[call]]


def _names_the_place(message: str, url: str, call: str) -> None:
    assert url in message
    assert f"in bucket {url.split('/')[2]!r}" in message
    if call != "list":
        assert AFTER[call][0] in message


def test_a_server_that_says_nothing_is_told_of_while_it_is_waited_for(
    place: tuple[str, object], s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither an answer nor a refusal comes: it is told that it is waited for, and how long, long before the end."""
    monkeypatch.setattr(objects, "UNANSWERED", 0.2)
    url, _ = place
    s3_proxy.harm("silence", times=1)
    assert open_store(url, patience=8).read("old") == b"before"
    (told,) = caplog.messages
    assert told.startswith(f"store {url}: reading old")
    assert "not done after 0.2 s; without an answer it is tried for up to 8 s" in told


@pytest.mark.parametrize(
    ("url", "error", "code"),
    [
        ("/runs", OSError("Read-only file system (os error 30)"), ExitCode.STORE),  # perhaps of one node
        ("/runs", OSError("Not a directory (os error 20)"), ExitCode.USAGE),
        ("/runs", OSError("Permission denied (os error 13)"), ExitCode.NOT_PERMITTED),
        ("/runs", OSError("No space left on device (os error 28)"), ExitCode.STORE),
        ("s3://b/x", OSError("status code: 301 <Code>PermanentRedirect</Code>"), ExitCode.USAGE),
        ("s3://b/x", OSError("status code: 405 <Code>MethodNotAllowed</Code>"), ExitCode.USAGE),
        ("s3://b/x", OSError("status code: 501"), ExitCode.USAGE),
        ("s3://b/x", OSError("status code: 400 <Code>InvalidBucketName</Code>"), ExitCode.USAGE),
        ("s3://b/x", FileNotFoundError("status code: 404 <Code>NoSuchBucket</Code>"), ExitCode.USAGE),
        ("s3://b/x", OSError("status code: 400 <Code>IncompleteBody</Code>"), ExitCode.STORE),
        ("s3://b/x", OSError("status code: 400 <Code>SomethingNew</Code>"), ExitCode.STORE),
        ("s3://b/x", OSError("status code: 413 Request Entity Too Large"), ExitCode.STORE),
        ("s3://b/x", OSError("no\n\nDebug source: InvalidCertificate(UnknownIssuer)"), ExitCode.USAGE),
        ("s3://b/x", OSError("no\n\nDebug source: InvalidCertificate(ExpiredContext { })"), ExitCode.STORE),
        ("s3://b/x", NotImplementedError(), ExitCode.USAGE),
    ],
)
def test_what_stays_so_for_every_process_ends_a_run_and_what_may_pass_does_not(
    url: str, error: Exception, code: ExitCode
) -> None:
    """64 or 77 where only a person helps, at which a Job ends; 69, which it tries again, for weather and machines."""
    assert CallPlace(url, "writing", "k").error(error).exit_code == code


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError("status code: 404 Not Found: 404 page not found"), "no store's (404)"),
        (OSError("status code: 302 Found"), "no store's (302)"),
        (FileNotFoundError("status code: 404 <Code>NoSuchUpload</Code>"), "not there any more (404 NoSuchUpload)"),
        (OSError("status code: 400 <Code>InvalidBlockList</Code>"), "not there any more"),
    ],
)
def test_what_no_store_says_and_a_write_that_is_forgotten_are_tried_again(error: Exception, said: str) -> None:
    """A proxy that starts has pages of its own, and parts of a write may be lost: no bucket is missing for that."""
    found = CallPlace("s3://b/x", "writing", "k").error(error)
    assert isinstance(found, Transient)
    assert said in str(found)
    assert "no such bucket" not in str(found)
