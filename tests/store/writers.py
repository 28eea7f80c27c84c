"""What other processes do to a folder; here, because a process that is started anew must be able to import it."""

import hashlib
import itertools
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from job.store import open_store
from job.store.lock import held


def write_until_killed(folder: str, round_: int, ready: Connection) -> None:
    """Create and overwrite objects of a megabyte whose first bytes are the digest of the rest."""
    store = open_store(folder)
    for i in itertools.count():
        body = bytes([i % 256]) * 2**20
        data = hashlib.sha256(body).digest() + body
        store.create(f"{round_}/created/{i}", data)
        if i == 1:
            ready.send("writing")
        store.write(f"{round_}/overwritten", data)


def create_each(folder: str, who: int, keys: list[str], together: Barrier, answer: Connection) -> None:
    """Create each key at the same moment as all others do, and send which we won."""
    store = open_store(folder)
    won = []
    for key in keys:
        together.wait()
        won.append(store.create(key, b"%d" % who))
    answer.send(won)


def count_up(folder: str, who: int, times: int, together: Barrier, answer: Connection) -> None:
    """Add to a count by compare-and-swap, so many times."""
    store = open_store(folder)
    together.wait()
    for _ in range(times):
        while True:
            data, version = store.read_version("n")
            if store.swap("n", b"%d by %d" % (int(data.split()[0]) + 1, who), version):
                break
    answer.send("done")


def hold_until_killed(folder: str, key: str, ready: Connection) -> None:
    """Hold a key's lock and never let go."""
    with held(open_store(folder), key):
        ready.send("holding")
        ready.recv()  # nobody sends


def read_one(url: str, key: str) -> None:
    """Read an object, ending by exit code 143 when asked to by SIGTERM, as a worker does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    open_store(url, patience=600).read(key)
