"""Data in an object store: fetched once, checked, unpacked into memory-mapped arrays."""

import hashlib
import io
import multiprocessing
import zipfile
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from servers.proxy import Proxy
from servers.seaweed import S3

from job.data import files, fingerprint, loading, remote
from job.errors import DataError, StoreError
from job.store import Store, open_store
from job.study import reading
from job.study.mistakes import StudyMistakes

ARRAYS = {
    "X": np.arange(30_000, dtype=np.float32).reshape(10_000, 3),
    "y": np.array(["yes", "no"] * 5_000),
    "groups": np.zeros(0, np.int64),
}


@pytest.fixture
def place(s3_env: S3) -> Store:
    """A place in a real S3 bucket."""
    return open_store(s3_env.url(uuid4().hex), patience=20)


def _npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def test_an_npz_becomes_memory_mapped_arrays(place: Store, tmp_path: Path) -> None:
    """Each array of the .npz is a .npy that maps, equal to what was saved; the digest is that of the object."""
    data = _npz(**ARRAYS)
    place.write("train.npz", data)
    path = remote.fetch(f"{place.url}/train.npz", tmp_path / "cache")
    assert path.name == "train.npz"
    assert {one.stem for one in path.iterdir()} == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(np.load(path / f"{name}.npy", mmap_mode="r"), array)
    assert isinstance(np.load(path / "X.npy", mmap_mode="r"), np.memmap)
    assert remote.digest(path) == hashlib.sha256(data).hexdigest()


def test_a_csv_comes_as_it_is(place: Store, tmp_path: Path) -> None:
    """A CSV of several parts is the same file."""
    data = b"a,label\n" + b"1.5,yes\n" * 3_000_000
    place.write("train.csv", data)
    path = remote.fetch(f"{place.url}/train.csv", tmp_path)
    assert path.read_bytes() == data


def test_it_is_fetched_once(place: Store, tmp_path: Path, s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four processes that ask at the same moment, and one that asks later, download it once between them."""
    place.write("train.npz", _npz(**ARRAYS))
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.endpoint)
    url = f"{place.url}/train.npz"
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        paths = pool.starmap(remote.fetch, [(url, tmp_path)] * 4)
    assert set(paths) == {remote.fetch(url, tmp_path)}
    assert sum(request.startswith("GET") for request in s3_proxy.requests) == 1


def test_another_version_is_fetched_anew(place: Store, tmp_path: Path) -> None:
    """What is overwritten in the store is not taken from the cache; the old copy stays for those who map it."""
    place.write("y.npy", _npy(np.arange(3)))
    old = remote.fetch(f"{place.url}/y.npy", tmp_path)
    place.write("y.npy", _npy(np.arange(4)))
    new = remote.fetch(f"{place.url}/y.npy", tmp_path)
    assert (len(np.load(old)), len(np.load(new))) == (3, 4)


@pytest.mark.parametrize("harm", ["cut", "gone", "manifest"])
def test_a_damaged_copy_is_fetched_anew(harm: str, place: Store, tmp_path: Path) -> None:
    """A copy that was cut off, or lost a file, is not used."""
    place.write("train.npz", _npz(**ARRAYS))
    path = remote.fetch(f"{place.url}/train.npz", tmp_path)
    if harm == "cut":
        with (path / "X.npy").open("r+b") as file:
            file.truncate(1000)
    if harm == "gone":
        (path / "y.npy").unlink()
    if harm == "manifest":
        (path.parent / "manifest.json").write_text("{")
    again = remote.fetch(f"{place.url}/train.npz", tmp_path)
    np.testing.assert_array_equal(np.load(again / "X.npy"), ARRAYS["X"])
    np.testing.assert_array_equal(np.load(again / "y.npy"), ARRAYS["y"])


def test_a_download_that_fails_leaves_nothing(
    place: Store, tmp_path: Path, s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the store stays away half-way, the error is the store's and the cache is empty but for its lock."""
    place.write("train.npz", _npz(**ARRAYS))
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.endpoint)
    monkeypatch.setenv("TUNEJOB_STORE_PATIENCE", "0.5")
    s3_proxy.harm("half", method="GET")
    with pytest.raises(StoreError, match="gave up"):
        remote.fetch(f"{place.url}/train.npz", tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize(("name", "target"), [("train.npz", ""), ("train.csv", "target: label\n")])
def test_a_study_takes_its_rows_from_a_store(
    name: str, target: str, place: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A study whose ``data`` is in S3 loads the same rows as one whose file lies beside it."""
    X = np.arange(12, dtype=np.float32).reshape(6, 2)
    rows = "".join(f"{a},{b},{'yes' if a % 4 else 'no'}\n" for a, b in X)
    data = _npz(X=X, y=np.array([0, 1] * 3)) if name == "train.npz" else f"a,b,label\n{rows}".encode()
    place.write(name, data)
    (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(files, "_cache", lambda: tmp_path / "cache")
    text = "name: x\nmodel: m:build\nsearch: grid\nspace: {{a: [1]}}\nscoring: accuracy\n{}data: {}\n"
    here, there = (
        loading.load(reading.parse(text.format(target, source), "study.yaml"), tmp_path)
        for source in (name, f"{place.url}/{name}")
    )
    np.testing.assert_array_equal(there.X, here.X)
    np.testing.assert_array_equal(there.y, here.y)
    assert fingerprint.of(there) == fingerprint.of(here)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.npz", _npz(X=np.array([{}], dtype=object)), "X holds Python objects, which are never unpickled"),
        ("b.npz", b"not a zip", r"b\.npz is no .npz that can be read"),
        ("c.npz", _npz(**ARRAYS)[:-3000], r"c\.npz is no .npz that can be read"),
    ],
)
def test_a_broken_npz_is_told(name: str, data: bytes, words: str, place: Store, tmp_path: Path) -> None:
    """An archive that is cut off, or holds what would need pickle, is refused by its name, and not kept."""
    place.write(name, data)
    with pytest.raises(DataError, match=words):
        remote.fetch(f"{place.url}/{name}", tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_an_archive_can_not_write_elsewhere(place: Store, tmp_path: Path) -> None:
    """A member whose name leads out of the folder is refused."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../X.npy", _npy(np.arange(3)))
    place.write("evil.npz", file.getvalue())
    with pytest.raises(DataError, match=r"holds '\.\./X\.npy'"):
        remote.fetch(f"{place.url}/evil.npz", tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "words"), [("none.csv", "There is no none.csv in s3://"), ("x.xlsx", "allowed are .npz, .npy, .csv")]
)
def test_a_wrong_name_is_a_mistake_of_the_study(name: str, words: str, place: Store, tmp_path: Path) -> None:
    """No such object, or one of another kind, is told as a mistake at ``data``."""
    with pytest.raises(StudyMistakes, match=f"data: .*{words}"):
        remote.fetch(f"{place.url}/{name}", tmp_path)


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
