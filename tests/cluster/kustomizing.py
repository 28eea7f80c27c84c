"""Overlays of one's own on the folders below k8s/, rendered by kubectl's own kustomize."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

K8S = Path(__file__).parents[2] / "k8s"
COMPONENTS = sorted(one.name for one in (K8S / "components").iterdir())
EXAMPLES = sorted(one.name for one in (K8S / "examples").iterdir())
OVERLAYS = sorted(one.name for one in (K8S / "overlays").iterdir())
NEEDS = {"mig": ("gpu",)}  # components that stand on others


def overlay(
    folder: Path, namespace: str, resources: Iterable[str | Path], components: Sequence[str] = (), **fields: object
) -> Path:
    """Makes the folder of an overlay. Names are relative to k8s/, and ``fields`` are more of the kustomization's."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "namespace": namespace,
        "resources": [os.path.relpath(K8S / one, folder.resolve()) for one in resources],
        "components": [os.path.relpath(K8S / one, folder.resolve()) for one in components],
        **fields,
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return folder


def rendered(kubectl: Callable[..., Any], folder: Path) -> list[Object]:
    """The objects of a kustomization."""
    done = kubectl("kustomize", str(folder))
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def read(file: Path) -> Object:
    """The object that one file holds."""
    return dict(yaml.safe_load(file.read_text()))


def only(objects: Iterable[Object], kind: str, name: str = "") -> Object:
    """The one object of a kind whose name begins so."""
    (found,) = [one for one in objects if one["kind"] == kind and one["metadata"]["name"].startswith(name)]
    return found


def bare_pods(objects: Iterable[Object]) -> list[Object]:
    """Every pod that these objects would have made, as Pods of their own: only Pods are judged by Pod Security."""
    found = []
    for one in objects:
        spec = one.get("spec", {})
        template = {
            "PodTemplate": lambda one=one: one["template"],
            "Job": lambda spec=spec: spec["template"],
            "CronJob": lambda spec=spec: spec["jobTemplate"]["spec"]["template"],
        }.get(one["kind"])
        if template is not None:
            made = template()
            meta = {**made.get("metadata", {}), "name": one["metadata"]["name"].lower()}
            found.append({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": made["spec"]})
    return found
