"""What both estimators have: a fit handed to training, and what came of it."""

import copy
import shutil
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from job.data.rows import Array, Rows
from job.errors import TunejobError
from job.sklearn import meeting, saved, wording
from job.sklearn import rows as rows_of
from job.sklearn.asking import Asking
from job.sklearn.asks import Answer, Ask
from job.sklearn.fitted import Fitted
from job.sklearn.multi_input import MultiInput
from job.sklearn.training import FitFailed
from job.train import failures, waits
from job.train.outputs import Predictions


class KerasEstimator(Asking):
    """What both have; see ``KerasClassifier``."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains a new model.

        Args:
            X: n rows: an array of any rank, a DataFrame, a list of texts, a dict or tuple of arrays.
            y: (n,) or (n, k).
            sample_weight: (n,) or None.

        Raises:
            ValueError: a parameter, the rows or the model can't be what they are; says what is allowed.
            Exception: whatever Keras raises while it trains.
        """
        told = self.__dict__.pop("_foretold", None)
        try:
            ask, answer = self._trained(X, y, sample_weight) if told is None else self._told(X, *told)
        except TunejobError as error:
            raise ValueError(wording.told(str(error), type(self))) from error
        except FitFailed as error:
            if (said := wording.told(str(error), type(self))) == str(error):
                raise
            raise FitFailed(said) from error
        self._keep(ask.rows, answer)
        return self

    def _trained(self, X: Any, y: Any, sample_weight: Any) -> tuple[Ask, Answer]:
        ask = self._asked(X, y, sample_weight)
        try:
            return ask, meeting.asked(ask)
        except Exception as error:
            if (found := _in_words(ask, error)) is error:
                raise
            raise found from error

    def _told(self, X: Any, ask: Ask, answer: Answer | Exception) -> tuple[Ask, Answer]:
        """What was trained beforehand."""
        if isinstance(answer, Exception):
            found = _in_words(ask, answer)
            raise found from (None if found is answer else answer)
        if _has_columns(X):
            validate_data(self, X, skip_check_array=True)
        waits.add(answer.seconds)
        return ask, answer

    def foretell(self, ask: Ask, answer: Answer | Exception) -> None:
        """Hands over what the next ``fit`` will find."""
        self._foretold = (ask, answer)

    def _keep(self, found: Rows, answer: Answer) -> None:
        self._fitted = Fitted.of(answer, found)
        self.history_ = {name: list(values) for name, values in answer.history.items()}
        self.way_ = answer.way.value
        self.trained_by_ = f"{answer.way.value}: {answer.why}"
        self.n_outputs_ = 1 if found.y.ndim == 1 else found.y.shape[1]

    @property
    def model_(self) -> Any:
        """The trained Keras model, compiled; its optimizer starts anew."""
        check_is_fitted(self)
        return self._fitted.model()

    @property
    def partial_fit(self) -> Any:
        """There is none.

        Raises:
            AttributeError: always; says what to do.
        """
        raise AttributeError(
            "there is no partial_fit: what trains together starts together. To go on training, take the Keras model: "
            "estimator.model_.fit(X, y)."
        )

    def save_model(self, path: Any) -> None:
        """Writes the trained model as Keras's own file, which ``keras.models.load_model`` reads.

        Args:
            path: ends in ``.keras``.
        """
        check_is_fitted(self)
        draft = Path(path)
        if draft.suffix != ".keras":
            raise ValueError(f"{path}: a Keras model's file ends in .keras.")
        if not draft.parent.is_dir():
            raise FileNotFoundError(f"{path}: there is no folder {draft.parent}; make it first, or give another.")
        part = draft.with_name(f".{draft.name}.part")
        part.write_bytes(self._fitted.saved())
        shutil.move(part, draft)

    def parted(self) -> Self:
        """A copy without the trained model and what made it, for a file beside the model's own; see ``joined``."""
        check_is_fitted(self)
        copied = copy.copy(self)
        copied.model = copied.callbacks = copied.validation_data = None
        more = {name: value for name, value in self._more.items() if not type(value).__module__.startswith("keras.")}
        copied.__dict__.update(_fitted=self._fitted.parted(), _more=more)
        return copied

    def joined(self, model: Any, given: Array | None = None) -> Self:
        """This estimator, which came of ``parted``, with its trained Keras model.

        Args:
            model: trained.
            given: no rows of y in the form that predictions have; None: as it was fitted.
        """
        self._fitted.joined(model, given)
        return self

    def _predictions(self, X: Any) -> Predictions:
        check_is_fitted(self)
        return self._fitted.predictions(rows_of.inputs(self, X, reset=False))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fitted")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state["model"] = saved.written(self.model)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "model": saved.read(state["model"])})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        tags.non_deterministic = False
        return tags


def _has_columns(X: Any) -> bool:
    """Whether X is rows of features: an array, a table, a list of lists; not several inputs, nor texts."""
    if isinstance(X, list | tuple):
        return len(X) > 0 and isinstance(X[0], list | tuple | np.ndarray)
    return hasattr(X, "shape") and not isinstance(X, MultiInput) and len(X.shape) > 1


def _in_words(ask: Ask, error: Exception) -> Exception:
    """What a fit raised; where a model was given text that it can't take, in words."""
    if isinstance(error, TunejobError | FitFailed) or (word := rows_of.word(ask.rows.X)) is None:
        return error
    return ValueError(
        f"X holds text, such as {word!r}, and the model can't take it ({failures.brief(error)}). Begin the model with "
        "a layer that makes numbers of text (TextVectorization, StringLookup), or put an encoder before the estimator: "
        "make_pipeline(OneHotEncoder(sparse_output=False), estimator)."
    )
