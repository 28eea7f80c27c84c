"""A cluster in memory, whose Jobs end as a script says, and a launcher in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from job.launch.cluster import names
from job.launch.cluster.api import Object
from job.launch.cluster.api_errors import AbsentError, ExistsError
from job.launch.cluster.job_follower import Following
from job.launch.cluster.launcher import ClusterLauncher
from job.launch.cluster.names import Owner
from job.store import open_store
from job.study.study import Cluster

TEMPLATE = {"metadata": {"name": names.WORKER_TEMPLATE}, "template": {"spec": {"containers": [{"name": "worker"}]}}}


@dataclass
class Room:
    """Objects by kind and name, and what was done; in the place of ``Api``, and of ``Telling``."""

    there: dict[tuple[str, str], Object] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    held: bool = False
    """Whether Jobs that are deleted stay."""

    def put(self, kind: str, body: Object) -> Object:
        """Puts an object there."""
        body["metadata"].setdefault("uid", uuid4().hex)
        body.setdefault("status", {})
        self.there[kind, body["metadata"]["name"]] = body
        return body

    def create(self, kind: str, body: Object) -> Object:
        """A new one."""
        if (kind, body["metadata"]["name"]) in self.there:
            raise ExistsError(f"{body['metadata']['name']} is there")
        self.done.append(f"create {body['metadata']['name']}")
        return self.put(kind, body)

    def get(self, kind: str, name: str) -> Object:
        """One by its name."""
        if (kind, name) not in self.there:
            raise AbsentError(f"there is no {name}")
        return self.there[kind, name]

    def items(self, kind: str, labels: Any = None, fields: Any = None, slim: Any = None) -> Sequence[Object]:
        """Those that have the labels, whole."""
        found = [one for (of, _), one in self.there.items() if of == kind]
        return [one for one in found if (labels or {}).items() <= (one["metadata"].get("labels") or {}).items()]

    def patch(self, kind: str, name: str, _body: Object) -> None:
        """Changes nothing."""
        self.done.append(f"patch {name}")

    def delete(self, kind: str, name: str, *, uid: str | None = None, propagation: str = "Background") -> None:
        """Takes it away."""
        self.done.append(f"delete {name} {propagation}")
        if self.held:
            self.there[kind, name]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        else:
            self.there.pop((kind, name), None)

    def event(self, reason: str, message: str, *, also: Owner | None = None) -> None:
        """Tells nobody."""


def launching(room: Room, monkeypatch: Any, *ends: Callable[[Following], None]) -> tuple[ClusterLauncher, list[str]]:
    """A launcher whose Jobs end one after the other as these say, and what it said."""
    room.put("podtemplates", TEMPLATE)
    script = list(ends)
    said: list[str] = []

    def until_it_ends(following: Following) -> Iterator[None]:
        following.view.job = room.get("jobs", following.owner.name)
        script.pop(0)(following)
        yield None

    monkeypatch.setattr(Following, "until_it_ends", until_it_ends)
    controller, store = Owner("controller", "c"), open_store(f"memory://{uuid4().hex}")
    both: Any = room
    return ClusterLauncher(both, store, controller, "code", Cluster(parallelism=4), both, said.append), said
