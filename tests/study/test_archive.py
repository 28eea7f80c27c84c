"""The user's code as an archive."""

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from job.errors import UsageError
from job.study import archive, code_files, reading
from job.work import worker

STUDY = "{name: x, model: 'model:build', data: 'data:load', search: grid, space: {units: [1]}}"
FILES = [
    ("model.py", b"import layers.block\ndef build(): ...\n"),
    ("layers/__init__.py", b""),
    ("layers/block.py", b"SIZE = 3\n"),
]


def code(folder):
    """The code of a study in a folder."""
    return code_files.find(reading.parse(STUDY, "study.yaml"), folder)


def digest(folder):
    """The digest of a study's code in a folder."""
    return code_files.digest(code(folder).digests)


def unpacked(packed):
    """Names and contents, as tar itself reads them."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as found:
        return {one.name: found.extractfile(one).read() for one in found.getmembers()}


def test_everything_arrives_with_its_folders(tmp_path):
    """What is unpacked is what was packed, folders kept."""
    archive.unpack(archive.pack(FILES), tmp_path)
    found = {str(one.relative_to(tmp_path)): one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    assert found == dict(FILES)


def test_the_same_files_are_the_same_bytes():
    """Neither order nor time is in the archive."""
    packed = archive.pack(FILES)
    assert archive.pack(list(reversed(FILES))) == packed
    assert gzip.decompress(packed).count(b"\0root\0") == 0
    with tarfile.open(fileobj=io.BytesIO(packed)) as found:
        assert {(one.mtime, one.uid, one.mode) for one in found.getmembers()} == {(0, 0, 0o644)}


def test_another_content_is_other_bytes():
    """A change of one byte changes the archive."""
    assert archive.pack([("model.py", b"a")]) != archive.pack([("model.py", b"b")])


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("credentials.json", b"{}"),
        ("keys/server.pem", b""),
        ("client_secret_12.json", b"{}"),
        ("conf/kubeconfig", b""),
        ("settings.py", b"KEY = 'AKIA" + b"ABCDEFGHIJKLMNOP" + b"'"),
        ("notes.txt", b"-----BEGIN RSA PRIVATE KEY-----"),
        ("settings.ini", b"aws_secret_access_key = " + b"a" * 40),
        ("config.py", b"TOKEN = 'ghp_" + b"a" * 36 + b"'"),
    ],
)
def test_what_looks_like_a_secret_is_not_sent(path, content):
    """A ConfigMap hides nothing, so secrets are refused by name and by content, with the remedy."""
    with pytest.raises(UsageError, match=f"{path}: looks like a secret(.|\n)*tunejobignore"):
        archive.pack([*FILES, (path, content)])


def test_data_is_not_sent_and_all_of_it_is_named():
    """Every file of data beside the code is named, with the places where data belongs."""
    with pytest.raises(UsageError) as refused:
        archive.pack([*FILES, ("pictures/cat.png", b"x")], data=["train.csv", "more/X.npy"])
    for path in ("pictures/cat.png", "train.csv", "more/X.npy"):
        assert f"{path}: looks like data; load it from the store (data: s3://" in str(refused.value)


def test_code_that_is_too_large_is_refused_with_sizes_and_the_largest_files():
    """The error says how large it is, what fits, which files are the largest, and how a library gets into the image."""
    noise = os.urandom(260_000)
    with pytest.raises(UsageError) as refused:
        archive.pack([*FILES, ("vendored.py", noise[:60_000]), ("giant.py", noise)])
    said = str(refused.value)
    assert "KB packed (5 files, 320 KB unpacked); at most 190 KB can be sent" in said
    assert said.index("giant.py  260 KB") < said.index("vendored.py  60 KB") < said.index("block.py")
    assert "make image REQUIREMENTS=requirements.txt" in said


def test_a_long_study_leaves_less_room_for_code():
    """Study and archive travel in one ConfigMap, which `kubectl apply` keeps in an annotation of 262,144 bytes."""
    noise = os.urandom(150_000)
    packed = archive.pack([("model.py", noise)], study=50_000)
    assert len(packed) * 4 / 3 + 50_000 < 262_144
    with pytest.raises(UsageError, match="at most 116 KB can be sent"):
        archive.pack([("model.py", noise)], study=100_000)


def test_a_folder_is_opened_as_it_is(tmp_path):
    """On a laptop the study's folder itself is the code."""
    assert archive.opened(tmp_path) == tmp_path


def mounted(folder, files):
    """A ConfigMap as a kubelet mounts it: links into a folder that links to another."""
    (folder / "..2026").mkdir(parents=True)
    (folder / "..data").symlink_to("..2026")
    for name, content in files.items():
        (folder / "..2026" / name).write_bytes(content)
        (folder / name).symlink_to(f"..data/{name}")
    return folder


def test_a_mounted_archive_is_the_same_code(tmp_path):
    """The digest of the code in a pod is that of the folder it was sent from, ignored files left out on both sides."""
    folder = tmp_path / "study"
    for path, content in [*FILES, ("scratch/try.py", b"1"), ("README.md", b"#"), (".tunejobignore", b"scratch/\n")]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    packed = archive.pack(code(folder).contents())
    assert unpacked(packed) == dict(FILES)
    pod = archive.opened(mounted(tmp_path / "pod", {"study.yaml": b"name: x", archive.NAME: packed}))
    assert digest(pod) == digest(folder)


def test_plain_files_of_a_mounted_config_are_the_same_code(tmp_path):
    """What `kubectl apply -k` mounts file by file has the digest of the same files in a folder."""
    folder = tmp_path / "study"
    folder.mkdir()
    files = {"model.py": b"def build(): ...\n", "data.py": b"def load(): ...\n"}
    for path, content in files.items():
        (folder / path).write_bytes(content)
    pod = archive.opened(mounted(tmp_path / "pod", {**files, "study.yaml": b"model: x\nsearch: grid\n"}))
    assert digest(pod) == digest(folder)


def test_a_worker_works_where_its_code_was_unpacked(tmp_path, monkeypatch):
    """So that code finds the files beside it by relative paths; from a study's folder the caller's place is kept."""
    monkeypatch.chdir(tmp_path)
    worker.opened(tmp_path)
    assert Path.cwd() == tmp_path
    packed = archive.pack([("words.txt", b"a")])
    folder = worker.opened(mounted(tmp_path / "pod", {archive.NAME: packed}))
    assert Path.cwd() == Path(folder)
    assert Path("words.txt").read_text() == "a"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../outside.py", tarfile.REGTYPE), ("/outside.py", tarfile.REGTYPE), ("link.py", tarfile.SYMTYPE)],
)
def test_an_archive_writes_nowhere_else(tmp_path, name, kind):
    """A path that leads out of the folder is refused, and so is a link."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as evil:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else ""
        evil.addfile(entry)
    with pytest.raises(UsageError, match="no file below its folder"):
        archive.unpack(file.getvalue(), tmp_path / "inside")
    assert not list(tmp_path.rglob("*.py"))
