"""The user's code as one archive: small enough for a ConfigMap, always the same bytes, no secrets, no data."""

import gzip
import io
import re
import shutil
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from job.errors import UsageError

NAME = "code.tar.gz"
LARGEST = 190_000
"""Bytes of a packed archive, at most."""
ROOM = 255_000
"""Bytes of the archive in base64 and the study together: `kubectl apply` keeps both in an annotation of 262,144."""

File = tuple[str, bytes]
"""A path below the study's folder, with slashes, and its content."""

_NAMED = 20

_SECRET_NAMES = re.compile(
    r"(\.env(\..*)?|\.netrc|\.pgpass|\.npmrc|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|kubeconfig|credentials(\.json)?"
    r"|.*\.(pem|key|p12|pfx|jks|keystore|kubeconfig)|(client_secret|service[-_]account).*\.json)",
    re.IGNORECASE,
)
_SECRET_WORDS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|\"private_key\":|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}"
    rb"|aws_secret_access_key\s*[=:]\s*['\"]?[A-Za-z0-9/+=]{30,}",
    re.IGNORECASE,
)
_DATA = re.compile(
    r".*\.(npz|npy|csv|tsv|parquet|feather|arrow|h5|hdf5|pkl|pickle|joblib|tfrecord|tfrecords|keras|onnx"
    r"|zip|tar|gz|tgz|xz|zst|7z|db|sqlite|png|jpg|jpeg|gif|wav|mp3|mp4|xlsx|jsonl)",
    re.IGNORECASE,
)
_IS_DATA = (
    "looks like data; load it from the store (data: s3://…) or from a volume of the pods; a small file that code opens "
    "is sent when the study names it (files: […])"
)


def pack(files: Sequence[File], data: Sequence[str] = (), study: int = 0, named: Collection[str] = ()) -> bytes:
    """The archive of these files.

    Args:
        files: the code.
        data: paths of data that lie among the code and can't be sent.
        study: bytes of the study file, which travels in the same ConfigMap.
        named: paths of files that the study asks for by name, whatever their endings.

    Raises:
        UsageError: it would be too large, or a file looks like a secret or like data; all such files are named.
    """
    told = {path: why for path, content in files if (why := _unfit(path, content, path in named))}
    told |= {path: _IS_DATA for path in data if path not in told}
    if told:
        raise UsageError(
            f"these files beside the study are not sent to the cluster, and must not be:\n{_listed(told)}"
            "Name them in a .tunejobignore beside the study (as in a .gitignore), if the code does without them there."
        )
    packed, most = _packed(files), min(LARGEST, (ROOM - study) * 3 // 4)
    if len(packed) > most:
        raise UsageError(_too_large(len(packed), max(most, 0), files))
    return packed


def unpack(packed: bytes, folder: Path) -> None:
    """Writes the files of an archive below a folder, and nowhere else.

    Raises:
        UsageError: it holds what ``pack`` never puts there: links, or paths that lead out of the folder.
    """
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for entry in archive:
            path = PurePosixPath(entry.name)
            content = archive.extractfile(entry) if entry.isfile() else None
            if content is None or path.is_absolute() or ".." in path.parts:
                raise UsageError(f"the archive of the code holds {entry.name}, which is no file below its folder")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.read())


def opened(source: Path) -> Path:
    """The folder of the user's code, ready to import from.

    Args:
        source: a study's folder (returned unchanged), or a mounted ConfigMap: an archive, which is unpacked, or plain
            files, which are copied out of the links that a mount is made of.
    """
    packed = source / NAME
    if not packed.exists() and not (source / "..data").exists():
        return source
    folder = Path(tempfile.mkdtemp(prefix="tunejob-code-"))
    if packed.exists():
        unpack(packed.read_bytes(), folder)
        return folder
    for file in source.iterdir():
        if file.is_file():
            shutil.copyfile(file, folder / file.name)
    return folder


def _packed(files: Sequence[File]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o644  # no times, no owners: the same files are the same bytes
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), compresslevel=9, mtime=0)


def _listed(told: Mapping[str, str]) -> str:
    lines = [f"  {path}: {why}\n" for path, why in islice(told.items(), _NAMED)]
    return "".join([*lines, f"  and {len(told) - _NAMED:,} more\n" if len(told) > _NAMED else ""])


def _unfit(path: str, data: bytes, is_named: bool) -> str | None:  # noqa: FBT001  # one more fact about the file
    name = PurePosixPath(path).name
    if _SECRET_NAMES.fullmatch(name) or _SECRET_WORDS.search(data):
        return "looks like a secret; a ConfigMap hides nothing. Put it into a Secret that the PodTemplate mounts"
    if _DATA.fullmatch(name) and not is_named:
        return _IS_DATA
    return None


def _too_large(packed: int, most: int, files: Sequence[File]) -> str:
    largest = sorted(files, key=lambda file: len(file[1]), reverse=True)[:5]
    return (
        f"the code beside the study is {_kb(packed)} packed ({len(files)} files, "
        f"{_kb(sum(len(data) for _, data in files))} unpacked); at most {_kb(most)} can be sent. The largest:\n"
        + "\n".join(_largest(largest))
        + "\nName what is not needed in a .tunejobignore beside the study, or put libraries into the workers' image: "
        "`make image REQUIREMENTS=requirements.txt` extends the trainer."
    )


def _largest(files: Sequence[File]) -> Iterator[str]:
    return (f"  {path}  {_kb(len(data))}" for path, data in files)


def _kb(size: int) -> str:
    return f"{size / 1000:.0f} KB"
