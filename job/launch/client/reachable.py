"""What of a study pods can reach: what lies on this machine alone is refused before anything is sent."""

from collections.abc import Iterator
from pathlib import Path

from job.errors import UsageError
from job.launch.cluster import names
from job.study.forms import SPEC
from job.study.study import Study

STORE_VARIABLE = "TUNEJOB_STORE"
"""In the ConfigMap or Secret that all pods get their store's settings from: the namespace's own store."""
_CLOUDS = ("s3://", "gs://", "az://")


def store_of(study: Study, given: str | None, usual: str | None) -> str:
    """The store of a run in the cluster.

    Args:
        study: as read.
        given: the store that was asked for.
        usual: the namespace's own, for studies that name none that pods reach.
    """
    return given or (study.store if study.store.startswith(_CLOUDS) else usual or study.store)


def refuse_local(study: Study, folder: Path, given: str | None, usual: str | None) -> None:
    """Refuses a store or data that pods can't reach.

    Raises:
        UsageError: with all that is wrong, and what to do.
    """
    told = [*_store(store_of(study, given, usual), usual), *_data(study, folder)]
    if told:
        raise UsageError("\n  ".join(["pods can't reach what lies on this machine alone:", *told]))


def _store(url: str, usual: str | None) -> Iterator[str]:
    if url != usual and not url.startswith(_CLOUDS):
        yield (
            f"store: {url}. Give one that pods reach: `store: s3://BUCKET/PREFIX` (or gs://, az://) in the study, "
            f"--store URL, or for all studies of the namespace: kubectl create configmap {names.STORE_CONFIG} "
            f"--from-literal={STORE_VARIABLE}=URL"
        )


def _data(study: Study, folder: Path) -> Iterator[str]:
    if isinstance(study.data, str) and SPEC.fullmatch(study.data):
        return
    for name in [study.data] if isinstance(study.data, str) else study.data:
        if "://" not in name and (not Path(name).is_absolute() or Path(name).exists()):
            yield (
                f"data: {folder / name}. Copy it into the store: `data: s3://BUCKET/FILE` (or gs://, az://); where it "
                "lies on a volume of the pods too, write `data: file:///PATH/FILE`"
            )
