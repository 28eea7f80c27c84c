"""scikit-learn's own searches; only where fits are run is ours, so that those of all candidates and folds meet."""

import copy
import inspect
import warnings
from collections.abc import Callable
from typing import Any, Self

import joblib  # type: ignore[import-untyped]
import keras
from sklearn import model_selection
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # makes the two known
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import type_of_target

from job.sklearn import foreign, meeting, multi_input, one_hot, parameters
from job.sklearn.backend import NAME
from job.sklearn.estimators import KerasClassifier, KerasRegressor
from job.sklearn.plain_estimators import PlainEstimator, is_plain
from job.sklearn.progress import Bar
from job.study.mistakes import shown

_ELSEWHERE = ("backend", "store", "overlay", "workers")


def _like(parent: type) -> Callable[..., None]:
    """An ``__init__`` with the arguments of a search of scikit-learn, whichever its version has.

    ``verbose`` alone has another default, None: a bar where somebody looks, and no lines. 0 is quiet.
    """
    theirs = inspect.signature(parent.__init__)  # type: ignore[misc]
    changed = [one.replace(default=None) if name == "verbose" else one for name, one in theirs.parameters.items()]
    ours = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in _ELSEWHERE]
    signature = theirs.replace(parameters=[*changed, *ours])

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        given = signature.bind(self, *args, **kwargs)
        given.apply_defaults()
        for name in _ELSEWHERE:
            setattr(self, name, given.arguments.pop(name))
        parent.__init__(*given.args, **given.kwargs)  # type: ignore[misc]

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    return __init__


class _Together(PlainEstimator):
    """Runs a search's fits together.

    Arguments beside scikit-learn's own, by name:
        backend: where fits are trained: None, in this process; "processes", worker processes of this machine;
            "kubernetes", the cluster of the kubeconfig.
        store: where rows and runs lie then: a folder, ``./runs`` if not given, or an s3://, gs:// or az:// URL.
        overlay: a kustomization for the cluster, as ``tunejob submit --overlay`` takes it.
        workers: how many; by GPUs or cores, or as many as the study's default, if not given.
    """

    estimator: Any
    backend: str | None
    n_jobs: Any
    verbose: Any
    cv: Any
    scoring: Any

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """As scikit-learn's, with the fits of Keras models trained together, and one-hot y folded and scored as labels.

        Args:
            X: (n, …) as scikit-learn takes it; also a dict or tuple of arrays of n rows.
            y: (n,) or (n, outputs).
            params: for the estimator's ``fit`` and the splitter, as scikit-learn's.

        Raises:
            Exception: as scikit-learn's.
        """
        estimator, verbose, cv, scoring = self.estimator, self.verbose, self.cv, self.scoring
        shows = verbose is None or bool(verbose)
        if self.backend is None:
            _refuse_places(self)
        _say_jobs(self)
        try:
            self.estimator = wrapped(estimator, y)
            self.verbose, self.cv = verbose or 0, one_hot.folds(self.estimator, cv, y)
            self.scoring = one_hot.scoring(self.estimator, scoring, y)
            if self.backend is not None:
                from job.sklearn.remote import search as elsewhere  # seconds to import, and all that launches workers

                elsewhere.fit(self, super().fit, multi_input.wrapped(X, y), y, params, shows=shows)  # type: ignore[misc]
                return self
            bar = Bar(shows=shows)
            with meeting.opened(bar), joblib.parallel_config(NAME):
                super().fit(multi_input.wrapped(X, y), y, **params)  # type: ignore[misc]
        finally:
            self.estimator, self.verbose, self.cv, self.scoring = estimator, verbose, cv, scoring
        return self


class GridSearchCV(_Together, model_selection.GridSearchCV):  # type: ignore[misc]  # scikit-learn ships no types
    """scikit-learn's ``GridSearchCV``; a function or a Keras model may stand for the estimator."""

    __init__ = _like(model_selection.GridSearchCV)


class RandomizedSearchCV(_Together, model_selection.RandomizedSearchCV):  # type: ignore[misc]
    """scikit-learn's ``RandomizedSearchCV``; a function or a Keras model may stand for the estimator."""

    __init__ = _like(model_selection.RandomizedSearchCV)


class HalvingGridSearchCV(_Together, model_selection.HalvingGridSearchCV):  # type: ignore[misc]
    """scikit-learn's ``HalvingGridSearchCV``; a function or a Keras model may stand for the estimator."""

    __init__ = _like(model_selection.HalvingGridSearchCV)


class HalvingRandomSearchCV(_Together, model_selection.HalvingRandomSearchCV):  # type: ignore[misc]
    """scikit-learn's ``HalvingRandomSearchCV``; a function or a Keras model may stand for the estimator."""

    __init__ = _like(model_selection.HalvingRandomSearchCV)


def wrapped(estimator: Any, y: Any) -> Any:
    """An estimator as it is; a function or a Keras model as the estimator for y, as scikit-learn tells them apart.

    Raises:
        ValueError: it is something from which nothing can be made, or only with a loss.
    """
    if isinstance(estimator, type) and not issubclass(estimator, keras.Model):
        raise ValueError(  # noqa: TRY004  # as scikit-learn's for parameters
            f"estimator is the class {estimator.__name__}; give an object: {estimator.__name__}(build)."
        )
    if (isinstance(estimator, type) or foreign.is_of_keras_tuner(estimator)) and (
        why := parameters.refusal(estimator)
    ) is not None:
        raise ValueError(why)
    if isinstance(estimator, Pipeline):
        return _ending_in_ours(estimator, y)
    if foreign.is_foreign(estimator) and not isinstance(estimator, keras.Model):
        return _ours(estimator)
    if not is_plain(estimator):
        if not hasattr(estimator, "fit"):
            raise ValueError(
                f"estimator: got {shown(estimator)}; give a function that returns a compiled Keras model, such a "
                "model, or an estimator of scikit-learn, such as KerasClassifier(build)."
            )
        return estimator
    if y is None:
        raise ValueError(
            "fit was given no y; give it labels or amounts, fit(X, y): y says whether a function or a Keras model is "
            "searched as a KerasClassifier or as a KerasRegressor."
        )
    return (KerasRegressor if type_of_target(y).startswith("continuous") else KerasClassifier)(estimator)


def _ending_in_ours(estimator: Pipeline, y: Any) -> Pipeline:
    """A Pipeline, whose last step is wrapped as an estimator alone is; scikit-learn refuses one of other kinds."""
    name, step = estimator.steps[-1]
    if not isinstance(step, Pipeline) and not is_plain(step) and not foreign.is_foreign(step):
        return estimator
    found = copy.copy(estimator)
    found.steps = [*estimator.steps[:-1], (name, wrapped(step, y))]
    return found


def _ours(estimator: Any) -> Any:
    kind = KerasRegressor if "Regressor" in type(estimator).__name__ else KerasClassifier
    return kind(**foreign.parameters(estimator))


def _refuse_places(search: Any) -> None:
    if given := [name for name in _ELSEWHERE if getattr(search, name) is not None]:
        raise ValueError(
            f"{', '.join(given)} given without a backend: the search would train in this process and ignore them. "
            "Add backend='processes' or backend='kubernetes', or leave it out."
        )


def _say_jobs(search: Any) -> None:
    if search.n_jobs not in (None, 1):
        where = "train together in this process, on all its cores"
        if search.backend is not None:
            where = "are trained by workers, whose number is workers=…"
        warnings.warn(
            f"n_jobs={search.n_jobs} is ignored: the fits of Keras models {where}.",
            UserWarning,
            stacklevel=3,
        )
