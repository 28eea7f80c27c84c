"""A pod's volumes as folders of this machine, laid out as a kubelet does."""

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster.api import Api, ApiError, path
from cluster.node.environment import field, quantity, resource

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


class VolumeError(Exception):
    """A volume can't be had (yet): the pod stays in ContainerCreating, with an event FailedMount."""


class Contents:
    """What ConfigMaps, Secrets and tokens of one pod's namespace hold."""

    def __init__(self, api: Api, pod: Object) -> None:
        self.api = api
        self.pod = pod
        self.namespace = str(pod["metadata"]["namespace"])

    def lookup(self, kind: str, name: str) -> dict[str, bytes] | None:
        """The data of a ConfigMap or Secret, or None if there is none."""
        try:
            found = self.api.get(kind, self.namespace, name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        if kind == "secrets":
            return {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}
        texts = {key: value.encode() for key, value in found.get("data", {}).items()}
        return texts | {key: base64.b64decode(value) for key, value in found.get("binaryData", {}).items()}

    def token(self, source: Object) -> bytes:
        """A token of the pod's service account, bound to the pod."""
        spec: Object = {
            "expirationSeconds": source.get("expirationSeconds", 3600),
            "boundObjectRef": {
                "apiVersion": "v1",
                "kind": "Pod",
                "name": self.pod["metadata"]["name"],
                "uid": self.pod["metadata"]["uid"],
            },
        }
        if audience := source.get("audience"):
            spec["audiences"] = [audience]
        account = path("serviceaccounts", self.namespace, self.pod["spec"]["serviceAccountName"], "token")
        return str(self.api.request("POST", account, {"spec": spec})["status"]["token"]).encode()

    def files(self, kind: str, source: Object, name: str) -> dict[str, bytes]:
        """The files that a ConfigMap or Secret gives a volume: all keys, or those of ``items``."""
        data = self.lookup(kind, name)
        if data is None:
            if source.get("optional"):
                return {}
            raise VolumeError(f'{kind[:-1]} "{name}" not found')
        if "items" not in source:
            return data
        missing = [item["key"] for item in source["items"] if item["key"] not in data]
        if missing and not source.get("optional"):
            raise VolumeError(f"references non-existent {kind[:-1]} key: {missing[0]}")
        return {item["path"]: data[item["key"]] for item in source["items"] if item["key"] in data}

    def fields(self, source: Object) -> dict[str, bytes]:
        """The files of the downward API."""
        found = {}
        for item in source.get("items", []):
            if "fieldRef" in item:
                text = field(self.pod, item["fieldRef"]["fieldPath"])
            else:
                reference = item["resourceFieldRef"]
                container = next(c for c in self.pod["spec"]["containers"] if c["name"] == reference["containerName"])
                text = resource(container, reference, {})
            found[item["path"]] = text.encode()
        return found


def lay(volume: Object, folder: Path, contents: Contents) -> Object:
    """Prepares one volume; a source for the sandbox's mounts: ``source`` (a path) or tmpfs ``options``, ``readonly``.

    Raises:
        VolumeError: something that it names is not there.
    """
    group = contents.pod["spec"].get("securityContext", {}).get("fsGroup")
    if "emptyDir" in volume:
        return _empty(volume["emptyDir"] or {}, folder, group)
    if "hostPath" in volume:
        return {"source": volume["hostPath"]["path"], "readonly": False}
    if "persistentVolumeClaim" in volume:
        return _claimed(volume["persistentVolumeClaim"], contents)
    readers: dict[str, Callable[[Object], dict[str, bytes]]] = {
        "configMap": lambda source: contents.files("configmaps", source, source["name"]),
        "secret": lambda source: contents.files("secrets", source, source.get("secretName") or source["name"]),
        "downwardAPI": contents.fields,
        "serviceAccountToken": lambda source: {source["path"]: contents.token(source)},
    }
    source = volume.get("projected") or next((volume[name] for name in readers if name in volume), None)
    if source is None:
        raise VolumeError(f"this test node does not know volumes of {', '.join(set(volume) - {'name'})}")
    files: dict[str, bytes] = {}
    for part in volume["projected"].get("sources", []) if "projected" in volume else [volume]:
        for name, read in readers.items():
            if name in part:
                files |= read(part[name])
    _write(folder, files, source.get("defaultMode", 0o644), group)
    return {"source": str(folder), "readonly": True}


def _empty(source: Object, folder: Path, group: int | None) -> Object:
    if source.get("medium") == "Memory":
        size = f",size={int(quantity(source['sizeLimit']))}" if "sizeLimit" in source else ""
        return {"options": "mode=1777" + size, "readonly": False}
    folder.mkdir(parents=True, exist_ok=True)
    if group is not None:
        os.chown(folder, -1, group)
    folder.chmod(0o777 if group is None else 0o2777)
    return {"source": str(folder), "readonly": False}


def _claimed(source: Object, contents: Contents) -> Object:
    claim = contents.api.get("persistentvolumeclaims", contents.namespace, source["claimName"])
    volume = contents.api.get("persistentvolumes", None, claim["spec"]["volumeName"])["spec"]
    place = volume.get("hostPath") or volume.get("local")
    if place is None:
        raise VolumeError("this test node knows only persistent volumes of hostPath and local")
    return {"source": place["path"], "readonly": source.get("readOnly", False)}


def _write(folder: Path, files: dict[str, bytes], mode: int, group: int | None) -> None:
    """As the kubelet's atomic writer: the files lie under ``..data``, and their names are links into it."""
    version = folder / "..2000_01_01_00_00_00.000000001"
    version.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        target = version / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode | 0o440 if group is not None else mode)
        if group is not None:
            os.chown(target, -1, group)
    links = {"..data": version.name} | {Path(name).parts[0]: f"..data/{Path(name).parts[0]}" for name in files}
    for name, to in links.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(to)
