"""One estimator made, fitted, scored and saved, so that a broken one fails here and not in a thousand fits."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from job.errors import DataError, UsageError
from job.plan.plan import ForeseenWay, Trial
from job.study import search
from job.study.mistakes import Mistake, StudyMistakes
from job.study.study import Study
from job.study.usercode.signatures import ANY, parameters_of
from job.train import device_faults, estimator_saving, estimators, pulse, requests
from job.train.estimator_trainer import EstimatorTrainer, TrainedEstimator
from job.work import scoring_check
from job.work.model_check import FIT_FAILS, Loaded, cause_of, dropped, spread

_TRIED = 5
"""Trials whose params the function is called with, to see what it returns."""


def is_meant(build: Any, study: Study, folder: Path) -> bool:
    """Say whether the study's function returns an estimator; it is called only where its code names one of ours."""
    if not callable(build) or not estimators.may_be_made_by(build):
        return False
    takes = parameters_of(build)
    for params in _some(study, folder):
        with suppress(Exception):  # what it raises is told where the model is looked at
            made = build(**{name: value for name, value in params.items() if name in takes or ANY in takes})
            return estimators.is_one(made)
    return False


def _some(study: Study, folder: Path) -> list[dict[str, Any]]:
    try:
        return list(islice(search.candidates(study, folder), _TRIED))
    except StudyMistakes:  # of the space, which are told where that is looked at
        return []


def one_estimator(loaded: Loaded) -> tuple[tuple[str, ...], list[str]]:
    """Makes estimators from all over the search, and fits, scores and saves one.

    Returns:
        The names of its scores, and sentences for the user.

    Raises:
        StudyMistakes: what of the study such estimators do not take, or a ``refit`` that names none of its scores.
        UsageError: a parameter that none takes, or one that can't be saved.
        DataError: making one raised for every trial that was tried.
    """
    study, facts, build, rows, folds = loaded.study, loaded.facts, loaded.build, loaded.rows, loaded.folds
    if mistakes := list(_not_for_estimators(study)):
        raise StudyMistakes("The study", mistakes)
    trial, raised = _makeable(loaded)
    request = requests.make(study, facts, trial, 0, folds[0], rows)
    trainer = EstimatorTrainer(build, study, rows, loaded.scorers, epochs=1)
    (found,) = trainer.train(next(trainer.groups([request])))
    assert isinstance(found, TrainedEstimator)  # noqa: S101  # that trainer gives no other
    estimator = estimators.made(build, study, trial.params, request.seed, epochs=1)
    kinds = " → ".join(type(step).__name__ for step in estimators.steps(estimator))
    notes = [f"scikit-learn fits {kinds} as it is written, on each fold's training rows alone", *raised]
    if found.failure is not None:
        what = f"{found.failure.kind}: {found.failure.message}"
        if isinstance(study.refit, str) and study.refit not in facts.scoring:
            told = f"fitting one fails, so that no scores are there, `{study.refit}` among them; with"
            raise StudyMistakes("The study", [Mistake(("refit",), f"{told} {dict(trial.params)}: {what}")])
        return facts.scoring, [*notes, f"{FIT_FAILS}, with {dict(trial.params)}: {what}"]
    names = tuple(found.scored.scores)
    if mistakes := list(scoring_check.misnamed(study, names)):
        raise StudyMistakes("The study", mistakes)
    if study.refit is not False:
        with tempfile.TemporaryDirectory(prefix="tunejob-") as folder, pulse.excused("saving an estimator"):
            estimators.fit(estimator, rows, request.train)
            estimator_saving.save(estimator, Path(folder))
            estimator_saving.check(estimator, Path(folder), rows, request.test)
    return names, notes


def ways() -> tuple[ForeseenWay, ...]:
    """Tells how fits of estimators are trained."""
    why = "the Keras parts of many fits train together; each result line says which way its own was trained"
    return (ForeseenWay(fits="all", way="estimator", why=why),)


def _not_for_estimators(study: Study) -> Iterator[Mistake]:
    for place, one in enumerate(study.scoring):
        if not isinstance(one, str):
            told = (
                "a scorer of `outputs` reads a Keras model's own outputs; of an estimator name scikit-learn's scorers"
            )
            yield Mistake(("scoring", place), f"{told}, or `module:name` of a function (estimator, X, y).")
    if study.limits.fit is not None:
        told = "a fit of an estimator can't be stopped amid its preprocessing; `run` bounds the whole run."
        yield Mistake(("limits", "fit"), told)
    for name in ("targets", "threshold"):
        if getattr(study, name) is not None:
            told = f"an estimator has its own: give `{name}` to KerasClassifier or KerasRegressor."
            yield Mistake((name,), told)


def _makeable(loaded: Loaded) -> tuple[Trial, list[str]]:
    """The first trial whose estimator can be made, and a note on those whose can't; all must take their params."""
    study, good, causes = loaded.study, list[Trial](), list[tuple[str, Mapping[str, Any]]]()
    for trial in spread(study, loaded.facts):
        try:
            estimators.made(loaded.build, study, trial.params, 0)
            good.append(trial)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever the user's code raises is told below
            device_faults.check(error)
            causes.append((cause_of(error, loaded.folder), trial.params))
    if not good:
        raise DataError(
            f"No estimator can be made: `{study.model}` raised for every trial that was tried: {causes[0][0]}"
        )
    return good[0], dropped(f"`{study.model}`", causes, len(good) + len(causes))
