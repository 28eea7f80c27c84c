"""Keras models as scikit-learn's estimators."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from job.data.rows import Array, Inputs, Rows
from job.sklearn import labels as labels_of
from job.sklearn import rows as rows_of
from job.sklearn.asks import Answer
from job.sklearn.base import KerasEstimator
from job.sklearn.recipes import Recipe
from job.sklearn.search_cache import SearchCache
from job.sklearn.turns import unnoticed
from job.train import building, losses


class KerasClassifier(ClassifierMixin, KerasEstimator):  # type: ignore[misc]
    """A Keras model as a classifier of scikit-learn.

    Labels may be numbers, booleans or text, one-hot rows, or zeros and ones for several labels a row; what the loss
    needs is made of them.

    Args:
        model: a function that returns a compiled Keras model, or such a model as a template. A function's arguments
            are parameters of the estimator by their own names, and as ``model__NAME``; one called ``meta`` is given
            what the data is: ``n_features_in_``, ``n_classes_``, ``n_outputs_``, ``n_outputs_expected_`` and others. A
            template's parameters are ``LAYER__SETTING``, ``optimizer__SETTING``, ``optimizer`` and ``loss``.
        epochs, batch_size, shuffle, validation_split: Keras's own. Validation rows are the last of those given.
        callbacks: of Keras. Such fits go by Keras ``fit``, one by one.
        validation_data: (X, y), in place of ``validation_split``.
        class_weight: by label, or "balanced".
        early_stopping: True, or Keras's arguments: ``{"patience": 5, "restore_best_weights": True}``.
        targets: "as_given", "indices" or "one_hot": what the loss is given of y; None: what it needs.
        threshold: above which an output is the second of two classes, or a label that is there.
        random_state: of initial weights, order of rows and masks. None: NumPy's global generator.
        verbose: Keras's own, where a fit goes by Keras ``fit``.
        parameters_: for the function or the template.

    Attributes:
        model_: the trained Keras model.
        history_: by Keras's names, a value for each epoch.
        classes_: the labels, sorted.
        way_: the way it was trained, by the name that result lines hold.
        trained_by_: how it was trained, and why so.
        n_features_in_, feature_names_in_: of X.
    """

    def _read(self, X: Inputs, y: Any, weight: Array | None) -> Rows:
        return rows_of.classification(X, y, weight)

    def _targets(self, y: Any) -> Array:
        return labels_of.read(y)

    def _check_known(self, y: Array, more: Array) -> None:
        if y.ndim == 1 and (strange := labels_of.without(y, more)):
            raise ValueError(
                f"its y has labels that y lacks: {', '.join(map(repr, strange[:5]))}. No model can learn them; leave "
                "these rows out, or train on rows that have them."
            )

    def _meant(self, found: Rows, kept: SearchCache | None) -> Rows:
        """One-hot rows as classes, unless the loss takes labels one by one; candidates may differ in theirs.

        Those that differ in floats alone, such as rates, are taken to agree in it: a model is built to find out.
        """
        if not rows_of.is_one_hot(found):
            return found
        recipe = self._recipe(self._meta(found))
        if kept is None:
            return rows_of.of_classes(found) if _takes_classes(recipe) else found

        def read() -> Rows:
            return kept.tables.rows((found,), lambda: rows_of.of_classes(found)) if _takes_classes(recipe) else found

        key = Recipe(recipe.maker, {name: one for name, one in recipe.arguments.items() if not isinstance(one, float)})
        return kept.tables.rows((found, recipe.maker, key.key), read, held=recipe)

    def _keep(self, found: Rows, answer: Answer) -> None:
        super()._keep(found, answer)
        self.classes_ = found.classes
        self.n_classes_ = len(found.classes) if found.classes is not None else 0

    def predict(self, X: Any) -> Array:
        """Labels (n,), or (n, k) zeros and ones where y was such.

        Raises:
            NotFinite: the model's outputs are not.
        """
        found = self._predictions(X).labels
        given = self._fitted.target.given
        if given.ndim == 2 and self.is_of_classes:
            return np.eye(self.n_classes_, dtype=given.dtype)[found]
        return found

    @property
    def is_of_classes(self) -> bool:
        """Whether it was fitted on one class a row, and not on several labels."""
        check_is_fitted(self)
        return self._fitted.target.task != "multilabel"

    def predict_proba(self, X: Any) -> Array:
        """Probabilities, (n, classes).

        Raises:
            ValueError: the model's outputs are none; says which activation gives some.
        """
        found = self._predictions(X).probabilities
        if found is None:
            raise ValueError(
                "the model's outputs are no probabilities, so there is no predict_proba: end it in "
                "Dense(1, activation='sigmoid') for two classes or labels, Dense(classes, activation='softmax') for "
                "more, or compile it with a loss that says from_logits=True."
            )
        return found

    def decision_function(self, X: Any) -> Array:
        """The greater, the more likely: (n,) for two classes, above zero for the second, else (n, classes)."""
        found = self._predictions(X).distances
        if found is None:
            raise ValueError("the model's outputs are no distances.")
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = False
        return tags


def _takes_classes(recipe: Recipe) -> bool:
    """Whether one-hot rows are classes to a model: its loss says."""
    with unnoticed():
        model = building.fresh(recipe.make, {}, 0)
    return losses.understood(model.loss, "multilabel").form != "zero-one"


class KerasRegressor(RegressorMixin, KerasEstimator):  # type: ignore[misc]
    """A Keras model as a regressor of scikit-learn, of one amount or several; see ``KerasClassifier``."""

    def _read(self, X: Inputs, y: Any, weight: Array | None) -> Rows:
        return rows_of.amounts(X, y, weight)

    def predict(self, X: Any) -> Array:
        """Amounts, (n,) or (n, outputs), as precise as y was given: single precision only where y was.

        Raises:
            NotFinite: the model's outputs are not.
        """
        found = self._predictions(X).labels
        return found.astype(self._fitted.target.given.dtype, copy=False)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
