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

from job.train.patches import private
from job.train.patches.patch import replaced

_KINDS = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")  # not all versions of Keras have the last
_ENDS = {
    TFOptimizer._overwrite_model_variables_with_average_value,
    *(getattr(keras.optimizers, one).finalize_variable_values for one in _KINDS if hasattr(keras.optimizers, one)),
}


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
    for one in private.with_inner(optimizer):
        one.__class__ = _stateless(one.__class__)


def ends_otherwise(optimizer: Any) -> bool:
    """Whether an optimizer, or one within, ends a fit by anything but averages in the place of weights."""
    return any(
        getattr(method, "__func__", None) not in _ENDS
        for one in private.with_inner(optimizer)
        for method in (one.finalize_variable_values, one._overwrite_model_variables_with_average_value)
    )


def begins_from_weights(optimizer: Any) -> bool:
    """Whether an optimizer's own ``build`` may give its variables values of weights, or it is one of the user's.

    Keras builds an optimizer while it traces the first step, where such values are lost (seen with Keras 3.15's
    ``ScheduleFreeAdamW``). To get what Keras gives, it is left to Keras.
    """
    places = [] if optimizer is None else [type(one).__module__ for one in private.with_inner(optimizer)]
    return any(one.endswith(".schedule_free_adamw") or not one.startswith("keras.") for one in places)


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
