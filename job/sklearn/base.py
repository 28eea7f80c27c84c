"""What both estimators have: parameters, rows, a fit handed to training, and what came of it."""

import copy
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import keras
import numpy as np
from pydantic import ValidationError
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from job.data.rows import Array, Indices, Inputs, Rows
from job.errors import TunejobError
from job.plan import identity
from job.sklearn import meeting, parameters, saved
from job.sklearn import rows as rows_of
from job.sklearn.asks import Answer, Ask
from job.sklearn.fitted import Fitted
from job.sklearn.recipes import Recipe, plain
from job.sklearn.workshop import Workshop
from job.study import wording
from job.study.fit import EarlyStopping, FitSettings
from job.train import failures, order, requests
from job.train.outputs import Predictions


class KerasEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """What both have; see ``KerasClassifier``."""

    _own: ClassVar[tuple[str, ...]] = (
        "epochs", "batch_size", "shuffle", "callbacks", "validation_split", "validation_data", "class_weight",
        "early_stopping", "targets", "threshold", "random_state", "verbose",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913  # parameters of an estimator are arguments
        self,
        model: Any = None,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        shuffle: bool = True,
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        class_weight: Any = None,
        early_stopping: Any = None,
        targets: str | None = None,
        threshold: float | None = None,
        random_state: Any = None,
        verbose: int = 0,
        **parameters_: Any,
    ) -> None:
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.validation_data = validation_data
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.targets = targets
        self.threshold = threshold
        self.random_state = random_state
        self.verbose = verbose
        self._more: dict[str, Any] = {}
        if parameters_:
            self._set_more(parameters_)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  # scikit-learn's signature
        """All parameters by name.

        Args:
            deep: whether those that the model's function has by default, or the template has, are there too.
        """
        found = {name: getattr(self, name) for name in ("model", *self._own)} | self._more
        if not deep:
            return found
        try:
            there = parameters.defaults(self.model)
        except ValueError:  # told when it is fitted
            return found
        return {**there, **found}

    def set_params(self, **params: Any) -> Self:
        """Sets parameters: the estimator's own, and those of the model's function or template.

        Raises:
            ValueError: nothing takes one of them; lists what there is.
        """
        for name in ("model", *self._own):
            if name in params:
                setattr(self, name, params[name])
        self._set_more({name: value for name, value in params.items() if name not in ("model", *self._own)})
        return self

    def _set_more(self, params: Mapping[str, Any]) -> None:
        if params:
            parameters.check(self.model, params, ("model", *self._own), type(self).__name__)
            self._more = {**self._more, **params}

    def __sklearn_clone__(self) -> Self:
        """A new one; the model and the validation rows are the same objects, which fits only read."""
        kept = ("model", "validation_data")
        params = self.get_params(deep=False)
        params["callbacks"] = _detached(params["callbacks"])
        copied = {name: value if name in kept else clone(value, safe=False) for name, value in params.items()}
        return type(self)(**copied)

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
            raise ValueError(str(error)) from error
        self._keep(ask.rows, answer)
        return self

    def _trained(self, X: Any, y: Any, sample_weight: Any) -> tuple[Ask, Answer]:
        ask = self._asked(X, y, sample_weight)
        try:
            return ask, meeting.asked(ask)
        except TunejobError:
            raise
        except Exception as error:
            if (word := rows_of.word(ask.rows.X)) is None:
                raise
            raise ValueError(
                f"X holds text, such as {word!r}, and the model can't take it ({failures.brief(error)}). Begin the "
                "model with a layer that makes numbers of text (TextVectorization, StringLookup), or put an encoder "
                "before the estimator: make_pipeline(OneHotEncoder(sparse_output=False), estimator)."
            ) from error

    def _told(self, X: Any, ask: Ask, answer: Answer | Exception) -> tuple[Ask, Answer]:
        """What was trained beforehand."""
        if isinstance(answer, Exception):
            raise answer
        if hasattr(X, "shape") and not isinstance(X, rows_of.Several) and len(X.shape) > 1:
            validate_data(self, X, skip_check_array=True)
        return ask, answer

    def foreseen(self, kept: Workshop, X: Any, y: Any, sample_weight: Any, train: Indices) -> Ask | None:
        """The fit that ``fit(X[train], y[train])`` will ask for, on rows that many fits share; None where it differs.

        Raises:
            Exception: as ``fit`` would.
        """
        found = kept.rows(
            (X, y, sample_weight, self.validation_data, type(self).__name__),
            lambda: self._rows(X, y, sample_weight),
        )
        if found.classes is not None and found.encoded.ndim == 1:
            n = len(found) - self._validating()
            if len(np.unique(found.encoded[train])) < len(np.unique(found.encoded[:n])):
                return None  # by itself it would know fewer classes
        return self._ask(found, train)

    def foretell(self, ask: Ask, answer: Answer | Exception) -> None:
        """Hands over what the next ``fit`` will find."""
        self._foretold = (ask, answer)

    def _asked(self, X: Any, y: Any, sample_weight: Any) -> Ask:
        kept = meeting.workshop()
        key = (X, y, sample_weight, self.validation_data, type(self).__name__)
        known = None if kept is None else kept.known(key)
        if known is not None:
            rows_of.inputs(self, X[:1] if isinstance(X, np.ndarray) else X, reset=True)
        found = self._rows(X, y, sample_weight) if known is None else known
        return self._ask(found, np.arange(len(found) - self._validating()))

    def _validating(self) -> int:
        """How many of the last rows are validation data."""
        return 0 if self.validation_data is None else len(self.validation_data[1])

    def _rows(self, X: Any, y: Any, sample_weight: Any) -> Rows:
        """All rows, validation data at the end."""
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        arrays = rows_of.inputs(self, X, reset=True)
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, np.empty((rows_of.count(arrays), 1))).astype(np.float32)
        _check_lengths(arrays, y)
        if self.validation_data is not None:
            arrays, y, weight = self._with_validation(arrays, y, weight)
        return self._read(arrays, y, weight)

    def _with_validation(self, arrays: Inputs, y: Any, weight: Array | None) -> tuple[Inputs, Any, Array | None]:
        try:
            X_more, y_more, *others = self.validation_data
        except (TypeError, ValueError) as error:
            raise ValueError("validation_data: allowed is (X, y), or (X, y, sample_weight).") from error
        more = rows_of.inputs(self, X_more, reset=False)
        ys = [np.asarray(y), np.asarray(y_more)]
        if weight is not None or others:
            n = rows_of.count(more)
            weight = np.ones(len(ys[0]), np.float32) if weight is None else weight
            weight = np.concatenate([weight, np.asarray(others[0] if others else np.ones(n), np.float32)])
        return rows_of.joined([arrays, more]), np.concatenate(ys), weight

    def _read(self, X: Inputs, y: Any, weight: Array | None) -> Rows:
        raise NotImplementedError

    def _ask(self, found: Rows, train: Indices) -> Ask:
        settings = self._settings()
        if self.validation_data is None:
            own, validation = order.held_out(train, settings.validation_split)
        else:
            n = len(found)
            own, validation = train, np.arange(n - self._validating(), n)
        if not len(own) or (settings.validation_split and not len(validation)):
            raise ValueError(
                f"validation_split={settings.validation_split:g} of {len(train)} rows leaves {len(own)} to train on "
                f"and {len(validation)} to validate on; allowed is what leaves some of both."
            )
        if not len(validation):
            requests.check_monitor(settings)
        return Ask(
            recipe=self._recipe(self._meta(found)),
            rows=found,
            train=own,
            validation=validation,
            settings=settings,
            class_weight=requests.class_weight_of(settings, found, train),
            seed=_seed(self.random_state),
            form=self.targets,  # type: ignore[arg-type]
            threshold=None if self.threshold is None else float(self.threshold),
            callbacks=tuple(self.callbacks) if isinstance(self.callbacks, list | tuple) else _one(self.callbacks),
            verbose=self.verbose,
        )

    def _recipe(self, meta: Mapping[str, Any]) -> Recipe:
        parameters.check(self.model, self._more, ("model", *self._own), type(self).__name__)
        shared = {name: getattr(self, name) for name in self._own}
        return Recipe(parameters.maker(self.model), parameters.arguments(self.model, self._more, shared, meta))

    def _settings(self) -> FitSettings:
        if self.targets not in (None, "as_given", "indices", "one_hot"):
            raise ValueError(f"targets: got {self.targets!r}; allowed are as_given, indices, one_hot, or None.")
        own = ("epochs", "batch_size", "shuffle", "validation_split", "class_weight")
        given = {name: plain(getattr(self, name)) for name in own}
        if isinstance(given["class_weight"], Mapping):
            given["class_weight"] = {plain(label): float(one) for label, one in given["class_weight"].items()}
        given["early_stopping"] = _early(self.early_stopping)
        try:
            return FitSettings.model_validate(given)
        except ValidationError as error:
            wrong = next(wording.mistakes(error))
            place = ".".join(str(one) for one in wrong.place)
            raise ValueError(f"{place}: {wrong.message}") from error

    def _meta(self, found: Rows) -> dict[str, Any]:
        """What a function may know of the data: SciKeras's names."""
        X, y = found.X, found.y
        shape = X.shape if isinstance(X, np.ndarray) else (len(found),)
        multilabel = found.task == "multilabel"
        classes = 0 if found.classes is None else len(found.classes)
        types = {"regression": "continuous", "multilabel": "multilabel-indicator"}
        return {
            "n_features_in_": int(shape[1]) if len(shape) > 1 else 1,
            "X_shape_": (None, *shape[1:]),
            "X_dtype_": str(X.dtype) if isinstance(X, np.ndarray) else "mixed",
            "n_classes_": classes,
            "target_type_": types.get(found.task, found.task),
            "n_outputs_": 1 if y.ndim == 1 else y.shape[1],
            "n_outputs_expected_": classes if multilabel or classes > 2 else 1 if y.ndim == 1 else y.shape[1],
        }

    def _keep(self, found: Rows, answer: Answer) -> None:
        self._fitted = Fitted.of(answer, found)
        self.history_ = {name: list(values) for name, values in answer.history.items()}
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
        part = draft.with_name(f".{draft.name}.part")
        part.write_bytes(self._fitted.saved())
        shutil.move(part, draft)

    def parted(self) -> Self:
        """A copy without the trained model and what made it, for a file beside the model's own; see ``joined``."""
        check_is_fitted(self)
        copied = copy.copy(self)
        copied.model = copied.callbacks = copied.validation_data = None
        copied.__dict__.update(_fitted=self._fitted.parted())
        return copied

    def joined(self, model: Any) -> Self:
        """This estimator, which came of ``parted``, with its trained Keras model."""
        self._fitted.joined(model)
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


def _check_lengths(X: Inputs, y: Any) -> None:
    n, found = rows_of.count(X), len(y)
    if n != found:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{n}, {found}]")


def _seed(random_state: Any) -> int:
    """63 bits of a fit's seed, from what scikit-learn takes as a random state, and from nothing else."""
    state = random_state
    if not isinstance(state, int | np.integer):
        state = check_random_state(state).randint(np.iinfo(np.int32).max)
    return int(identity.digest("tunejob estimator 1", str(int(state)))[:16], 16) >> 1


def _early(given: Any) -> Any:
    if given is None or given is False:
        return None
    if given is True:
        return EarlyStopping()
    return given if isinstance(given, EarlyStopping) else {name: plain(one) for name, one in dict(given).items()}


def _detached(callbacks: Any) -> Any:
    """Callbacks without the model that they last looked at, which would be copied with them."""
    if callbacks is None:
        return None
    found = [copy.copy(one) for one in (callbacks if isinstance(callbacks, list | tuple) else [callbacks])]
    for one in found:
        if isinstance(one, keras.callbacks.Callback):
            keras.callbacks.Callback.set_model(one, None)
    return found if isinstance(callbacks, list | tuple) else found[0]


def _one(callback: Any) -> tuple[Any, ...]:
    return () if callback is None else (callback,)
