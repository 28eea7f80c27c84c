"""What the clouds' own identities, addresses and refusals become."""

import base64
import json
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from servers.azurite import Azure
from servers.fixtures import set_only
from servers.gcs import GCS, SUBJECT
from servers.proxy import Proxy, proxy
from servers.seaweed import S3

from job.errors import ExitCode, StoreError
from job.store import open_store


@pytest.fixture
def azure_env(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """Azurite, with its variables in the environment."""
    set_only(monkeypatch, "AZURE_", azure.env())
    return azure


@pytest.fixture
def gcs_env(gcs_fake: GCS, monkeypatch: pytest.MonkeyPatch) -> GCS:
    """The fake of GCS, with its variables in the environment."""
    set_only(monkeypatch, "GOOGLE_", gcs_fake.env())
    return gcs_fake


CALLS = {
    "create": lambda store: store.create("k", b"1"),
    "read": lambda store: store.read("k"),
    "head": lambda store: store.head("k"),
    "list": lambda store: store.list(""),
    "delete": lambda store: store.delete("k"),
}


@pytest.mark.parametrize("call", CALLS)
def test_azure_refuses_a_wrong_key_at_once(call: str, azure_env: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong account key is a refusal with exit code 77 that says so, for every call."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", base64.b64encode(b"another").decode())
    with pytest.raises(StoreError, match=f"in bucket '{azure_env.container}'.*403 AuthorizationFailure") as caught:
        CALLS[call](open_store(azure_env.url("x"), patience=60))
    assert caught.value.exit_code == ExitCode.NOT_PERMITTED


@pytest.mark.parametrize("call", CALLS)
def test_google_refuses_a_wrong_token_at_once(call: str, gcs_env: GCS, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong token is a refusal with exit code 77 that names the variable to set, for every call."""
    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "not-this-one")
    with pytest.raises(StoreError, match=r"not accepted.*GOOGLE_APPLICATION_CREDENTIALS") as caught:
        CALLS[call](open_store(gcs_env.url("x"), patience=60))
    assert caught.value.exit_code == ExitCode.NOT_PERMITTED
    assert "not-this-one" not in str(caught.value)


@pytest.mark.parametrize("call", [name for name in CALLS if name != "delete"])
@pytest.mark.parametrize("scheme", ["az", "gs"])
def test_a_missing_bucket_is_told_at_once(call: str, scheme: str, azure_env: Azure, gcs_env: GCS) -> None:
    """A bucket or container that is not there is told as such, not as a missing object."""
    with pytest.raises(StoreError, match=r"in bucket 'no-such': there is no such bucket; create it"):
        CALLS[call](open_store(f"{scheme}://no-such/x", patience=60))


def test_a_listing_of_several_pages_is_whole(s3_env: S3, s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 lists a thousand objects a page; more than two pages are asked for one after the other, and none is lost."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.endpoint)
    store = open_store(s3_env.url(uuid4().hex))
    keys = [f"results/{number:05d}/a.jsonl" for number in range(2100)]
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda key: store.create(key, b"1"), keys))
    s3_proxy.calm()
    assert [entry.key for entry in store.list("results")] == keys
    assert ["continuation-token" in request for request in s3_proxy.requests] == [False, True, True]


def test_a_federated_identity_of_google_is_exchanged(
    gcs_env: GCS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials of type external_account, as workload identity federation writes them, get a token and work."""
    (tmp_path / "subject").write_text(SUBJECT)
    (tmp_path / "adc.json").write_text(
        json.dumps({
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{gcs_env.endpoint}/token",
            "credential_source": {"file": str(tmp_path / "subject")},
        })
    )  # fmt: skip
    monkeypatch.delenv("GOOGLE_BEARER_TOKEN")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "adc.json"))
    store = open_store(gcs_env.url(uuid4().hex), patience=20)
    store.write("k", b"1")
    assert store.read("k") == b"1"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody trusts, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", str(folder / "key"), "-out", str(folder / "cert"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return folder / "cert", folder / "key"


def test_a_private_authority_is_trusted_when_named(
    s3_env: S3, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server whose certificate nobody knows is refused at once with the remedy; with the remedy it works."""
    cert, key = certificate
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    with proxy(s3_env.endpoint, tls=tls) as secure:
        monkeypatch.setenv("AWS_ENDPOINT_URL", secure.endpoint)
        url = s3_env.url(uuid4().hex)
        with pytest.raises(StoreError, match=r"certificate is not trusted \(UnknownIssuer\).*SSL_CERT_FILE"):
            open_store(url, patience=60).write("k", b"1")
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        open_store(url, patience=20).write("k", b"1")
        monkeypatch.delenv("SSL_CERT_FILE")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(cert))
        assert open_store(url, patience=20).read("k") == b"1"
