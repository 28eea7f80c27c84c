"""Rendering our kustomizations with kubectl, alone and in every combination that makes sense."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

ROOT = Path(__file__).parents[2]
K8S = ROOT / "k8s"
COMPONENTS = sorted(one.name for one in (K8S / "components").iterdir())
OVERLAYS = ("cpu", "gpu")
EXAMPLES = sorted(one.name for one in (K8S / "examples").iterdir())
NEEDS = {"mig": ("gpu",)}
"""Components that stand on others."""


def kustomize(folder: Path) -> list[Object]:
    """The objects of one kustomization."""
    command = ["kubectl", "kustomize", "--load-restrictor=LoadRestrictionsRootOnly", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def objects(folder: str, components: Sequence[str] = ()) -> list[Object]:
    """The objects of a folder below k8s/ with components put on top of it."""
    return list(json.loads(_rendered(folder, tuple(components))))


@cache
def _rendered(folder: str, components: tuple[str, ...]) -> str:
    found = overlaid([folder], components) if components else kustomize(K8S / folder)
    return json.dumps(found)


def overlaid(folders: Iterable[str], components: Sequence[str], **fields: object) -> list[Object]:
    """The objects of an overlay of one's own on folders and components below k8s/, with more ``fields`` of it."""
    target = K8S / "overlays" / f"test-{os.getpid()}"  # beside the others: kustomize wants relative paths
    target.mkdir()
    try:
        content = {
            "resources": [f"../../{one}" for one in folders],
            "components": [f"../../{'examples' if one in EXAMPLES else 'components'}/{one}" for one in components],
            **fields,
        }
        (target / "kustomization.yaml").write_text(yaml.safe_dump(content))
        return kustomize(target)
    finally:
        shutil.rmtree(target)


def one(objects: Iterable[Object], kind: str, name: str = "") -> Object:
    """The one object of a kind (and name); of PodTemplates the workers', where no other is named."""
    name = name or {"PodTemplate": "tunejob-worker"}.get(kind, "")
    found = [x for x in objects if x["kind"] == kind and x["metadata"]["name"].startswith(name)]
    assert len(found) == 1, [x["metadata"]["name"] for x in found]
    return found[0]


def written(value: object) -> str:
    """A value as YAML that is compared line by line."""
    return yaml.safe_dump(value, sort_keys=True, allow_unicode=True, width=110)


def combinations() -> list[tuple[str, tuple[str, ...]]]:
    """Every overlay with each component and example that goes with it, and with what it stands on."""
    found = [(overlay, ()) for overlay in OVERLAYS]
    for overlay in OVERLAYS:
        for one in (*COMPONENTS, *EXAMPLES):
            below = NEEDS.get(one, ())
            if overlay not in below and one != overlay:  # the gpu overlay has the gpu component already
                found.append((overlay, (*below, one)))
            elif overlay in below:
                found.append((overlay, (one,)))
    return found


def pod_of(body: Object) -> Object:
    """The pod of a Job, a CronJob or a PodTemplate."""
    holder = body["spec"]["jobTemplate"] if body["kind"] == "CronJob" else body
    found: Object = (holder if body["kind"] == "PodTemplate" else holder["spec"])["template"]
    return found


def controller_of(found: Iterable[Object]) -> Object:
    """The controller's Job or CronJob."""
    return next(one for one in found if one["kind"] in ("Job", "CronJob"))
