"""A planned run in a folder, and workers on it: the command that pods and the local launcher start."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from job.data import folds as fold_numbers
from job.plan import identity as identities
from job.plan import stored
from job.plan.plan import Plan
from job.results import line as lines_format
from job.results.line import FitLine
from job.results.lost_fits import LostFit
from job.store import Store, open_store
from job.store.keys import RunKeys
from job.study import reading
from job.work import attempts
from job.work.facts import prepare

MODEL = """
import keras

def build(units):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model
"""

DATA = """
import numpy as np

def load():
    X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    return X, (X.sum(1) > 0).astype(int)
"""

STUDY = """
name: small
model: model:build
data: data:load
search: grid
space: {units: [2, 3, 4]}
cv: {StratifiedShuffleSplit: {n_splits: 1, random_state: 0}}
"""

CALLBACK = """
import os
import signal
import sys
import time

import keras

def tell():
    with open(os.environ["TOLD"], "w") as pipe:  # until somebody reads
        pipe.write(f"{os.getpid()}\\n")

def hear():
    with open(os.environ["HEARD"]) as pipe:  # until somebody writes
        pipe.read()

class Harm(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if self.model.layers[0].units == 3 and epoch == 0:
            self.harm()

    def harm(self):
        HARM
"""
"""Does harm in the fits of 3 units; fits with callbacks of the user's own are trained one by one."""

AS_IN_A_POD = {"TUNEJOB_FORKS": ""}
"""A variable of workers whose processes import TensorFlow themselves."""


@dataclass
class Run:
    """A planned run.

    Attributes:
        folder: of the study.
        plan: as stored.
        environment: of its workers.
    """

    folder: Path
    plan: Plan
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The store."""
        return str(self.folder / "runs")

    @property
    def store(self) -> Store:
        """The store."""
        return open_store(self.url)

    @property
    def keys(self) -> RunKeys:
        """The run's."""
        return RunKeys(self.plan.study, self.plan.run)

    @property
    def shards(self) -> list[int]:
        """All shards, in the order of their trials."""
        found = {number: stored.shard(self.store, self.keys, number) for number in range(self.plan.shards)}
        return sorted(found, key=lambda number: found[number].trials[0].number)

    def lost_fits(self) -> list[LostFit]:
        """What is known against fits that have no result."""
        done = {line.identity for line in self.lines()}
        return [
            loss for shard in self.shards for loss in attempts.lost_fits(self.store, self.keys, shard, done).values()
        ]

    def lines(self) -> list[FitLine]:
        """All stored fits, by trial and fold."""
        found = self.store.read_many(entry.key for entry in self.store.list(self.keys.results_prefix))
        return sorted(
            (one for _, data in found for one in lines_format.load_lines(data)), key=lambda one: (one.trial, one.fold)
        )

    def start(self, *options: str, fed: bool = True, **variables: str) -> "Worker":
        """Starts a worker and, if wanted, feeds it all shards."""
        more = ["--shards-from-input"] if fed else []
        command = [sys.executable, "-P", "-m", "job", "work", "--store", self.url, "--code", str(self.folder)]
        named = ["--study-name", self.plan.study, "--run", self.plan.run]
        log = (self.folder / "worker.log").open("ab")
        process = subprocess.Popen(
            [*command, *named, *more, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"} | self.environment | variables,
        )  # fmt: skip
        log.close()
        assert process.stdin is not None
        process.stdin.write("".join(f"{shard}\n" for shard in self.shards) + "\n")
        process.stdin.flush()
        return Worker(process)

    def work(self, *options: str, fed: bool = True, **variables: str) -> "Ended":
        """A worker to its end."""
        return self.start(*options, fed=fed, **variables).end()

    @property
    def log(self) -> str:
        """What all workers wrote to standard error."""
        return (self.folder / "worker.log").read_text(errors="replace")


@dataclass(frozen=True)
class Ended:
    """How a worker ended: its exit code, and what it told on standard output."""

    code: int
    told: list[dict[str, Any]]

    @property
    def done(self) -> list[int]:
        """Shards it told to be done."""
        return [one["done"] for one in self.told if "done" in one]

    @property
    def error(self) -> str:
        """The message it ended with."""
        return str(self.told[-1]["error"]["message"])


@dataclass
class Worker:
    """A worker under way."""

    process: "subprocess.Popen[str]"

    def end(self) -> Ended:
        """Waits for its end."""
        output, _ = self.process.communicate(timeout=300)
        return Ended(self.process.returncode, [json.loads(line) for line in output.splitlines()])


def planned(folder: Path, changes: Mapping[str, str] | None = None, **texts: str) -> Run:
    """Plans a study in a folder as a controller would: each trial is a shard.

    Args:
        folder: where to.
        changes: of the study's text, each from what is there.
        texts: of modules beside it, by name; ``model`` and ``data`` have defaults.
    """
    for name, text in ({"model": MODEL, "data": DATA} | texts).items():
        (folder / f"{name}.py").write_text(text)
    text = STUDY
    for before, after in (changes or {}).items():
        assert before in text
        text = text.replace(before, after)
    (folder / "study.yaml").write_text(text)
    study = reading.parse(text, "study.yaml")
    facts, folds = prepare(study, folder)
    return Run(folder, stored.write(open_store(str(folder / "runs")), study, facts, fold_numbers.save(folds), 1))


def harmful(folder: Path, harm: str, changes: Mapping[str, str] | None = None) -> Run:
    """A run whose fits of 3 units do something (Python, with ``tell`` and ``hear``) after their first epoch."""
    fit = {"cv:": "fit: {epochs: 2, callbacks: ['harm:Harm']}\ncv:"}
    assert not fit.keys() & dict(changes or {}).keys()
    return planned(folder, fit | dict(changes or {}), harm=CALLBACK.replace("HARM", harm))


def identity(run: Run, trial: int) -> str:
    """The identity of a trial's first fit."""
    study = reading.parse((run.folder / "study.yaml").read_text(), "study.yaml")
    fold = stored.folds(run.store, run.keys)[0]
    trials = stored.shard(run.store, run.keys, run.shards[trial]).trials  # each trial is a shard
    return identities.fit(study, run.plan.facts, trials[0].params, fold)


def pipe(folder: Path, name: str) -> Path:
    """A named pipe."""
    path = folder / name
    os.mkfifo(path)
    return path


def read(path: Path) -> str:
    """What somebody writes to a named pipe: waits for it."""
    with path.open() as opened:
        return opened.read()


def write(path: Path, text: str = "go\n") -> None:
    """Writes to a named pipe: waits for somebody who reads."""
    opened: IO[str]
    with path.open("w") as opened:
        opened.write(text)
