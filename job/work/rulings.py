"""What workers of a run tell each other of a shape of model: small objects in the store, each created once."""

import json
from dataclasses import asdict, dataclass, field

from job.errors import Missing
from job.store import Store
from job.store.keys import RunKeys
from job.study import formats
from job.study.times import duration
from job.train.groups import Ruling
from job.work import events

COSTLY = 2.0
"""Seconds below which tracing is never worth a word."""
SHARDS = 4
"""Shards of a worker on one machine, which keeps what it traced; in a cluster each pod traces for its own."""


@dataclass
class StoredRulings:
    """The rulings of one run; implements ``train.groups.Rulings``.

    Attributes:
        store: where they lie.
        keys: the run's.
        shards: that a program serves once a worker has traced it, of those alike.
    """

    store: Store
    keys: RunKeys
    shards: int
    _known: dict[str, Ruling] = field(default_factory=dict)

    def of(self, shape: str) -> Ruling | None:
        """What some worker told of a shape, or None."""
        if shape not in self._known:
            try:
                found = json.loads(self.store.read(self.keys.shape(shape)))
            except Missing:
                return None
            self._known[shape] = Ruling(found["why"], found["tracing"])
        return self._known[shape]

    def tell(self, shape: str, ruling: Ruling) -> None:
        """Tells all workers; what was told first stands."""
        self.store.create(self.keys.shape(shape), json.dumps({"format": formats.FORMAT, **asdict(ruling)}).encode())
        events.log(shape=shape, by_fit=ruling.why)

    def weigh(self, shape: str, costs: float, saves: float) -> None:
        """Takes what tracing a program costs, and what each of its groups saves, in seconds; tells where it loses."""
        saved = self.shards * saves
        if costs > max(COSTLY, saved):
            shards = f"{self.shards} shards" if self.shards > 1 else "a shard"
            self.tell(
                shape,
                Ruling(
                    f"tracing a program takes {duration(costs)} longer than Keras's own, as a worker of this run "
                    f"measured, and saves about {duration(saved)} in {shards}",
                    tracing=True,
                ),
            )
