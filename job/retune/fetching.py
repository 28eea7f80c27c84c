"""The model in use, brought to this machine: checked against its digest."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from job.errors import DataError, UsageError
from job.results import runs
from job.retune import champion as in_use
from job.retune.record import Champion
from job.store import Store, keys


def champion(target: str | os.PathLike[str], store: str | None = None) -> Champion | None:
    """Return what is in use of a study: params, scores, model and why; None where nothing is.

    Args:
        target: a study file, or a study's name.
        store: the store's URL; without it TUNEJOB_STORE, else the study file's own.

    Raises:
        UsageError: there is no such file, or no store is named.
        StoreError: the store is out of reach.
    """
    opened, study = runs.meant(target, store)
    return in_use.read(opened, study)[0]


def fetch(store: Store, study: str, folder: Path) -> Iterator[Path]:
    """Copy a study's champion into a folder, which is made; yield the files, each whole.

    ``model.keras``, ``README.md`` (how to use it) and ``champion.json``; of an estimator, ``pipeline.skops`` first.

    Raises:
        UsageError: nothing is in use.
        DataError: the model is not the one that was put in use.
    """
    now, _ = in_use.read(store, study)
    if now is None:
        raise UsageError(f"nothing of {study} is in use in {store.url}; `tunejob retune` with the study file does it")
    folder.mkdir(parents=True, exist_ok=True)
    if now.pipeline:
        yield _checked(store, now.pipeline, now.pipeline_digest, folder / "pipeline.skops")
    yield _checked(store, now.model, now.model_digest, folder / "model.keras")
    for name, data in (
        ("README.md", store.read(keys.champion_usage(study, now.model_digest))),
        ("champion.json", now.model_dump_json(indent=2).encode()),
    ):
        path = folder / name
        path.write_bytes(data)
        yield path


def _checked(store: Store, key: str, digest: str, to: Path) -> Path:
    """Copies an object whose digest is known, whole."""
    size, version = store.head(key)
    draft, state = to.with_name(f".{to.name}.part"), hashlib.sha256()
    with draft.open("wb") as file:
        for part in store.parts(key, size, version):
            state.update(part)
            file.write(part)
    if state.hexdigest() != digest:
        draft.unlink()
        raise DataError(f"{store.url}/{key} is not the model that was put in use: its sha256 differs")
    return draft.replace(to)
