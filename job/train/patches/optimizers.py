"""Keras optimizers as pure functions: without what ``tf.distribute`` puts between a step and its variables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.common.stateless_scope import get_stateless_scope
from keras.src.backend.tensorflow import core
from keras.src.backend.tensorflow.optimizer import TFOptimizer
from keras.src.optimizers.base_optimizer import BaseOptimizer

from job.train.patches.patch import replaced


class _Stateless(TFOptimizer):  # type: ignore[misc]  # Keras ships no types
    """Between a Keras optimizer and ``TFOptimizer`` in the order of resolution, so that calls up land in the base.

    ``TFOptimizer`` overrides these for ``tf.distribute``, with operations on ``tf.Variable``. Those of the base work
    on Keras variables, whose values a ``StatelessScope`` can hold.
    """

    assign = BaseOptimizer.assign
    assign_add = BaseOptimizer.assign_add
    assign_sub = BaseOptimizer.assign_sub
    add_variable_from_reference = BaseOptimizer.add_variable_from_reference
    _backend_update_step = BaseOptimizer._backend_update_step
    _apply_weight_decay = BaseOptimizer._apply_weight_decay
    _overwrite_model_variables_with_average_value = BaseOptimizer._overwrite_model_variables_with_average_value
    _backend_increment_gradient_accumulators = BaseOptimizer._backend_increment_gradient_accumulators

    def _var_key(self, variable: Any) -> int:
        return id(variable)


def make(optimizer: Any) -> None:
    """Turns an optimizer that is not built yet into one whose ``apply`` works on the values of a scope."""
    optimizer.__class__ = _stateless(optimizer.__class__)
    for inner in (getattr(optimizer, "inner_optimizer", None), *getattr(optimizer, "_inner_optimizers", ())):
        if inner is not None:
            make(inner)


@lru_cache(maxsize=64)  # two classes made of one would be two programs
def _stateless(kind: type) -> type:
    if issubclass(kind, _Stateless):
        return kind
    # LossScaleOptimizer has its own way around tf.distribute
    own = {"_tf_apply": kind._common_apply} if hasattr(kind, "_common_apply") else {}
    return type(kind.__name__, (kind, _Stateless), own)


@contextmanager
def selecting() -> Iterator[None]:
    """While this lasts, ``ops.cond`` runs both branches and selects, because its condition differs per fit.

    So gradients are accumulated, averages copied and losses rescaled by each fit at its own time.
    """
    with replaced([(core, "cond", _select)]):
        yield


def _select(condition: Any, true: Callable[[], Any], false: Callable[[], Any]) -> Any:
    condition = tf.cast(condition, tf.bool)
    scope = get_stateless_scope()
    (yes, after_yes), (no, after_no) = _branch(scope, true), _branch(scope, false)
    for key in after_yes:
        if after_yes[key] is not after_no[key]:
            scope.state_mapping[key] = tf.where(condition, after_yes[key], after_no[key])
    return keras.tree.map_structure(lambda a, b: None if a is None else tf.where(condition, a, b), yes, no)


def _branch(scope: Any, function: Callable[[], Any]) -> tuple[Any, dict[int, Any]]:
    """What a branch returns, and the values of all variables after it; those of the scope stay."""
    before = dict(scope.state_mapping)
    found = function()
    after, scope.state_mapping = scope.state_mapping, before
    return found, after
