"""The best estimator as a run trained it on all rows, brought back: it learned there, what made it is from here."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.base import is_classifier

from job.errors import UsageError
from job.python import loading
from job.results.runs import Run
from job.sklearn.remote.archives import Archives
from job.sklearn.turns import unnoticed
from job.store import has
from job.study import sklearn_private
from job.train import estimators


def of(run: Run, archives: Archives, standing: Any, y: Any) -> Any:
    """Return a run's refitted estimator.

    Args:
        run: complete.
        archives: wrote what the run was sent.
        standing: the estimator with the best params, not fitted.
        y: the search's targets.

    Raises:
        UsageError: the run has no model, or it can't be loaded here.
    """
    if not has(run.store, run.keys.model):
        raise UsageError(f"{run.keys.study}/{run.keys.run} has no model: its refit did not end; call fit again")
    written, own = archives.returned(run.store.read(run.keys.pipeline))
    with tempfile.TemporaryDirectory(prefix="tunejob-refitted-") as name:
        path = Path(name) / "pipeline.skops"
        path.write_bytes(written)
        found = loading.estimator(path, Path(), own)
        model = _model(run, Path(name) / "model.keras")
    _, step = estimators.last_step(found)
    _, given = estimators.last_step(standing)
    step.set_params(**given.get_params(deep=False))
    for one, other in zip(estimators.steps(standing), estimators.steps(found), strict=True):
        sklearn_private.copy_requests(one, other)
    one_hot = is_classifier(step) and np.ndim(y) == 2 and np.shape(y)[1] > 1
    step.joined(model, np.asarray(y)[:0] if one_hot else None)  # runs read them as labels
    return found


def _model(run: Run, path: Path) -> Any:
    """The Keras model, compiled where its file tells how. Python code in it is loaded from one's own disk alone."""
    path.write_bytes(run.store.read(run.keys.model))
    safe = "://" in run.store.url and not run.store.url.startswith("file:")
    with unnoticed(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
        try:
            return keras.models.load_model(path, safe_mode=safe)
        except Exception as error:  # noqa: BLE001  # Keras raises all kinds; told below
            why = error
        try:
            found = keras.models.load_model(path, compile=False, safe_mode=safe)
        except Exception as error:
            raise UsageError(
                f"the best model can't be loaded here: {type(error).__name__}: {error}\nIts scores are in "
                f"{run.keys.study}/{run.keys.run}; job.load of that, with store={run.store.url!r}, has more ways to."
            ) from error
    warnings.warn(
        f"best_estimator_.model_ is not compiled, as its file does not tell how ({type(why).__name__}: {why}); it "
        "predicts all the same.",
        UserWarning,
        stacklevel=2,
    )
    return found
