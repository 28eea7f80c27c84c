"""How calls behave in a process: signals, forks, imports."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from servers.proxy import Proxy
from servers.seaweed import S3
from store import writers

from job.store import open_store


def test_sigterm_is_answered_while_the_server_is_silent(
    s3_env: S3, s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that waits for a silent server, and would for minutes, ends by SIGTERM with 143."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.endpoint)
    s3_proxy.harm("silence")
    process = multiprocessing.get_context("spawn").Process(target=writers.read_one, args=(s3_env.url("x"), "k"))
    process.start()
    for _ in range(600):
        if s3_proxy.requests:
            break
        time.sleep(0.05)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(30)
    assert process.exitcode == 143


def test_ending_amid_reads_keeps_the_exit_code(tmp_path: Path) -> None:
    """A process that ends by SIGTERM while many reads are under way ends with 143, and is not aborted."""
    store = open_store(str(tmp_path))
    for i in range(200):
        store.create(f"{i}", bytes(100_000))
    script = f"""
import os, random, signal, sys, threading
from job.store import open_store
store = open_store({str(tmp_path)!r})
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
threading.Timer(random.uniform(0, 0.05), os.kill, (os.getpid(), signal.SIGTERM)).start()
while True:
    sum(len(data) for _, data in store.read_many(str(i) for i in range(200)))
"""
    with ThreadPoolExecutor(4) as pool:
        ended = pool.map(lambda _: subprocess.run([sys.executable, "-c", script], check=False).returncode, range(24))
        assert set(ended) == {143}


def test_a_forked_process_is_told_instead_of_hanging() -> None:
    """After a store was used, a forked child's call fails with the remedy; the library would hang for ever."""
    name = uuid4().hex
    script = f"""
import os
from job.store import open_store
store = open_store("memory://{name}")
store.write("k", b"1")
if os.fork() == 0:
    try:
        store.read("k")
    except Exception as error:
        print(type(error).__name__, error, flush=True)
    os._exit(0)
os.wait()
print(store.read("k"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "spawn" in done.stdout
    assert done.stdout.endswith("b'1'\n")


def test_importing_the_store_is_light() -> None:
    """Importing the store imports neither TensorFlow nor anything else that is slow."""
    script = "import job.store, sys; print([m for m in sys.modules if m.split('.')[0] in " + repr(
        {"tensorflow", "keras", "numpy", "pandas", "sklearn", "pydantic", "kubernetes"}
    )
    done = subprocess.run([sys.executable, "-c", script + "])"], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
