"""Every kind of store keeps the same promises."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from job.store import Entry, Missing, Store, StoreError, open_store

BIG = bytes(range(256)) * 4096 * 24  # 24 MiB: several parts of an upload and of a download


def test_what_is_written_is_read(store: Store) -> None:
    """An object comes back byte for byte, empty ones too."""
    store.write("a/b", b"\x00\xff")
    store.write("a/empty", b"")
    assert (store.read("a/b"), store.read("a/empty")) == (b"\x00\xff", b"")
    assert (store.head("a/b")[0], store.head("a/empty")[0]) == (2, 0)


def test_write_overwrites(store: Store) -> None:
    """A second write takes the place of the first."""
    store.write("k", b"long ago")
    store.write("k", b"now")
    assert store.read("k") == b"now"


def test_create_writes_once(store: Store) -> None:
    """Only the first of two creates writes; equal bytes make no difference."""
    assert store.create("k", b"first")
    assert not store.create("k", b"second")
    assert not store.create("k", b"first")
    assert store.read("k") == b"first"


def test_one_of_many_creates_wins(store: Store) -> None:
    """Of eight threads that create one key at the same moment, one is told that it won, and its bytes are there."""
    for round_ in range(2):
        won = _together(8, lambda i, key=f"k{round_}": store.create(key, b"%d" % i))
        assert won.count(True) == 1
        assert store.read(f"k{round_}") == b"%d" % won.index(True)


def test_missing_says_which(store: Store) -> None:
    """Reading what is not there raises Missing with the store and the key in it."""
    for read in (store.read, store.read_version, store.head):
        with pytest.raises(Missing, match=r"a/none") as caught:
            read("a/none")
        assert store.url in str(caught.value)


def test_swap_replaces_only_the_expected(store: Store) -> None:
    """A swap with a stale version writes nothing; with the current one it writes."""
    store.write("k", b"1")
    _, first = store.read_version("k")
    assert store.swap("k", b"2", first)
    assert not store.swap("k", b"3", first)
    data, second = store.read_version("k")
    assert (data, second != first) == (b"2", True)
    assert store.swap("k", b"4", second)
    assert store.read("k") == b"4"


def test_swap_of_nothing_creates(store: Store) -> None:
    """Expecting None writes only where there is nothing; expecting something fails where there is nothing."""
    store.write("other", b"x")
    _, version = store.read_version("other")
    assert not store.swap("k", b"1", version)
    assert store.swap("k", b"1", None)
    assert not store.swap("k", b"2", None)
    assert store.read("k") == b"1"


def test_no_swap_is_lost(store: Store) -> None:
    """Counting up by swaps from four threads loses no count."""
    store.write("n", b"0")

    def count(_: int) -> None:
        for _ in range(4):
            while True:
                data, version = store.read_version("n")
                # who and when, so that no two writers' bytes are the same
                line = b"%d by %d" % (int(data.split()[0]) + 1, threading.get_ident())
                if store.swap("n", line, version):
                    break

    _together(4, count)
    assert store.read("n").split()[0] == b"16"


def test_list_takes_whole_segments(store: Store) -> None:
    """A listing is sorted, recursive, with sizes, and ``a/b`` holds neither ``a/bc`` nor ``a/b`` itself."""
    for key in ("a/b/2", "a/b/10", "a/b/c/d", "a/bc/1", "a/b.x", "z"):
        store.write(key, key.encode())
    assert store.list("a/b") == [Entry("a/b/10", 6), Entry("a/b/2", 5), Entry("a/b/c/d", 7)]
    assert [entry.key for entry in store.list("")] == ["a/b.x", "a/b/10", "a/b/2", "a/b/c/d", "a/bc/1", "z"]
    assert store.list("nothing/here") == []


def test_read_many_reads_all(store: Store) -> None:
    """Many objects over several pages are listed and read, whatever their order."""
    wanted = {f"r/{i:05d}-ü x=1+2,(3)@4~5.jsonl": b"%d" % i * i for i in range(250)}
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(store.create, wanted, wanted.values()))
    listed = store.list("r")
    assert [entry.key for entry in listed] == sorted(wanted)
    assert dict(store.read_many(entry.key for entry in listed)) == wanted


def test_read_many_tells_what_is_missing(store: Store) -> None:
    """One missing object among many raises Missing with its key."""
    store.write("a", b"1")
    with pytest.raises(Missing, match="nope"):
        list(store.read_many(["a", "nope", "a"]))


def test_delete_is_fine_twice(store: Store) -> None:
    """A deleted object is gone; deleting it again, or what never was, is fine."""
    store.write("k", b"1")
    store.delete("k")
    store.delete("k")
    store.delete("a/never")
    assert store.list("") == []
    assert store.create("k", b"2")


def test_big_objects_come_and_go_whole(store: Store) -> None:
    """An object of many parts is written, read at once and read by parts, byte for byte; an empty one has no parts."""
    store.write("big", BIG)
    store.write("empty", b"")
    size, version = store.head("big")
    assert size == len(BIG)
    assert store.read("big") == BIG
    assert b"".join(store.parts("big", size, version)) == BIG
    assert list(store.parts("empty", *store.head("empty"))) == []


def test_parts_of_two_versions_are_not_mixed(store: Store) -> None:
    """When an object is overwritten while it is read by parts, the reader is told, and gets no mixture."""
    store.write("big", BIG)
    size, version = store.head("big")
    store.write("big", BIG[::-1])
    with pytest.raises(StoreError, match="big was overwritten while it was read"):
        list(store.parts("big", size, version))


def test_prefixes_keep_stores_apart(store_url: str) -> None:
    """A store sees nothing of its bucket's other stores."""
    outer, inner, beside = open_store(store_url), open_store(f"{store_url}/in"), open_store(f"{store_url}/inner")
    inner.write("k", b"1")
    if not store_url.startswith("memory:"):  # these have names, not prefixes
        assert outer.read("in/k") == b"1"
    assert beside.list("") == []


def _together(count: int, do: Callable[[int], object]) -> list[object]:
    """Do it in threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def one(i: int) -> object:
        barrier.wait()
        return do(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
