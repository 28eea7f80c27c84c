"""From an estimator's parameters and rows to the fit that it asks for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from job.data.rows import Array, Indices, Inputs, Rows
from job.sklearn import meeting, multi_input, parameters, settings
from job.sklearn import rows as rows_of
from job.sklearn.asks import Ask
from job.sklearn.parametrized import Parametrized
from job.sklearn.recipes import Recipe
from job.sklearn.search_cache import SearchCache
from job.study import sklearn_private
from job.train import order, requests


class Asking(Parametrized):
    """What asks for fits."""

    def foreseen(self, kept: SearchCache, X: Any, y: Any, sample_weight: Any, train: Indices) -> Ask | None:
        """The fit that ``fit(X[train], y[train])`` will ask for, on rows that many fits share; None where it differs.

        Raises:
            Exception: as ``fit`` would.
        """
        key = (X, y, sample_weight, self.validation_data, type(self).__name__)
        found = self._meant(kept.tables.rows(key, lambda: self._rows(X, y, sample_weight)), kept)
        if found.classes is not None and found.encoded.ndim == 1:
            n = len(found) - self._validating()
            if _classes(found.encoded[train]) < _classes(found.encoded[:n]):
                return None  # by itself it would know fewer classes
        return self._ask(found, train)

    def _asked(self, X: Any, y: Any, sample_weight: Any) -> Ask:
        kept = meeting.cache()
        key = (X, y, sample_weight, self.validation_data, type(self).__name__)
        known = None if kept is None else kept.tables.known(key)
        if known is not None:
            rows_of.inputs(self, X[:1] if isinstance(X, np.ndarray) else X, reset=True)
        # rows that no other fit shares would stay for nothing
        found = self._meant(self._rows(X, y, sample_weight), None) if known is None else self._meant(known, kept)
        return self._ask(found, np.arange(len(found) - self._validating()))

    def _validating(self) -> int:
        """How many of the last rows are validation data."""
        return 0 if self.validation_data is None else len(self.validation_data[1])

    def _rows(self, X: Any, y: Any, sample_weight: Any) -> Rows:
        """All rows, validation data at the end."""
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        multi_input.refuse_list(X, y)
        rows_of.refuse_masked(y=y, sample_weight=sample_weight)
        arrays = rows_of.inputs(self, X, reset=True)
        weight = None
        if sample_weight is not None:
            weight = _weights(sample_weight, rows_of.count(arrays))
        _check_lengths(arrays, y)
        if self.validation_data is not None:
            arrays, y, weight = self._with_validation(arrays, y, weight)
        return self._read(arrays, y, weight)

    def _with_validation(self, arrays: Inputs, y: Any, weight: Array | None) -> tuple[Inputs, Any, Array | None]:
        if not isinstance(self.validation_data, tuple | list) or len(self.validation_data) not in (2, 3):
            raise ValueError("validation_data: allowed is (X, y), or (X, y, sample_weight).")
        X_more, y_more, *others = self.validation_data
        known = self._targets(y)
        with _of("validation_data"):
            rows_of.refuse_masked(y=y_more, sample_weight=others[0] if others else None)
            more = rows_of.inputs(self, X_more, reset=False)
            _check_lengths(more, y_more)
            its = self._targets(y_more)
            if its.shape[1:] != known.shape[1:]:
                raise ValueError(f"its y has shape {its.shape}, and y {known.shape}; needed are rows alike.")
            self._check_known(known, its)
            if weight is not None or others:
                n = rows_of.count(more)
                weight = np.ones(len(known), np.float32) if weight is None else weight
                weight = np.concatenate([weight, _weights(others[0], n) if others else np.ones(n, np.float32)])
            return rows_of.joined([arrays, more]), np.concatenate([known, its]), weight

    def _targets(self, y: Any) -> Array:
        """As an array, which others of the kind can follow."""
        return np.asarray(y)

    def _check_known(self, y: Array, more: Array) -> None:
        """Raises ValueError where validation data has what no row to train on has."""

    def _meant(self, found: Rows, kept: SearchCache | None) -> Rows:
        """Rows as the model takes them."""
        del kept
        return found

    def _read(self, X: Inputs, y: Any, weight: Array | None) -> Rows:
        raise NotImplementedError

    def _ask(self, found: Rows, train: Indices) -> Ask:
        given = settings.fit_settings(self)
        if self.validation_data is None:
            own, validation = order.held_out(train, given.validation_split)
        else:
            n = len(found)
            own, validation = train, _last(n, self._validating())
        if not len(own) or (given.validation_split and not len(validation)):
            raise ValueError(
                f"validation_split={given.validation_split:g} of {len(train)} rows leaves {len(own)} to train on "
                f"and {len(validation)} to validate on; allowed is what leaves some of both."
            )
        if not len(validation):
            requests.check_monitor(given)
        return Ask(
            recipe=self._recipe(self._meta(found)),
            rows=found,
            train=own,
            validation=validation,
            settings=given,
            class_weight=requests.class_weight_of(given, found, train),
            seed=settings.seed(self.random_state),
            form=self.targets,  # type: ignore[arg-type]
            threshold=None if self.threshold is None else float(self.threshold),
            callbacks=settings.callbacks(self.callbacks),
            verbose=self.verbose,
        )

    def _recipe(self, meta: Mapping[str, Any]) -> Recipe:
        parameters.look(self.model, meeting.cache())
        known = self._known()
        parameters.check(self.model, self._more, known, type(self).__name__)
        shared = {name: getattr(self, name) for name in known if name != "model"}
        return Recipe(parameters.maker(self.model), parameters.arguments(self.model, self._more, shared, meta))

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


def _classes(encoded: Array) -> int:
    """How many classes there are in (n,) class indices."""
    return int(np.count_nonzero(np.bincount(encoded)))


@lru_cache(maxsize=1)
def _last(n: int, some: int) -> Indices:
    """The numbers of the last of n rows: one array, which thousands of fits may hold."""
    return np.arange(n - some, n)


@contextmanager
def _of(parameter: str) -> Iterator[None]:
    """Says which parameter is meant, where its rows are refused."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{parameter}: {error}") from error


def _weights(given: Any, rows: int) -> Array:
    found: Array = sklearn_private.checked_weights(given, rows).astype(np.float32)
    return found


def _check_lengths(X: Inputs, y: Any) -> None:
    n, found = rows_of.count(X), sklearn_private.count_rows(y)
    if n != found:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{n}, {found}]")
