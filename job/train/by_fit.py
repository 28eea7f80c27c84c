"""One fit, trained by Keras's own ``fit``: the way that is always right."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from job.data.rows import Array, Indices
from job.plan import identity
from job.results.line import FitFailure
from job.train import (
    adapt,
    building,
    callbacks,
    device_faults,
    failures,
    feeding,
    first_calls,
    fit_rows,
    log_tail,
    programs,
    pulse,
    resuming,
    spent,
    targets,
    watching,
    written,
)
from job.train.fits import Build, FitRequest, Material, Outputs, Reading, Trained
from job.train.groups import Checkpoint
from job.train.limits import OverLimit, limited
from job.train.patches import keras_state, optimizers, tensorflow_log
from job.train.programs import Programs
from job.train.ways import Way

_PREDICTED = 256  # rows at once, at least


def train(
    request: FitRequest,
    build: Build,
    material: Material,
    why: str = "goes by Keras fit",
    *,
    keep: bool = False,
    checkpoint: Checkpoint | None = None,
    kept: Programs | None = None,
) -> Trained:
    """Trains one fit.

    Args:
        request: the fit.
        build: the user's.
        material: of the study.
        why: one sentence: why it goes this way.
        keep: whether the trained weights are wanted too.
        checkpoint: where the state is kept every five minutes, or nothing.
        kept: models of other fits that this one may take where it builds the same; None where it may share nothing.

    Returns:
        What came of it; a fit that raises, is not finite or takes too long has a ``failure`` and no outputs.

    Raises:
        DeviceFault: the device failed, and not the fit.
    """
    return FitRun(request, build, material, why, checkpoint=checkpoint, kept=kept).result(keep=keep)


@dataclass
class FitRun:
    """One fit under way: what is known of it so far, so that a failure can still tell it."""

    request: FitRequest
    build: Build
    material: Material
    why: str = "goes by Keras fit"
    model: Any = None
    reading: Reading = field(default_factory=Reading)
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    predict_seconds: float = 0.0
    trace_seconds: float = 0.0
    checkpoint: Checkpoint | None = None
    kept: Programs | None = None
    wrote: tuple[str, ...] = ()
    verbose: int = 0
    learned: bool = False
    _key: str | None = None

    def result(self, *, keep: bool = False) -> Trained:
        """Trains and predicts; a failure is caught and kept."""
        failure, test, train = None, None, None
        began = perf_counter()
        with log_tail.kept() as tail, keras_state.kept():
            try:
                with limited(self.request.limit), self._writing():
                    self.fit()
                    test, train = self._predictions()
            except (Exception, SystemExit, OverLimit) as error:  # noqa: BLE001  # a failed fit is data
                device_faults.check(error)
                failure, test, train = failures.of(error, str(tail)), None, None
                self._forget()
                self.seconds = perf_counter() - began - self.predict_seconds - self.trace_seconds
        return self._trained(test, train, failure, keep=keep and failure is None)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Takes down what the study's callbacks write."""
        if not self.request.settings.callbacks:
            yield
            return
        with written.watched() as files:
            try:
                yield
            finally:
                self.wrote = written.left(files)

    def told(self) -> Trained:
        """What is known of a fit that succeeded, and predicted nothing."""
        return self._trained(None, None, None, keep=False)

    def fit(self) -> None:
        """Builds and trains ``model``.

        Raises:
            ModelMistake: build's model does not fit the study.
            NotFinite: a loss is not.
            OverLimit: it takes too long.
        """
        began = perf_counter()
        request = self.request
        own = callbacks.of(request, self.material)
        state = resuming.load(self.checkpoint, request)
        model, drawn = building.watched(self.build, request.build, request.seed)
        self.learned = bool(adapt.waiting(model))
        y, self.reading = targets.of(model, building.ready(model, self.material, request), self.material)
        self.model = self._settled(model, drawn)
        with self._tracing("train", "test"), tensorflow_log.traced_on_purpose():
            self._keras_fit(y, own, state)
        if programs.drew_globally():
            self._forget()
        self.seconds = perf_counter() - began - self.trace_seconds

    @contextmanager
    def _tracing(self, *kinds: str) -> Iterator[None]:
        """Counts what Keras spends tracing inside, and excuses its silence."""
        with pulse.excused("tracing"), first_calls.watched(self.model, *kinds) as traced:
            try:
                yield
            finally:
                self.trace_seconds += traced()
                spent.add("tracing", traced())

    def _settled(self, model: Any, drawn: Sequence[str]) -> Any:
        """The model to train: a kept one where the same was built before.

        A callback of the user's might change more of a model than its variables, so there each fit has its own.
        """
        if self.kept is None:
            return model
        if self.request.keep and self.learned:  # vocabularies are no variables: the model itself is wanted
            return self.kept.own(model)
        own = any(not one.path.startswith("keras.") for one in self.request.settings.callbacks)
        own |= bool(self.request.callbacks)
        if drawn or model.run_eagerly or own or optimizers.begins_from_weights(model.optimizer):
            return self.kept.own(model)
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        model, self._key = self.kept.settle(model, identity.canonical(self.request.build))
        return model

    def _forget(self) -> None:
        if self.kept is not None:
            self.kept.forget(self._key)

    def _keras_fit(self, y: Any, own: list[Any], state: resuming.State | None) -> None:
        settings, begin = self.request.settings, 0 if state is None else state.epoch
        feed, validation = (
            fit_rows.training(self.request, self.material, y),
            fit_rows.validation(self.request, self.material, y),
        )
        one_by_one = self.model.steps_per_execution == 1  # else Keras would run on into the next epoch
        self.model.fit(
            feed.epochs(settings.epochs, begin) if one_by_one else feed.one_epoch(),
            steps_per_epoch=feed.steps if one_by_one else None,
            epochs=settings.epochs,
            initial_epoch=begin,
            validation_data=None if validation is None else validation.epochs(1),
            validation_steps=None if validation is None else validation.steps,
            callbacks=[*own, watching.Watch(self.history, feed), *self._resuming(own, state)],
            shuffle=False,
            verbose=self.verbose,
        )

    def _resuming(self, own: list[Any], state: resuming.State | None) -> list[Any]:
        """Nothing is kept of a fit with callbacks of the user's choice: what they remember is theirs alone."""
        if self.checkpoint is None or self.request.settings.callbacks or self.request.callbacks:
            return []
        return [resuming.Resuming(self.request, self.checkpoint, state, next(iter(own), None), self.history)]

    def _predictions(self) -> tuple[Outputs | None, Outputs | None]:
        began, before = perf_counter(), self.trace_seconds
        request = self.request
        with self._tracing("predict"):
            test = self.predict(request.test) if len(request.test) else None
            train = self.predict(np.concatenate([request.train, request.validation])) if request.predict_train else None
        self.predict_seconds = perf_counter() - began - (self.trace_seconds - before)
        return test, train

    def predict(self, rows: Indices) -> Outputs:
        """The trained model's raw outputs for rows."""
        size = max(self.request.settings.batch_size, _PREDICTED)
        feed = feeding.Feed(self.material.X, rows, size, purpose="predict")
        with tensorflow_log.traced_on_purpose(), keras_state.every_step():
            found = self.model.predict(feed.one_epoch(), verbose=0)
        return tuple(found) if isinstance(found, list) else found

    def _trained(
        self, test: Outputs | None, train: Outputs | None, failure: FitFailure | None, *, keep: bool
    ) -> Trained:
        return Trained(
            request=self.request,
            history=self.history,
            test_outputs=test,
            train_outputs=train,
            reading=self.reading,
            epochs=max(map(len, self.history.values()), default=0),
            seconds=self.seconds,
            predict_seconds=self.predict_seconds,
            way=Way.FIT,
            why=self.why,
            failure=failure,
            trace_seconds=self.trace_seconds,
            wrote=self.wrote,
            weights=self.model.get_weights() if keep else None,
            variables=self.variables() if self.request.keep and failure is None else None,
        )

    def variables(self) -> list[Array]:
        """Values of the model's trainable variables, then of the others."""
        return [np.array(one.numpy()) for one in (*self.model.trainable_variables, *self.model.non_trainable_variables)]
