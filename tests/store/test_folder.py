"""What a folder must withstand: killed writers, many processes, holders of its lock that died."""

import hashlib
import multiprocessing
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store import writers

from job.errors import Missing, StoreError
from job.store import Store, Version, open_store
from job.store.folder import Folder
from job.store.lock import LOCKS, Held, _taken, held

# A fork server imports the store once and never uses it, so that each process starts in milliseconds.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["job.store", "store.writers"])


def test_no_write_is_seen_half_after_a_hundred_kills(tmp_path: Path) -> None:
    """Writers killed by SIGKILL in the middle of a write leave only whole objects to be seen.

    A busy machine lets fewer kills fall into a write: there are as many as it takes for ten that do.
    """
    store = open_store(str(tmp_path))
    cut_off = 0
    for round_ in range(2_000):
        if round_ >= 100 and cut_off >= 10:
            break
        process, pipe = _start(writers.write_until_killed, str(tmp_path), round_)
        assert pipe.recv() == "writing"
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 - anywhere within a write, or between two
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        for key, data in store.read_many([entry.key for entry in store.list(str(round_))]):
            assert hashlib.sha256(data[32:]).digest() == data[:32], key
            store.delete(key)
        left = [path for path in (tmp_path / str(round_)).rglob("*") if path.is_file()]
        cut_off += len(left)
        for path in left:
            path.unlink()
    assert cut_off >= 10, "the test proves nothing unless kills hit writes"


def test_a_write_after_a_killed_one_is_seen(tmp_path: Path) -> None:
    """What a killed writer left beside its place does not stand in the next one's way."""
    store = open_store(str(tmp_path))
    (tmp_path / "k#1").write_bytes(b"half")
    assert store.list("") == []
    assert store.create("k", b"whole")
    assert store.read("k") == b"whole"


def test_eight_processes_one_winner(tmp_path: Path) -> None:
    """Of eight processes that create one key at the same moment exactly one wins, and its bytes are there."""
    keys = [f"k{i}" for i in range(25)]
    together = PROCESSES.Barrier(8)
    started = [_start(writers.create_each, str(tmp_path), who, keys, together) for who in range(8)]
    won = [pipe.recv() for _, pipe in started]
    _join(started)
    store = open_store(str(tmp_path))
    for i, key in enumerate(keys):
        winners = [who for who in range(8) if won[who][i]]
        assert len(winners) == 1
        assert store.read(key) == b"%d" % winners[0]


def test_processes_lose_no_swap(tmp_path: Path) -> None:
    """Four processes that count up by compare-and-swap reach the sum."""
    store = open_store(str(tmp_path))
    store.write("n", b"0")
    together = PROCESSES.Barrier(4)
    started = [_start(writers.count_up, str(tmp_path), who, 15, together) for who in range(4)]
    assert [pipe.recv() for _, pipe in started] == ["done"] * 4
    _join(started)
    assert store.read("n").split()[0] == b"60"


def test_the_lock_survives_a_killed_holder(tmp_path: Path) -> None:
    """When the process that holds a key's lock is killed, another swaps after the lease, and a third at once."""
    store = Folder(tmp_path, patience=5, lease=0.5)
    store.write("champion.json", b"1")
    _, version = store.read_version("champion.json")
    process, pipe = _start(writers.hold_until_killed, str(tmp_path), "champion.json")
    assert pipe.recv() == "holding"
    process.kill()
    process.join()
    assert store.swap("champion.json", b"2", version)
    _, version = store.read_version("champion.json")
    assert Folder(tmp_path, patience=5, lease=3600).swap("champion.json", b"3", version)


def test_a_latecomer_does_not_get_an_old_number(tmp_path: Path) -> None:
    """Who looked at the lock long ago, and creates a number that was cleared since, does not hold the lock."""
    store = open_store(str(tmp_path))
    for _ in range(12):
        with held(store, "k"):
            pass
    assert f"{LOCKS}/k/{1:012d}" not in {entry.key for entry in store.list(f"{LOCKS}/k")}
    assert not _taken(store, f"{LOCKS}/k", 1, b"latecomer")
    assert len(store.list(f"{LOCKS}/k")) <= 10


def test_a_slow_holder_gives_up() -> None:
    """Who held the lock for longer than is safe does not write."""
    with pytest.raises(StoreError, match="too slow"):
        Held("k", until=time.monotonic() - 1).confirm()


def test_locks_are_not_listed(tmp_path: Path) -> None:
    """The lock's own objects are not among the store's."""
    store = open_store(str(tmp_path))
    store.write("k", b"1")
    store.swap("k", b"2", store.read_version("k")[1])
    assert [entry.key for entry in store.list("")] == ["k"]


def test_a_version_within_one_tick_differs(tmp_path: Path) -> None:
    """Overwriting with bytes of the same length at once gives another version, whatever the clock says."""
    store = open_store(str(tmp_path))
    seen: set[Version] = set()
    for i in range(50):
        store.write("k", b"%02d" % i)
        seen.add(store.read_version("k")[1])
    assert len(seen) == 50


@pytest.mark.parametrize("look", [lambda store: store.list(""), lambda store: store.list("a/b")])
def test_looking_makes_no_folder(look: Callable[[Store], list[Any]], tmp_path: Path) -> None:
    """Looking into a folder that is not there finds nothing and makes nothing; the first write makes it."""
    store = open_store(str(tmp_path / "not" / "yet"))
    assert look(store) == []
    with pytest.raises(Missing, match="not/yet"):
        store.read("k")
    store.delete("k")
    assert list(tmp_path.iterdir()) == []
    assert store.create("k", b"1")


def test_a_file_in_the_way_is_told_at_once(tmp_path: Path) -> None:
    """A store under what is a file fails for good, with the path and the system's words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file.*Not a directory.*make room, or grant rights"):
        open_store(str(tmp_path / "file" / "store"), patience=60).write("k", b"1")
    with pytest.raises(StoreError, match="Not a directory"):
        open_store(str(tmp_path), patience=60).create("file/k", b"1")


def test_a_folder_in_the_way_is_told_at_once(tmp_path: Path) -> None:
    """An object can't have the name of a folder; deleting the last object of a folder takes the folder along."""
    store = open_store(str(tmp_path), patience=60)
    store.write("a/b/c", b"1")
    with pytest.raises(StoreError, match="writing a/b: there is a folder of that name"):
        store.create("a/b", b"1")
    store.delete("a/b/c")
    assert list(tmp_path.iterdir()) == []
    assert store.create("a/b", b"1")


def _start(target: Callable[..., None], *arguments: Any) -> tuple[Any, Any]:
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _join(started: list[tuple[Any, Any]]) -> None:
    for process, pipe in started:
        process.join()
        pipe.close()
        assert process.exitcode == 0
