"""What the controller sees of the ends of pods, left in the store for the workers that come after."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from job.launch.cluster.job_view import View
from job.results import marks
from job.results.lost_fits import Sighting
from job.store import Store
from job.store.keys import RunKeys


@dataclass
class Sightings:
    """Each end is left once; not those of workers that left word themselves."""

    store: Store
    _left: set[str] = field(default_factory=set)

    def leave(self, keys: RunKeys, view: View, shards: Sequence[int]) -> None:
        """Leaves what was seen of a Job's pods so far; ``shards`` are those of its indexes."""
        for end in (*view.ends.values(), *view.vanished.values()):
            if end.uid not in self._left and 0 <= end.index < len(shards):
                self._left.add(end.uid)
                if not end.is_told:
                    reason = end.limited or ("OOMKilled" if end.memory else end.reason)
                    is_machines = end.is_storeless or (bool(end.disruption) and not end.limited)
                    seen = Sighting(end.uid, end.node, reason, disrupted=is_machines, with_node=end.is_nodes)
                    marks.sight(self.store, keys, shards[end.index], seen)
