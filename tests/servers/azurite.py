"""Azurite, Microsoft's own emulator of Azure's blobs."""

import base64
import fcntl
import hashlib
import hmac
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from servers.processes import NotStartedError, free_ports, running

CONTAINER = "tunejob-test"
_ACCOUNT = "devstoreaccount1"
_KEY = base64.b64encode(b"a key for tests only").decode()


@dataclass(frozen=True)
class Azure:
    """A running Azure blob server with one container."""

    endpoint: str
    container: str = CONTAINER

    def env(self) -> dict[str, str]:
        """The ecosystem's own variables."""
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": _KEY,
            "AZURE_STORAGE_ENDPOINT": self.endpoint,
        }

    def url(self, prefix: str) -> str:
        """A store's URL in the container."""
        return f"az://{self.container}/{prefix}"


@contextmanager
def azurite(folder: Path) -> Iterator[Azure]:
    """Run Azurite on loopback, in memory."""
    folder.mkdir(parents=True)
    (port,) = free_ports(1)
    command = [
        str(_program()), "--blobHost", "127.0.0.1", "--blobPort", str(port),
        "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent",
    ]  # fmt: skip
    environment = os.environ | {"AZURITE_ACCOUNTS": f"{_ACCOUNT}:{_KEY}"}
    with running(command, folder / "log", f"http://127.0.0.1:{port}/", env=environment):
        endpoint = f"http://127.0.0.1:{port}/{_ACCOUNT}"
        _create_container(endpoint)
        yield Azure(endpoint)


def _program() -> Path:
    """The installed azurite-blob, or one installed now into the user's cache."""
    if found := shutil.which("azurite-blob"):
        return Path(found)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tunejob" / "azurite"
    program = cache / "node_modules" / ".bin" / "azurite-blob"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes that run at the same time install it once
        if not program.exists():
            _install(cache)
    return program


def _install(cache: Path) -> None:
    command = ["npm", "install", "--prefix", str(cache), "--no-audit", "--no-fund", "azurite@3"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    except FileNotFoundError as error:
        raise NotStartedError("Azurite needs npm, which is not installed") from error
    except subprocess.SubprocessError as error:
        told = getattr(error, "stderr", None) or error
        raise NotStartedError(f"npm could not install Azurite: {told}") from error


def _create_container(endpoint: str) -> None:
    """Make the container by a request signed with the shared key, as Azure's REST reference tells."""
    date, version = formatdate(usegmt=True), "2021-12-02"
    resource = f"/{_ACCOUNT}/{_ACCOUNT}/{CONTAINER}\nrestype:container"
    text = "\n".join(["PUT", *[""] * 11, f"x-ms-date:{date}", f"x-ms-version:{version}", resource])
    signature = base64.b64encode(hmac.digest(base64.b64decode(_KEY), text.encode(), hashlib.sha256)).decode()
    headers = {
        "x-ms-date": date,
        "x-ms-version": version,
        "Authorization": f"SharedKey {_ACCOUNT}:{signature}",
        "Content-Length": "0",
    }
    request = urllib.request.Request(f"{endpoint}/{CONTAINER}?restype=container", method="PUT", headers=headers)  # noqa: S310
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - loopback
