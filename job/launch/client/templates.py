"""The manifests under k8s/, which this package carries: the controller's Job, and what an administrator installs.

The controller's Job alone is plain YAML. Whatever has overlays is rendered by kubectl, whose kustomize is the one that
`kubectl apply -k` uses.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from job.errors import UsageError
from job.launch.cluster import names
from job.launch.cluster.api import Object

FOLDER = Path(__file__).parent / "k8s"
OVERLAYS = ("cpu", "gpu")
"""Overlays that come with this package, and may be named instead of given as a folder."""


def controller(overlay: str | None = None) -> Object:
    """The controller's Job.

    Args:
        overlay: a kustomization folder, or the name of one of ours; else the Job as it is under k8s/run.

    Raises:
        UsageError: the overlay can't be rendered, or has no such Job.
    """
    if overlay is None or overlay in OVERLAYS:  # ours leave the controller alone
        return _read(FOLDER / "run" / "controller.yaml")
    jobs = [one for one in rendered(Path(overlay)) if one["kind"] == "Job" and _is_controller(one)]
    if len(jobs) == 1:
        return jobs[0]
    raise UsageError(
        f"the overlay {overlay} has {len(jobs)} Jobs labelled {names.COMPONENT}=controller; needed is one, which it "
        "has when its resources name k8s/run. (With the cron component it is a CronJob: `kubectl apply -k` it.)"
    )


def installation(overlay: str | None = None) -> list[Object]:
    """What an administrator applies once: all of an overlay but the run.

    Args:
        overlay: a kustomization folder, or the name of one of ours; else "cpu".

    Raises:
        UsageError: the overlay can't be rendered.
    """
    name = overlay or OVERLAYS[0]
    folder = FOLDER / "overlays" / name / "install" if name in OVERLAYS else Path(name)
    return [one for one in rendered(folder) if not _is_controller(one) and not _is_study(one)]


def rendered(folder: Path) -> list[Object]:
    """The objects of a kustomization."""
    try:
        done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UsageError(
            "overlays are rendered by kubectl, and there is none here; install it, or leave -k out"
        ) from None
    if done.returncode:
        raise UsageError(
            f"kubectl can't render the overlay {folder}: {done.stderr.strip()}. Needed is a folder with a "
            f"kustomization.yaml, or one of {', '.join(OVERLAYS)}."
        )
    return [one for one in yaml.safe_load_all(done.stdout) if one]


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def written(objects: Sequence[Object]) -> str:
    """Objects as one YAML stream."""
    return yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False, allow_unicode=True, explicit_start=True)


def _read(file: Path) -> Object:
    try:
        return dict(yaml.safe_load(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UsageError(
            f"this installation has no manifests ({file} is missing); its container images have none either. "
            "Submit from where the whole package is installed, or give an overlay with -k"
        ) from None


def _is_controller(found: Object) -> bool:
    labels = found["metadata"].get("labels") or {}
    return found["kind"] == "CronJob" or (found["kind"] == "Job" and labels.get(names.COMPONENT) == "controller")


def _is_study(found: Object) -> bool:
    return found["kind"] == "ConfigMap" and str(found["metadata"]["name"]).startswith(names.STUDY_CONFIG)
