"""A run made up for tests: a plan, shards and results in a store in memory, with prescribed scores."""

import json
import math
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np

from job.plan.plan import Facts, Plan
from job.results.aggregate import aggregate
from job.results.line import FitFailure, FitLine, dump_lines
from job.store import Store, open_store
from job.store.keys import RunKeys
from job.study import reading
from job.study.study import Search, Study


@dataclass
class MadeRun:
    """What is prescribed of a run; ``scores`` maps each scorer to (trials, folds)."""

    params: list[dict[str, Any]]
    scores: dict[str, Any]
    train_scores: dict[str, Any] = field(default_factory=dict)
    failed: dict[tuple[int, int], FitFailure] = field(default_factory=dict)
    missing: frozenset[tuple[int, int]] = frozenset()
    twins: dict[int, int] = field(default_factory=dict)
    refit: str | bool = True
    error_score: Any = math.nan
    run: str = "made-0123456789"
    created: str = "2026-01-02T03:04:05+00:00"
    shards: int = 3
    epochs: int = 12
    study_fields: dict[str, Any] = field(default_factory=dict)
    store: Store = field(default_factory=lambda: open_store(f"memory://{uuid4().hex}"))

    def __post_init__(self) -> None:
        self.scores = {name: np.asarray(array, float) for name, array in self.scores.items()}
        self.train_scores = {name: np.asarray(array, float) for name, array in self.train_scores.items()}
        self.keys = RunKeys("made", self.run)
        self.write_shards()
        self.write_results()

    @property
    def folds(self) -> int:
        """How many folds each trial has."""
        return next(iter(self.scores.values())).shape[1]

    @property
    def study(self) -> Study:
        """The study, of which aggregation reads little."""
        values = {
            "name": "made",
            "model": "model:build",
            "data": "data:load",
            "search": Search(kind="grid"),
            "space": ({"x": [1]},),
            "scoring": tuple(self.scores),
            "refit": self.refit,
            "error_score": self.error_score,
            "return_train_score": bool(self.train_scores),
        }
        return Study(**(values | self.study_fields))

    @property
    def plan(self) -> Plan:
        """The plan."""
        facts = Facts(
            fingerprint="f" * 64,
            folds_digest="0" * 64,
            code_digest="c" * 64,
            rows=100,
            fold_sizes=((80, 20),) * self.folds,
            task="binary",
            why="y has two values",
            classes=(0, 1),
            scoring=tuple(self.scores),
            build_parameters=("x",),
            versions={"python": "3.11.7", "tensorflow": "2.20.0", "keras": "3.12.0", "tunejob": "0.1.0"},
            packages={},
            device="CPU: some processor, 2 cores",
            import_seconds=3.0,
            data_seconds=0.1,
        )
        return Plan(
            study="made",
            run=self.keys.run,
            digest="d" * 64,
            digest_parts={},
            trials=len(self.params),
            duplicates=len(self.twins),
            folds=self.folds,
            fits=(len(self.params) - len(self.twins)) * self.folds,
            shards=self.shards,
            costs=(1.0,) * self.shards,
            workers=2,
            facts=facts,
            commit="abc1234",
            created=self.created,
        )

    def shard_of(self, trial: int) -> int:
        """Which shard a trial is in; a duplicate's is its twin's."""
        return self.twins.get(trial, trial) % self.shards

    def write_shards(self) -> None:
        """Write the trials of each shard."""
        for shard in range(self.shards):
            trials = [
                {"number": number, "params": params, "twin": self.twins.get(number)}
                for number, params in enumerate(self.params)
                if self.shard_of(number) == shard
            ]
            self.store.create(self.keys.shard(shard), json.dumps({"index": shard, "trials": trials}).encode())

    def write_plan(self) -> None:
        """Write what makes the run one that can be found."""
        self.store.create(self.keys.study_yaml, reading.dump(self.study).encode())
        self.store.create(self.keys.plan, self.plan.model_dump_json().encode())

    def write_results(self) -> None:
        """Write one result object for each trial that trains."""
        for number in range(len(self.params)):
            lines = [self.line(number, fold) for fold in range(self.folds) if (number, fold) not in self.missing]
            if lines and number not in self.twins:
                self.put(f"group{number}", lines)

    def put(self, group: str, lines: list[FitLine]) -> None:
        """Write one more result object."""
        self.store.create(self.keys.result(self.shard_of(lines[0].trial), group), dump_lines(lines))

    def line(self, trial: int, fold: int, **changed: Any) -> FitLine:
        """Return a fit's line."""
        error = self.failed.get((trial, fold))
        losses = tuple((epoch, 1.0 / (1 + epoch + trial % 7)) for epoch in range(self.epochs))
        values = {
            "identity": f"{trial}-{fold}",
            "trial": trial,
            "fold": fold,
            "params": self.params[trial],
            "scores": {} if error else {name: array[trial, fold] for name, array in self.scores.items()},
            "train_scores": {name: array[trial, fold] for name, array in self.train_scores.items()} or None,
            "fit_seconds": 1.0 + trial % 11 + fold / 10,
            "score_seconds": 0.01,
            "train_rows": 80,
            "test_rows": 20,
            "epochs": self.epochs,
            "history": {} if error else {"loss": losses, "val_loss": tuple((e, v * 1.2) for e, v in losses)},
            "way": "fit",
            "why": "the only fit of its shape",
            "group": f"group{trial}",
            "attempt": 1,
            "finished": f"2026-01-02T03:{trial // 60 % 60:02d}:{trial % 60:02d}+00:00",
            "error": error,
        }
        return FitLine(**(values | changed))

    def table(self):
        """Aggregate what is in the store now."""
        return aggregate(self.store, self.keys, self.plan, self.study)
