"""Normalization layers, while a step is traced: each fit has its own mean and variance.

Keras keeps a layer's mean and variance twice, as variables and as constants made of them; in a trace the constants are
made anew, of the variables that each fit has.
"""

from collections.abc import Callable
from typing import Any

import keras

from job.train.patches import private


def replacements(model: Any) -> list[tuple[Any, str, Any]]:
    """What stands in while a step is traced: ``call`` makes its constants of the fit's own variables."""
    found: list[tuple[Any, str, Any]] = []
    for layer in learning(model):
        found += [(layer, "mean", layer.mean), (layer, "variance", layer.variance), (layer, "call", _call(layer))]
    return found


def _call(layer: Any) -> Callable[[Any], Any]:
    def call(inputs: Any) -> Any:
        layer.finalize_state()
        return type(layer).call(layer, inputs)

    return call


def learning(model: Any) -> list[Any]:
    """The layers of a model that learn their mean and variance from rows."""
    return [
        one for one in private.layers(model) if isinstance(one, keras.layers.Normalization) and one.input_mean is None
    ]
