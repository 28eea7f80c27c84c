"""A function or a Keras model in an estimator's place: what a search of it is and has before it is fitted."""

from typing import Any

import keras
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from job.sklearn import saved
from job.sklearn.estimators import KerasClassifier


def is_plain(estimator: Any) -> bool:
    """Whether it is a function or a Keras model, and no estimator."""
    return isinstance(estimator, keras.Model) or (callable(estimator) and not hasattr(estimator, "fit"))


def _method(name: str) -> Any:
    """A method of scikit-learn's searches, there before the search is fitted where the model's estimator has it."""

    def is_there(search: Any) -> bool:
        if _waits(search):
            getattr(KerasClassifier(search.estimator), name)
            return True
        try:
            getattr(super(PlainEstimator, search), name)
        except AttributeError as error:
            raise (error.__cause__ or error) from None  # scikit-learn's own reason is what is told
        return True

    def method(self: Any, X: Any) -> Any:
        """As scikit-learn's, by the best estimator."""
        check_is_fitted(self)
        return getattr(super(PlainEstimator, self), name)(X)

    method.__name__ = name
    return available_if(is_there)(method)


class PlainEstimator:
    """What a search takes from here, before scikit-learn's own class."""

    estimator: Any

    predict = _method("predict")
    predict_proba = _method("predict_proba")
    decision_function = _method("decision_function")

    def __sklearn_tags__(self) -> Any:
        given = self.estimator
        if not is_plain(given):
            return super().__sklearn_tags__()  # type: ignore[misc]
        self.estimator = KerasClassifier(given)
        try:
            return super().__sklearn_tags__()  # type: ignore[misc]
        finally:
            self.estimator = given

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]
        if is_plain(self.estimator):
            state["estimator"] = saved.written(self.estimator)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "estimator": saved.read(state["estimator"])})  # type: ignore[misc]


def _waits(search: Any) -> bool:
    """Whether a search is yet to be fitted, and then predicts by the estimator that it makes of what it was given."""
    return is_plain(search.estimator) and bool(search.refit) and not hasattr(search, "best_estimator_")
