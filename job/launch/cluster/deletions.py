"""Since when pods are known to have been told to end, by this process's own count: any machine's clock may be wrong."""

from collections.abc import Container
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from job.launch.cluster.api import Object

First = Literal["told", "ended", ""]
"""Whether a pod was told to end before its worker ended, or its worker ended before that; empty where nobody saw."""


@dataclass
class Deletions:
    """The pods of one Job that are being deleted. ``see`` tells it what was seen of one."""

    _until: dict[str, float] = field(default_factory=dict)
    _first: dict[str, First] = field(default_factory=dict)

    def see(self, pod: Object, *, ended: bool, known: First = "") -> First:
        """Takes in one pod, and returns which came first.

        Args:
            pod: the pod.
            ended: whether its worker has ended.
            known: which came first, where that was seen earlier.
        """
        meta = pod["metadata"]
        name = str(meta["name"])
        if not meta.get("deletionTimestamp"):
            return ""
        if name not in self._first:
            self._first[name] = known or ("" if ended else "told")
            self._until[name] = monotonic() + (meta.get("deletionGracePeriodSeconds") or 0)
        return self._first[name]

    def overdue(self, pod: Object) -> float:
        """Seconds since a pod that was told to end should have, as far as was seen; negative or zero for any other."""
        until = self._until.get(str(pod["metadata"]["name"]))
        return 0.0 if until is None else monotonic() - until

    def keep(self, names: Container[str]) -> None:
        """Forgets all other pods."""
        for name in [one for one in self._until if one not in names]:
            del self._until[name], self._first[name]
