"""From a trial and a fold to a request: everything that decides one fit, as a value."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from job.data.rows import Fold, Indices, Rows
from job.errors import UsageError
from job.plan import identity
from job.plan.plan import Facts, Trial
from job.study import params
from job.study.study import FitSettings, Study
from job.train import order
from job.train.fits import FitRequest

REFIT = -1
"""The fold number of the refit, which trains on all rows."""


def make(study: Study, facts: Facts, trial: Trial, fold_number: int, fold: Fold, rows: Rows) -> FitRequest:
    """Makes the request for one fit.

    An estimator judges its settings by itself, as the user's function may have set others, such as validation rows.

    Args:
        study: as planned.
        facts: as prepared.
        trial: one of the plan's.
        fold_number: from 0.
        fold: its rows.
        rows: the study's.

    Raises:
        UsageError: the fit's settings contradict the data: class weights for what has no classes, an unknown label, a
            validation split that leaves no row, early stopping by what is not measured.
    """
    build, settings = params.split(study, facts.build_parameters, trial.params)
    train, validation = order.held_out(fold.train, settings.validation_split)
    if not len(train) or (settings.validation_split and not len(validation)):
        raise UsageError(
            f"fit.validation_split: {settings.validation_split:g} of {len(fold.train)} training rows leaves "
            f"{len(train)} to train on and {len(validation)} to validate on; allowed is what leaves some of both."
        )
    if not facts.estimator:
        check_monitor(settings)
    return FitRequest(
        identity=identity.fit(study, facts, trial.params, fold),
        trial=trial.number,
        fold=fold_number,
        params=trial.params,
        build=build,
        settings=settings,
        train=train,
        validation=validation,
        test=fold.test,
        class_weight=None if facts.estimator else class_weight_of(settings, rows, fold.train),
        seed=identity.seed(study.seed, trial.params, identity.train_rows(fold)),
        predict_train=study.return_train_score and fold_number != REFIT,
        limit=study.limits.fit,
    )


def refit(study: Study, facts: Facts, trial: Trial, rows: Rows) -> FitRequest:
    """Makes the request that trains as a fold does, on all rows, and predicts none."""
    everything = Fold(train=np.arange(len(rows)), test=np.arange(0))
    return make(study, facts, trial, REFIT, everything, rows)


def check_monitor(settings: FitSettings) -> None:
    """Raises UsageError for early stopping by what no fit measures."""
    stopping = settings.early_stopping
    if stopping is not None and stopping.monitor.startswith("val_") and not settings.validation_split:
        raise UsageError(
            f"fit.early_stopping watches {stopping.monitor}, and no rows are held out to measure it on; add "
            "`validation_split: 0.2` to fit, or watch what is measured on training rows, such as `monitor: loss`."
        )


def class_weight_of(settings: FitSettings, rows: Rows, train: Indices) -> Mapping[int, float] | None:
    """Weights by class index: "balanced" as scikit-learn does it on these training rows; else by labels."""
    given = settings.class_weight
    if given is None:
        return None
    if rows.classes is None or rows.task == "multilabel":
        raise UsageError(
            f"fit.class_weight: the task is {rows.task} ({rows.why}), which has no classes to weigh; leave it out, or "
            "give sample_weight with the data."
        )
    if given == "balanced":
        indices = rows.encoded[train]
        there = np.unique(indices)
        weights = compute_class_weight("balanced", classes=there, y=indices)
        return {int(index): float(weight) for index, weight in zip(there, weights, strict=True)}
    return {_index(label, rows.classes): float(weight) for label, weight in given.items()}


def _index(label: Any, classes: Any) -> int:
    """The index of a class by its label; YAML's ``1`` and ``"1"`` both name the class 1."""
    labels = classes.tolist()
    for found in (label, *(one for one in labels if str(one).lower() == str(label).lower())):
        if found in labels:
            return int(labels.index(found))
    raise UsageError(f"fit.class_weight: there is no class {label!r}; the classes are {', '.join(map(repr, labels))}.")
