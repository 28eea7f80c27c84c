"""What all shards of a run share, loaded once by a worker: the study, its rows, its folds, its model and scorers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.data import folds as fold_numbers
from job.data import loading
from job.data.rows import Fold, Rows
from job.plan import stored
from job.plan.plan import Facts
from job.results import predictions
from job.store import Store
from job.store.keys import RunKeys
from job.study import reading
from job.study.study import Study
from job.train import importing, pulse
from job.train.estimator_trainer import EstimatorTrainer
from job.train.fits import Build, Material
from job.train.trainer import Trainer
from job.work.rulings import SHARDS, StoredRulings
from job.work.study_parts import scorers_of


@dataclass(frozen=True, eq=False)
class RunContext:
    """A run as its workers see it.

    ``most_kept`` is how many bytes of what a fit's model predicted are kept.
    """

    study: Study
    facts: Facts
    rows: Rows
    folds: Sequence[Fold]
    material: Material
    build: Build
    trainer: Trainer | EstimatorTrainer
    scorers: Mapping[str, Any]
    folder: Path
    most_kept: int


def load(store: Store, keys: RunKeys, folder: Path, *, in_pod: bool = False) -> RunContext:
    """Reads the run's study and folds from the store, and the user's model and data from ``folder``.

    Args:
        store: where the run lies.
        keys: the run's.
        folder: where the user's code lies.
        in_pod: whether this process does one shard and ends.

    Raises:
        UsageError, DataError: the user's code or data is not what was prepared.
        StoreError: the run is not in the store.
    """
    study = reading.parse(store.read(keys.study_yaml).decode(), keys.study_yaml)
    facts, plan = stored.facts(store, keys), stored.plan(store, keys)
    build = importing.model(study, folder)
    with pulse.excused("loading data"):
        rows = loading.load(study, folder, frames=facts.estimator)
    folds = fold_numbers.read(store.read(keys.folds))
    material = Material.of(rows, study, folder, keys.run)
    scorers = scorers_of(study, rows, folder)
    return RunContext(
        study=study,
        facts=facts,
        rows=rows,
        folds=folds,
        material=material,
        build=build,
        trainer=(
            EstimatorTrainer(build, study, rows, scorers)
            if facts.estimator
            else Trainer(build, material, rulings=StoredRulings(store, keys, 1 if in_pod else SHARDS))
        ),
        scorers=scorers,
        folder=folder,
        most_kept=predictions.most(plan.fits) if plan is not None else 0,
    )
