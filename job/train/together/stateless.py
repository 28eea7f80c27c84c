"""Keras optimizers as pure functions: what TensorFlow's distribution puts between a step and its variables, taken out."""

from functools import lru_cache
from typing import Any

from keras.src.backend.tensorflow.optimizer import TFOptimizer
from keras.src.optimizers.base_optimizer import BaseOptimizer


class _Stateless(TFOptimizer):  # type: ignore[misc]  # Keras ships no types
    """Between a Keras optimizer and ``TFOptimizer`` in the order of resolution, so that calls up land in the base.

    ``TFOptimizer`` overrides these for ``tf.distribute``, with operations on ``tf.Variable``. Those of the base work
    on Keras variables, whose values a ``StatelessScope`` can hold.
    """

    assign = BaseOptimizer.assign
    assign_add = BaseOptimizer.assign_add
    assign_sub = BaseOptimizer.assign_sub
    add_variable_from_reference = BaseOptimizer.add_variable_from_reference
    _backend_update_step = BaseOptimizer._backend_update_step  # noqa: SLF001
    _apply_weight_decay = BaseOptimizer._apply_weight_decay  # noqa: SLF001
    _overwrite_model_variables_with_average_value = BaseOptimizer._overwrite_model_variables_with_average_value  # noqa: SLF001
    _backend_increment_gradient_accumulators = BaseOptimizer._backend_increment_gradient_accumulators  # noqa: SLF001

    def _var_key(self, variable: Any) -> int:
        return id(variable)


def make(optimizer: Any) -> None:
    """Turns an optimizer that is not built yet into one whose ``apply`` works on the values of a scope."""
    optimizer.__class__ = _stateless(optimizer.__class__)


def plain(optimizer: Any) -> type:
    """The class the user chose."""
    kind = type(optimizer)
    return kind.__mro__[1] if issubclass(kind, _Stateless) else kind


@lru_cache(maxsize=64)
def _stateless(kind: type) -> type:
    return kind if issubclass(kind, _Stateless) else type(kind.__name__, (kind, _Stateless), {})
