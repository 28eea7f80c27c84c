"""A launcher whose workers make their scores up, for retunes: any number of folds, any score of any params."""

import json

import numpy as np
from plan import made_plan

from job.data import folds as fold_numbers
from job.data.profile import Column, Profile
from job.data.rows import Fold
from job.errors import DataError, Missing
from job.plan import stored
from job.results.line import FitFailure, FitLine, dump_lines
from job.store.keys import prepared
from job.study import splitters

ROWS = 100


class Killed(BaseException):
    """The controller's end, at a place of the test's choosing."""


class Dying:
    """A store of which n writes are done, and at the next one its process dies; ``done`` counts them."""

    def __init__(self, store, writes):
        self._store, self._left, self.done = store, writes, 0

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if name not in ("create", "write", "delete", "swap"):
            return found

        def call(*arguments):
            self._left -= 1
            if self._left < 0:
                raise Killed
            self.done += 1
            return found(*arguments)

        return call


class Workers:
    """Scores come from ``score(params)`` with a little noise of each fold; what raises fails."""

    running_seconds = 0.0

    def __init__(self, store, score, *, data="data 1", poisoned=False, scoring="accuracy", rows=ROWS, estimator=False):
        self.store, self.score, self.data, self.poisoned, self.scoring = store, score, data, poisoned, scoring
        self.rows, self.estimator = rows, estimator
        self.prepared, self.trained, self.refitted = 0, 0, 0

    def prepare(self, study, nonce, *, measure):
        self.prepared += 1
        if self.poisoned:
            raise DataError("column 3 holds no number")
        x, y = np.zeros((self.rows, 1)), np.arange(self.rows) % 2
        folds = [Fold(*pair) for pair in splitters.build(study, "binary").split(x, y)]
        column = Column(low=0.0, high=float(self.rows), mean=self.rows / 2)
        facts = made_plan.facts(
            fingerprint=self.data, folds_digest=f"{self.data} {study.cv} {study.seed}", rows=self.rows,
            fold_sizes=tuple((len(one.train), len(one.test)) for one in folds), scoring=(self.scoring,),
            estimator=self.estimator, build_parameters=() if self.estimator else ("units", "learning_rate"),
            profile=Profile(rows=self.rows, classes={"0": 0.5, "1": 0.5}, columns={"X": column}),
        )  # fmt: skip
        self.store.write(prepared(study.name, nonce, "folds.npz"), fold_numbers.save(folds))
        self.store.write(prepared(study.name, nonce, "prepare.json"), facts.model_dump_json().encode())

    def shards(self, keys, plan, missing):
        for number in missing:
            yield None
            trials = [one for one in stored.shard(self.store, keys, number).trials if one.twin is None]
            lines = [self.line(one, fold) for one in trials for fold in range(plan.folds)]
            self.trained += len(lines)
            self.store.create(keys.result(number, "group"), dump_lines(lines))

    def line(self, trial, fold):
        error, scores = None, {}
        try:
            noise = np.random.default_rng([fold, len(str(trial.params))]).normal() / 1000
            scores = {self.scoring: self.score(trial.params) + noise}
        except ValueError as wrong:
            error = FitFailure(kind="ValueError", message=str(wrong))
        return FitLine(
            identity=f"{trial.number}-{fold}", trial=trial.number, fold=fold, params=dict(trial.params),
            scores=scores, fit_seconds=1.0, score_seconds=0.1, train_rows=80, test_rows=20, epochs=1, history={},
            way="fit", why="", group="group", attempt=1, finished="2026-01-01T00:00:00+00:00", error=error,
        )  # fmt: skip

    def refit(self, keys):
        self.refitted += 1
        if self.estimator:
            self.store.write(keys.pipeline, f"what is around the model of {keys.run}".encode())
        try:
            number = json.loads(self.store.read(keys.chosen))["trial"]
        except Missing:
            number = None
        self.store.write(keys.refit, json.dumps({"trial": number}).encode())
        model = f"a model of {keys.run}" if number in (None, 1) else f"a model of trial {number} of {keys.run}"
        self.store.write(keys.model, model.encode())

    def stop(self):
        pass


class Watching:
    """Remembers what it was told."""

    def __init__(self):
        self.said = []

    def say(self, sentence):
        self.said.append(sentence)

    def planned(self, plan, study):
        pass

    def seen(self, seen):
        pass

    def ended(self, table):
        pass
