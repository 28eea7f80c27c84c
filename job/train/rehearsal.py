"""One fit rehearsed before a thousand are trained: a step, the names it measures, and saving and loading its model."""

from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import keras
import numpy as np

from job.data.rows import Rows
from job.study import usercode
from job.study.mistakes import Mistake, Place, StudyMistakes, listed, nearest
from job.study.study import Callback, FitSettings
from job.study.usercode.signatures import ANY
from job.train import callbacks, outputs, saving, watching
from job.train.by_fit import FitRun
from job.train.failures import NotFinite
from job.train.fits import Build, FitRequest, Material
from job.train.outputs import Predictions
from job.train.patches import keras_state, private
from job.train.targets import ModelMistake

_NO_LOSS = (
    "build returned a model that was compiled without a loss, and adds none by add_loss; name one in build, such as "
    '`model.compile(optimizer, loss="mean_squared_error")`, or "binary_crossentropy" or '
    '"sparse_categorical_crossentropy" for classes.'
)
_PREDICTED = 256
"""Rows that an untrained model predicts."""


@dataclass(frozen=True, eq=False)
class Rehearsed:
    """What one step of training showed.

    Attributes:
        run: the fit, trained for one batch; it predicts as a trained one does.
        measured: names of what is measured, as callbacks may watch them; empty where the loss was not finite.
        note: a sentence for the user, or "".
    """

    run: FitRun
    measured: tuple[str, ...]
    note: str = ""


def step(request: FitRequest, build: Build, material: Material) -> Rehearsed:
    """Trains one batch, validation and early stopping included, without the study's callbacks.

    Nothing is traced, as that would take longer than the step; where the step fails so, it is tried traced.

    Raises:
        ModelMistake: early stopping watches what is not measured, or the model contradicts the task.
        Exception: whatever the step raises.
    """
    size = request.settings.batch_size
    settings = request.settings.model_copy(update={"callbacks": (), "epochs": 1})
    short = replace(request, settings=settings, train=request.train[:size], validation=request.validation[:size])
    try:
        return _stepped(FitRun(short, _eager(build), material))
    except ModelMistake:
        raise
    except Exception:  # noqa: BLE001  # some code runs only when it is traced; what fails then too is raised
        return _traced(FitRun(short, build, material))


def watched(found: Rehearsed, settings: FitSettings, material: Material) -> None:
    """Makes the study's callbacks, and compares what those of Keras watch with what is measured.

    Raises:
        StudyMistakes: one can't be made, or watches what is not measured: Keras would only warn, and never act.
    """
    mistakes: list[Mistake] = []
    for index, one in enumerate(settings.callbacks):
        place = ("fit", "callbacks", index)
        maker = usercode.load(one.path, material.folder, place)
        if isinstance(maker, keras.callbacks.Callback):
            message = f"`{one.path}` is a callback already made; name its class, as each fit has its own."
            mistakes.append(Mistake(place, message))
            continue
        mistakes += _not_taken(maker, one, place)
        arguments = callbacks.filled(one.arguments, "check", 0, 0)
        made = usercode.call(maker, one.path, material.folder, place, (), arguments)
        if not isinstance(made, keras.callbacks.Callback):
            message = f"`{one.path}` makes a {type(made).__name__}; allowed is a keras.callbacks.Callback."
            mistakes.append(Mistake(place, message))
        elif not one.path.startswith("keras."):
            break  # whatever it measures itself, those after it may watch
        elif found.measured and (monitor := _monitor(made)) and monitor not in found.measured:
            mistakes.append(Mistake(place, watching.not_measured(monitor, found.measured)))
    if mistakes:
        raise StudyMistakes("The study", mistakes)


def predictions(found: Rehearsed, rows: Rows, count: int) -> Predictions:
    """What the model says of ``count`` rows: of some of them, over and over, as what is said matters little.

    Raises:
        WrongShape, NotFinite: the outputs are none of the task's.
    """
    some = found.run.predict(found.run.request.test[:_PREDICTED])
    repeated = keras.tree.map_structure(lambda one: np.resize(one, (count, *one.shape[1:])), some)
    return outputs.read(repeated, found.run.reading, rows)


def saved(found: Rehearsed) -> str:
    """Saves and loads the model, and compares its predictions; says what is wrong, "" where nothing is."""
    return saving.rehearse(found.run)


def _traced(run: FitRun) -> Rehearsed:
    """As ``_stepped``; a loss that was forgotten is a mistake, as no trial can do without."""
    try:
        return _stepped(run)
    except ValueError as error:
        if private.NO_LOSS in str(error):
            raise ModelMistake(_NO_LOSS) from error
        raise


def _stepped(run: FitRun) -> Rehearsed:
    try:
        with keras_state.kept():
            run.fit()
    except NotFinite as error:
        if run.model is None:
            raise
        note = f"{error}, with {dict(run.request.params)}: such a fit fails"
        return Rehearsed(run, (), note)
    return Rehearsed(run, tuple(run.history))


def _eager(build: Build) -> Build:
    """A build whose model trains without being traced."""

    @wraps(build)
    def eager(**params: Any) -> Any:
        model = build(**params)
        if isinstance(model, keras.Model) and model.compiled:
            model.run_eagerly = True
        return model

    return eager


def _not_taken(maker: Any, callback: Callback, place: Place) -> list[Mistake]:
    """Arguments that a callback of Keras does not have: some take anything, and pass over what they don't know."""
    if not callback.path.startswith("keras."):
        return []
    takes = [one for one in usercode.parameters_of(maker) if one not in ("self", ANY)]
    wrong = [name for name in callback.arguments if name not in takes]
    told = f"it takes {listed(takes)}"
    return [
        Mistake((*place, name), f"`{callback.path}` has no `{name}`; {told}.{nearest(name, takes)}") for name in wrong
    ]


def _monitor(callback: Any) -> str | None:
    """What a callback of Keras watches; the learning rate is in the logs of some, and no metric."""
    if isinstance(callback, keras.callbacks.ModelCheckpoint) and not callback.save_best_only:
        return None
    found = getattr(callback, "monitor", None)
    return found if isinstance(found, str) and found != "learning_rate" else None
