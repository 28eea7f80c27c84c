"""Jobs as the product makes them of the installed PodTemplate, whose workers run a script instead of training."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.node.machine import Node
from cluster.site import Site

from job.launch.cluster import manifests
from job.launch.cluster.manifests import Launch
from job.launch.cluster.names import Owner
from job.study.study import Cluster

Object = dict[str, Any]

NAME = "study-0123456789-1"
SELECTOR = f"batch.kubernetes.io/job-name%3D{NAME}"


@dataclass
class Launching:
    """What launches in one site.

    Attributes:
        site: the site.
        owner: the Job that all belong to.
        template: the PodTemplate: the installed one, or another.
        node: where pods run.
        python: of the images there.
    """

    site: Site
    owner: Owner
    template: Object
    node: Node
    python: Path

    def go(self, script: str, *, completions: int = 1, parallelism: int = 2, settings: Object | None = None) -> Object:
        """Creates the Job, every field of which the server must know; ``settings`` are the study's ``cluster``."""
        template = deepcopy(self.template)
        template["template"]["spec"]["containers"][0]["command"] = ["/bin/sh", "-c", script]
        launch = Launch(
            name=NAME, task="shards", study="study", run="study-0123456789", arguments=["--run", "study-0123456789"],
            completions=completions, parallelism=parallelism, code="code", owner=self.owner,
        )  # fmt: skip
        made = manifests.job(template, launch, Cluster.model_validate(settings or {}))
        return self.site.api.create("jobs", self.site.namespace, made, fieldValidation="Strict")

    def until(self, true: Any, seconds: float = 60) -> Object:
        """Waits until something is true of the Job."""
        return self.site.api.until("jobs", self.site.namespace, NAME, true, seconds)

    def pods(self, phase: str = "") -> list[Object]:
        """Its pods, in the order of their indexes."""
        found = self.site.api.items("pods", self.site.namespace, labelSelector=SELECTOR)
        chosen = [pod for pod in found if not phase or pod["status"].get("phase") == phase]
        return sorted(chosen, key=lambda pod: pod["metadata"]["name"])

    def running(self, count: int = 1) -> list[str]:
        """Waits until so many pods run; their names."""
        self.site.until(lambda: len(self.pods("Running")) >= count, f"{count} pods run")
        return [pod["metadata"]["name"] for pod in self.pods("Running")]

    def said(self) -> list[str]:
        """What each pod wrote."""
        return [self.site.api.logs(self.site.namespace, pod["metadata"]["name"]).strip() for pod in self.pods()]


def waiting(condition: Object) -> str:
    """Why a pod is not scheduled, or nothing."""
    found: list[Object] = condition.get("status", {}).get("conditions", [])
    return next((str(one["message"]) for one in found if one["type"] == "PodScheduled" and "message" in one), "")
