"""scikit-learn's estimators and searches over Keras models, whose fits train together."""

from job.sklearn.backend import register
from job.sklearn.estimators import KerasClassifier, KerasRegressor
from job.sklearn.multi_input import MultiInput
from job.sklearn.searches import GridSearchCV, HalvingGridSearchCV, HalvingRandomSearchCV, RandomizedSearchCV

__all__ = [
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "KerasClassifier",
    "KerasRegressor",
    "MultiInput",
    "RandomizedSearchCV",
]

register()
