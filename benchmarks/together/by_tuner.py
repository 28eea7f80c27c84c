"""KerasTuner, with the folds in ``run_trial``, as its users write it."""

import tempfile
from typing import Any

import keras_tuner
import numpy as np

from benchmarks.together.clock import Clock
from benchmarks.together.given import Given


class Model(keras_tuner.HyperModel):
    """Has one choice, of the trial: so that it trains the very candidates that the others train."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.given = given

    def build(self, hp: Any) -> Any:
        """The model of a trial."""
        trial = hp.Choice("trial", list(self.given.trials))
        return self.given.build(**self.given.parts(trial)[0])


class Folds(keras_tuner.GridSearch):
    """Scores a trial by its mean over the folds."""

    def run_trial(self, trial: Any, given: Given, scores: list[Any], **_: Any) -> dict[str, float]:
        """Trains and scores every fold."""
        number = trial.hyperparameters.get("trial")
        x, y = given.data
        for fold in given.folds:
            train, test = given.rows(fold)
            model = self.hypermodel.build(trial.hyperparameters)
            model.fit(x[train], y[train], verbose=0, **given.parts(number)[1])
            scores.append((number, fold, given.score(y[test], model.predict(x[test], verbose=0))))
        return {"score": float(np.mean([score for of, _, score in scores if of == number]))}


def search(given: Given) -> dict[str, Any]:
    """Searches all trials."""
    given.warm_up()
    scores: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        tuner = Folds(
            Model(given),
            objective=keras_tuner.Objective("score", "max"),
            max_trials=len(given.trials),
            directory=folder,
        )
        tuner.search(given, scores, verbose=0)
        return {"search": clock.seconds, "scores": scores}
