"""The searches that are compared, and how slow peers are sampled."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.together.given import Given
from job.data import folds as fold_numbers
from job.data import loading
from job.plan import identity
from job.study import reading, search

_HERE = Path(__file__).parent / "workloads"
ROOM = 2.5
"""Seconds that a whole command may take beyond one import of TensorFlow and the search."""
Part = Literal["all", "third", "ninth"]


@dataclass(frozen=True)
class Workload:
    """One search.

    Attributes:
        file: its study.
        bar: how many times faster than the best of ``against`` the search alone has to be.
        part: how much of it slow peers are timed on.
        stride: every which trial stands for the others where a ninth is timed: one that meets all shapes alike.
        against: whose best is compared with.
        peak: the share of the matrix-product peak that has to be reached.
        called: its name, where its file has another.
        imports_once: whether the whole command is held to one import of TensorFlow, the search and ``ROOM``.
        whole: how many times faster than the best of ``against`` the whole command has to be.
        alone: whether no peer can do it.
    """

    file: str
    bar: float | None
    part: Part = "third"
    stride: int = 3
    against: str = "sklearn"
    peak: float | None = None
    called: str = ""
    imports_once: bool = False
    whole: float | None = None
    alone: bool = False

    @property
    def name(self) -> str:
        """The study's."""
        return self.called or Path(self.file).stem

    @property
    def path(self) -> Path:
        """The study file."""
        return _HERE / self.file

    def given(self) -> Given:
        """The whole search, as its peers are given it."""
        study = reading.read(self.path)
        folder = self.path.parent
        rows = loading.load(study, folder)
        folds = fold_numbers.make(study, rows, folder)
        trials = dict(enumerate(search.candidates(study, folder)))
        settings: dict[str, Any] = {"epochs": study.fit.epochs, "batch_size": study.fit.batch_size}
        if study.fit.validation_split:
            settings["validation_split"] = study.fit.validation_split
        if study.fit.early_stopping is not None:
            settings["early_stopping"] = study.fit.early_stopping.model_dump(mode="json")
        return Given(
            folder=str(folder),
            scoring=study.scoring[0],
            fit=settings,
            trials=trials,
            folds={number: (fold.train.tolist(), fold.test.tolist()) for number, fold in enumerate(folds)},
            seeds={
                f"{trial}/{number}": identity.seed(study.seed, params, fold.train)
                for trial, params in trials.items()
                for number, fold in enumerate(folds)
            },
        )

    def sampled(self, whole: Given, part: Part) -> Given:
        """What slow peers are timed on: the first fold alone, and of a ninth not all trials."""
        if part == "all":
            return whole
        stride = 1 if part == "third" else self.stride
        trials = {number: params for number, params in whole.trials.items() if number % stride == 0}
        return replace(whole, trials=trials, folds={0: whole.folds[0]})


def spread(whole: Given, count: int) -> Given:
    """A few trials from all over the search, with all folds."""
    numbers = list(whole.trials)
    places = np.unique(np.linspace(0, len(numbers) - 1, count).round().astype(int))
    return replace(whole, trials={numbers[place]: whole.trials[numbers[place]] for place in places})


def fits(of: Given) -> int:
    """How many fits a search has."""
    return len(of.trials) * len(of.folds)


ALL = (
    Workload("dense/grid-5.yaml", bar=20, imports_once=True),
    Workload("dense/grid-50.yaml", bar=45, part="ninth", peak=0.3),
    Workload("dense/random-5.yaml", bar=12, part="all", imports_once=True),
    Workload("dense/random-50.yaml", bar=15),
    Workload("deep/deep.yaml", bar=10, part="ninth"),
    Workload("digits/digits.yaml", bar=6, imports_once=True),
    Workload("regression/regression.yaml", bar=None, stride=2),
    Workload("sequences/lstm.yaml", bar=9, stride=4, imports_once=True),
    Workload("gated/gru.yaml", bar=4),
    Workload("tokens/bilstm.yaml", bar=4),
    Workload("large/large.yaml", bar=0.95, part="all", against="keras"),
    Workload("dense/one.yaml", bar=None, part="all", whole=1.0),
    Workload(
        str(_HERE.parents[2] / "examples/breast_cancer/study.yaml"),
        bar=None,
        called="breast-cancer",
        imports_once=True,
        alone=True,  # its model learns mean and variance from each fit's rows, which peers do not
    ),
)


def named(names: str | None) -> list[Workload]:
    """Those with the names given, parted by commas; all for None, none for an empty text."""
    known = {one.name: one for one in ALL}
    wanted = list(known) if names is None else [name for name in names.split(",") if name]
    unknown: list[Any] = [name for name in wanted if name not in known]
    if unknown:
        raise SystemExit(f"there is no workload {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in wanted]
