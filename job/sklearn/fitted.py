"""What a fitted estimator holds: the model, made when it is first asked for, and how its outputs are read."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import keras
import numpy as np

from job.data.rows import Array, Inputs, Rows
from job.sklearn import meeting, models, saved
from job.sklearn import rows as rows_of
from job.sklearn.asks import Answer
from job.train import failures, feeding, outputs
from job.train.fits import Outputs, Reading
from job.train.outputs import Predictions
from job.train.patches import keras_state, private, tensorflow_log

_EAGER = 16_384  # rows up to which a trace is not worth its time
_ROWS = 4096  # of one call
_BATCH = 1024
_ELSEWHERE = b"in a file of its own"
"""In place of a model's bytes."""


@dataclass(eq=False)
class Fitted:
    """A trained model.

    Attributes:
        answer: of training; None once loaded, but where Keras can't read the model's own file.
        target: as ``Rows`` without rows: task, classes, the shape of y.
        reading: how outputs are read.
    """

    answer: Answer | None
    target: Rows
    reading: Reading
    _model: Any = field(default=None, repr=False)
    _bytes: bytes = field(default=b"", repr=False)
    _own: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, answer: Answer, rows: Rows) -> "Fitted":
        """What came of training on some rows."""
        none, encoded, given = (one[:0].copy() for one in (rows.y, rows.encoded, rows.given))  # a view holds all rows
        target = Rows((), none, encoded, None, None, rows.task, rows.classes, rows.why, given, ())
        return cls(answer, target, answer.reading)

    def model(self) -> Any:
        """The Keras model."""
        if self._model is None:
            self._model = meeting.done_there(self._made)
        return self._model

    def predictions(self, X: Inputs) -> Predictions:
        """What the model says of some rows.

        Raises:
            NotFinite: it says NaN, or infinity.
        """
        return outputs.read(self.raw(X), self.reading, self.target)

    def raw(self, X: Inputs) -> Outputs:
        """The model's outputs."""
        return meeting.done_there(lambda: forward(self._at_hand(), X))

    def saved(self) -> bytes:
        """The model as a ``.keras`` file."""
        if self._model is None and self._bytes:
            return self._bytes
        with tempfile.TemporaryDirectory(prefix="tunejob-") as folder:
            path = Path(folder) / "model.keras"
            self._ready().save(path)
            return path.read_bytes()

    def parted(self) -> "Fitted":
        """How outputs are read, without the model."""
        return Fitted(None, self.target, self.reading, _bytes=_ELSEWHERE)

    def joined(self, model: Any, given: Array | None = None) -> None:
        """Takes the model that lay in a file of its own, and the form of y, no rows of it, if that is another."""
        self._model, self._bytes, self._own = model, b"", b""
        if given is not None:
            self.target = replace(self.target, given=given)

    def _at_hand(self) -> Any:
        """The model of this fit, or while others are fitted one that fits of its recipe share."""
        kept = meeting.cache()
        if self._model is not None or kept is None or self.answer is None or self.answer.model is not None:
            return self.model()
        return kept.models.with_values(self.answer)

    def _made(self) -> Any:
        if self.answer is not None:
            return self.answer.model or models.made(self.answer)
        if not self._bytes:
            answer = saved.unpickled(self._own)
            made, self.answer = models.made(answer), answer
            return made
        return saved.loaded(self._bytes, self._own)

    def _ready(self) -> Any:
        """The model, with an optimizer that Keras can write."""
        model = self.model()
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        return model

    def _packed(self) -> tuple[bytes, bytes]:
        """The model's file and its own code; or no file, and what makes the model where Keras can't read its own."""
        if self._model is None and (self._bytes or self._own):
            return self._bytes, self._own
        model = self._ready()
        try:
            data, own = saved.of_model(model)
            if own:
                saved.loaded(data, own)
        except Exception as error:
            if self.answer is None or self.answer.model is not None:
                raise ValueError(
                    f"the trained model can't be saved: Keras can't make it again from its config "
                    f"({failures.brief(error)}). Give its class a get_config, and an __init__ that takes **kwargs "
                    "and hands them to super().__init__."
                ) from error
            variables = [*model.trainable_variables, *model.non_trainable_variables]
            values = [keras.ops.convert_to_numpy(one) for one in variables]
            return b"", cloudpickle.dumps(replace(self.answer, variables=values))
        return data, own

    def __getstate__(self) -> dict[str, Any]:
        data, own = self._packed()
        return {"answer": None, "target": self.target, "reading": self.reading, "_bytes": data, "_own": own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _model=None)


def forward(model: Any, X: Inputs) -> Outputs:
    """A model's outputs for rows: few of them without a trace, which would take longer."""
    n = rows_of.count(X)
    if n > _EAGER or type(model).predict_step is not keras.Model.predict_step or "predict" in vars(type(model)):
        with tensorflow_log.traced_on_purpose(), keras_state.every_step():
            found = model.predict(feeding.take(X, slice(None)), batch_size=_BATCH, verbose=0)
        return tuple(found) if isinstance(found, list) else found
    parts = [
        keras.tree.map_structure(keras.ops.convert_to_numpy, _called(model, X, np.arange(at, min(n, at + _ROWS))))
        for at in range(0, n, _ROWS)
    ]
    whole = keras.tree.map_structure(lambda *several: np.concatenate(several), *parts)
    return tuple(whole) if isinstance(whole, list) else whole


def _called(model: Any, X: Inputs, rows: Array) -> Any:
    given = feeding.tensors(X, rows)
    return model(given, training=False) if private.takes_training(model) else model(given)
