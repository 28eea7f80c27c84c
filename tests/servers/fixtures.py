"""Real servers as fixtures of all tests; each is started once, and only if a test asks for it."""

import os
from collections.abc import Iterator

import pytest
from measuring import unmeasured
from servers.azurite import Azure, azurite
from servers.gcs import GCS, gcs
from servers.processes import NotStartedError, absent
from servers.proxy import Proxy, proxy
from servers.seaweed import S3, seaweed

from job.launch.local_forks import ForkServer


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables that tell runs of a process that has imported TensorFlow, for workers to be forked from."""
    with unmeasured():  # what a worker does is measured where pods' own way is tested
        server = ForkServer.start({}, tmp_path_factory.mktemp("forks") / "log")
    yield {} if server is None else server.environment
    if server is not None:
        server.close()


@pytest.fixture
def forked(forks: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Has what trains forked from a process that has imported TensorFlow, as in runs on a laptop.

    Pods have no such process: workers of tests that do not ask for this import TensorFlow as they do there.
    """
    for name, value in forks.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """SeaweedFS: a real S3 server with one bucket and two identities."""
    try:
        with seaweed(tmp_path_factory.mktemp("seaweed") / "s3") as server:
            yield server
    except NotStartedError as error:
        absent(f"S3: {error}")


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """Azurite: Microsoft's emulator of Azure's blobs, with one container."""
    try:
        with azurite(tmp_path_factory.mktemp("azurite") / "azure") as server:
            yield server
    except NotStartedError as error:
        absent(f"Azure: {error}")


@pytest.fixture(scope="session")
def gcs_fake() -> Iterator[GCS]:
    """Our own fake of Google's XML API, with one bucket."""
    with gcs() as server:
        yield server


@pytest.fixture(scope="session")
def s3_proxy_running(s3: S3) -> Iterator[Proxy]:
    """A proxy before SeaweedFS that can do harm."""
    with proxy(s3.endpoint) as running:
        yield running


@pytest.fixture
def s3_proxy(s3_proxy_running: Proxy) -> Proxy:
    """The proxy, harmless until told otherwise."""
    s3_proxy_running.calm()
    return s3_proxy_running


@pytest.fixture
def s3_env(s3: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The S3 server, with its variables in this process's environment and no others of AWS's."""
    set_only(monkeypatch, "AWS_", s3.env())
    return s3


def set_only(monkeypatch: pytest.MonkeyPatch, prefix: str, env: dict[str, str]) -> None:
    """Set variables and unset all others of their prefix."""
    for name in [name for name in os.environ if name.startswith(prefix)]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
