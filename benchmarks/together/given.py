"""A search as its peers are given it: trials, folds and rows. Nothing of tunejob is imported here."""

import importlib
import json
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

FIT = ("batch_size", "epochs")


@dataclass(frozen=True)
class Given:
    """A search, or some trials and folds of it.

    Attributes:
        folder: where model.py and data.py lie.
        scoring: accuracy or r2.
        fit: what the fit takes, but for what a trial says itself.
        trials: params by the trial's number.
        folds: row numbers to train and to test on, by the fold's number.
        seeds: of each trial and fold.
    """

    folder: str
    scoring: str
    fit: dict[str, Any]
    trials: dict[int, dict[str, Any]]
    folds: dict[int, tuple[list[int], list[int]]]
    seeds: dict[str, int]

    def dump(self, path: Path) -> None:
        """Writes it for another process."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: str) -> "Given":
        """Reads what ``dump`` wrote."""
        found = json.loads(Path(path).read_text())
        for name in ("trials", "folds"):
            found[name] = {int(number): value for number, value in found[name].items()}
        return cls(**found)

    @cached_property
    def data(self) -> Any:
        """X, y."""
        return self._module("data").load()

    @cached_property
    def build(self) -> Any:
        """The user's function."""
        return self._module("model").build

    def _module(self, name: str) -> Any:
        if self.folder not in sys.path:
            sys.path.insert(0, self.folder)
        return importlib.import_module(name)

    def parts(self, trial: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """What of a trial's params goes to ``build`` and what to ``fit``."""
        params = self.trials[trial]
        build = {name: value for name, value in params.items() if name not in FIT}
        fit = self.fit | {name: value for name, value in params.items() if name in FIT}
        if "early_stopping" in fit:
            import keras

            fit["callbacks"] = [keras.callbacks.EarlyStopping(**fit.pop("early_stopping"))]
        return build, fit

    def space(self, estimator: Any, *, scaled: int) -> tuple[Any, list[dict[str, Any]]]:
        """What a search takes: the estimator, after a StandardScaler where ``scaled``, and grids of one trial each."""
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        prefix = f"{type(estimator).__name__.lower()}__" if scaled else ""
        grids = [{prefix + name: [value] for name, value in params.items()} for params in self.trials.values()]
        return make_pipeline(StandardScaler(), estimator) if scaled else estimator, grids

    def rows(self, fold: int) -> tuple[Any, Any]:
        """Row numbers to train and to test on."""
        train, test = self.folds[fold]
        return np.array(train), np.array(test)

    def scores(self, results: dict[str, Any]) -> list[tuple[int, int, float]]:
        """Trial, fold and score of each fit, from a search's ``cv_results_`` in the order of the trials."""
        splits = [results[f"split{place}_test_score"] for place in range(len(self.folds))]
        return [
            (trial, fold, float(splits[place][at]))
            for at, trial in enumerate(self.trials)
            for place, fold in enumerate(self.folds)
        ]

    def score(self, y: Any, predicted: Any) -> float:
        """The score of what a model predicts, as scikit-learn has it."""
        from sklearn import metrics

        if self.scoring == "r2":
            return float(metrics.r2_score(y, predicted[:, 0]))
        labels = predicted[:, 0] > 0.5 if predicted.shape[1] == 1 else predicted.argmax(axis=1)
        return float(metrics.accuracy_score(y, labels))

    def warm_up(self) -> None:
        """Trains one epoch, uncounted: what a process pays once is not scaled with the fits."""
        build, fit = self.parts(next(iter(self.trials)))
        x, y = self.data
        self.build(**build).fit(x[:256], y[:256], verbose=0, **(fit | {"epochs": 1}))
