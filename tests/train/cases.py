"""One study's training, set up in a line: rows, folds and requests as a worker has them, without files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from job.data import loading
from job.data.given import Given
from job.data.rows import Fold, Rows
from job.plan.plan import Facts, Trial
from job.study import scoring as study_scoring
from job.study.study import Study
from job.study.usercode import parameters_of
from job.train import by_fit, requests, scoring
from job.train.fits import FitRequest, Material, Trained
from job.train.programs import Programs
from job.train.scoring import Scored
from job.train.trainer import Trainer


@dataclass
class Case:
    """A study of one model on given arrays; the last third of the rows is the test fold."""

    build: Callable[..., Any]
    X: Any
    y: Any
    sample_weight: Any = None
    folder: Path = field(default_factory=Path)
    settings: dict[str, Any] = field(default_factory=dict)
    kept: Programs = field(default_factory=Programs)

    def __post_init__(self) -> None:
        told = {"name": "case", "model": "m:build", "data": "d:load", "search": "grid", "space": {"x": [1]}}
        self.study = Study.model_validate(told | self.settings)
        self.rows: Rows = loading.rows(
            Given(self.X, self.y, sample_weight=self.sample_weight, where="d:load()"), self.study
        )
        self.facts = Facts(
            fingerprint="data", folds_digest="", code_digest="code", rows=len(self.rows), fold_sizes=(),
            task=self.rows.task, why="", classes=None, scoring=(), build_parameters=parameters_of(self.build),
            versions={}, packages={}, device="", import_seconds=0, data_seconds=0,
        )  # fmt: skip
        self.material = Material.of(self.rows, self.study, self.folder)

    @cached_property
    def trainer(self) -> Trainer:
        """What trains its fits, one and the same for all of them."""
        return Trainer(self.build, self.material)

    @property
    def fold(self) -> Fold:
        """Two thirds to train on, the last third to test on."""
        cut = len(self.rows) * 2 // 3
        return Fold(np.arange(cut), np.arange(cut, len(self.rows)))

    def request(self, params: Mapping[str, Any] | None = None, fold: Fold | None = None, trial: int = 0) -> FitRequest:
        """The request of one trial on one fold."""
        return requests.make(self.study, self.facts, Trial(trial, params or {}), 0, fold or self.fold, self.rows)

    def train(self, params: Mapping[str, Any] | None = None, fold: Fold | None = None, **more: Any) -> Trained:
        """One fit by Keras ``fit``; models are kept for the next ones."""
        return by_fit.train(self.request(params, fold), self.build, self.material, kept=self.kept, **more)

    def score(self, trained: Trained, *names: str) -> Scored:
        """A trained fit, scored by scikit-learn's names."""
        found = study_scoring.scorers(names, self.rows.task, self.rows.classes)
        return scoring.score(trained, self.rows, found)
