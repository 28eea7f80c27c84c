"""What a laptop sends: the study with its code as a ConfigMap, and the controller's Job, as pure functions.

Both are named by the digest of study, code and the controller's template: the same study is the same Job.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

from job.errors import UsageError
from job.launch.cluster import names
from job.launch.cluster.api import Object
from job.study import archive
from job.study.archive import File
from job.study.study import Study

CONTAINER = "controller"
STUDY_FILE = "study.yaml"
_VOLUME = "study"


@dataclass(frozen=True)
class Sent:
    """What travels with a study.

    Attributes:
        study: as read.
        text: the study file as the user wrote it.
        files: the code beside it.
        data: paths of data beside it, which can't travel.
        named: paths of those that the study's ``files`` names.
        store: the store's URL where it is not the study's own.
        commit: the git commit of the study's folder.
        fresh: whether all fits are trained, though earlier runs have trained some.
    """

    study: Study
    text: str
    files: Sequence[File]
    data: Sequence[str] = ()
    named: Sequence[str] = ()
    store: str | None = None
    commit: str | None = None
    fresh: bool = False


@dataclass(frozen=True)
class Submission:
    """The two objects of one submission, of the same name."""

    name: str
    study: str
    config: Object
    job: Object


def make(sent: Sent, template: Object) -> Submission:
    """The objects to create.

    Args:
        sent: the study and its code.
        template: the controller's Job (``templates.controller``).

    Raises:
        UsageError: the code can't be sent, or the template has no container named "controller".
    """
    packed = archive.pack(sent.files, sent.data, len(sent.text.encode()), sent.named)
    content = {
        "data": {STUDY_FILE: sent.text},
        "binaryData": {archive.NAME: base64.b64encode(packed).decode()},
        "immutable": True,
    }
    spec = deepcopy(template["spec"])
    more = [*(["--store", sent.store] if sent.store is not None else []), *(["--fresh"] if sent.fresh else [])]
    if more:
        _controller(spec)["args"] = [*(_controller(spec).get("args") or []), *more]
    name = names.submitted(sent.study.name, _digest(content, spec))
    _mount(spec["template"]["spec"], name)
    own = {**(template["metadata"].get("labels") or {}), **names.labels(sent.study.name), names.COMPONENT: "controller"}
    pod = spec["template"].setdefault("metadata", {})
    pod["labels"] = {**(pod.get("labels") or {}), **own}
    annotations = {**(template["metadata"].get("annotations") or {}), **_commit(sent)}
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": names.labels(sent.study.name)},
        **content,
    }
    meta = {"name": name, "labels": own, "annotations": annotations}
    return Submission(
        name, sent.study.name, config, {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}
    )


def placed(found: Object, namespace: str) -> Object:
    """An object in a namespace."""
    return {**found, "metadata": {**found["metadata"], "namespace": namespace}}


def config_of(job: Object) -> str:
    """The ConfigMap that a controller's Job mounts its study from.

    Raises:
        UsageError: it mounts none.
    """
    for volume in job["spec"]["template"]["spec"].get("volumes") or []:
        if volume["name"] == _VOLUME and "configMap" in volume:
            return str(volume["configMap"]["name"])
    raise UsageError(f"the controller's Job {job['metadata']['name']} has no ConfigMap as its volume {_VOLUME!r}")


def _commit(sent: Sent) -> dict[str, str]:
    return {names.COMMIT: sent.commit} if sent.commit else {}


def _digest(content: Object, spec: Object) -> str:
    return hashlib.sha256(json.dumps([content, spec], sort_keys=True).encode()).hexdigest()


def _controller(spec: Object) -> Object:
    containers: list[Object] = spec["template"]["spec"].get("containers") or []
    for container in containers:
        if container["name"] == CONTAINER:
            return container
    raise UsageError(f"the controller's Job has no container named {CONTAINER!r}; an overlay must keep that name")


def _mount(pod: Object, config: str) -> None:
    volumes = [one for one in pod.get("volumes") or [] if one["name"] != _VOLUME]
    pod["volumes"] = [{"name": _VOLUME, "configMap": {"name": config}}, *volumes]
