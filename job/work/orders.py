"""What a worker is told to do: one frozen value from the command line to the process that trains."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from job.store.keys import RunKeys
from job.work.attempts import WorkerPlace

STALL = 15 * 60.0
"""Seconds without a sign of life after which a worker counts as stuck."""


@dataclass(frozen=True)
class Orders:
    """A worker's task.

    Attributes:
        store: the store's URL.
        study: the study's name.
        code: the folder of the user's code.
        task: ``prepare`` (needs ``nonce``), ``shards`` or ``refit`` (need ``run``).
        nonce: names what a ``prepare`` writes.
        measure: whether ``prepare`` times one fit.
        apart: whether ``prepare`` runs on another kind of machine than workers.
        explain: whether ``prepare`` tells how fits will be trained.
        run: the run's name.
        attempt: which launch of the run this worker belongs to, from 0.
        stall: seconds of silence that end the worker.
        require_gpu: whether a GPU must be seen before anything else.
        pod: the UID of this worker's pod; empty outside a cluster.
        node: the name of the node that it runs on.
    """

    store: str
    study: str
    code: str
    task: Literal["prepare", "shards", "refit"]
    nonce: str = ""
    measure: bool = False
    apart: bool = False
    explain: bool = False
    run: str = ""
    attempt: int = 0
    stall: float = STALL
    require_gpu: bool = False
    pod: str = ""
    node: str = ""

    @property
    def keys(self) -> RunKeys:
        """The names of the run in the store."""
        return RunKeys(self.study, self.run)

    @property
    def folder(self) -> Path:
        """The folder of the user's code."""
        return Path(self.code)

    @property
    def place(self) -> WorkerPlace:
        """Where this worker runs."""
        return WorkerPlace(self.pod, self.node)

    def dumps(self) -> str:
        """The orders as one argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> "Orders":
        """The orders that ``dumps`` wrote."""
        return cls(**json.loads(text))
