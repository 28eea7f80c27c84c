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
OVERLAYS = sorted(one.name for one in (K8S / "overlays").iterdir())
NEEDS = {"mig": ("gpu",)}
"""Components that stand on others."""


def kustomize(folder: Path) -> list[Object]:
    """The objects of one kustomization."""
    command = ["kubectl", "kustomize", "--load-restrictor=LoadRestrictionsRootOnly", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@cache
def rendered(folder: str, components: tuple[str, ...] = ()) -> str:
    """The objects, as JSON, of a folder below k8s/ with components put on top of it."""
    if not components:
        return json.dumps(kustomize(K8S / folder))
    return json.dumps(overlaid([folder], components))


def overlaid(folders: Iterable[str], components: Sequence[str], **fields: object) -> list[Object]:
    """The objects of an overlay of one's own on folders and components below k8s/, with more ``fields`` of it."""
    target = K8S / "overlays" / f"test-{os.getpid()}"  # beside the others: kustomize wants relative paths
    target.mkdir()
    try:
        content = {
            "resources": [f"../../{one}" for one in folders],
            "components": [f"../../components/{one}" for one in components],
            **fields,
        }
        (target / "kustomization.yaml").write_text(yaml.safe_dump(content))
        return kustomize(target)
    finally:
        shutil.rmtree(target)


def one(objects: Iterable[Object], kind: str, name: str = "") -> Object:
    """The one object of a kind (and name)."""
    found = [x for x in objects if x["kind"] == kind and x["metadata"]["name"].startswith(name)]
    assert len(found) == 1, [x["metadata"]["name"] for x in found]
    return found[0]
