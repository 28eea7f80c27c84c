"""Normalization layers, while a step is traced: each fit has its own mean and variance, and its own width.

Keras keeps the mean and variance of ``Normalization`` twice, as variables and as constants made of them; in a trace the
constants are made anew, of the variables that each fit has. Layer and group normalization reshape their weights to the
width that their input has; where that is not known, they need not, or -1 stands for it.
"""

from collections.abc import Callable
from typing import Any

import keras

from job.train.patches import private
from job.train.patches.patch import replaced


def replacements(model: Any) -> list[tuple[Any, str, Any]]:
    """What stands in while a step is traced: ``call`` makes its constants of the fit's own variables."""
    found: list[tuple[Any, str, Any]] = []
    for layer in learning(model):
        found += [(layer, "mean", layer.mean), (layer, "variance", layer.variance), (layer, "call", _call(layer))]
    for layer in private.layers(model):
        if isinstance(layer, keras.layers.LayerNormalization):
            found.append((layer, "call", _over_the_last(layer)))
        if isinstance(layer, keras.layers.GroupNormalization):
            found.append((layer, private.GROUP_SHAPE, _group_shape(layer)))
    return found


def _over_the_last(layer: Any) -> Callable[[Any], Any]:
    """By the axis' own number, as Keras does not reshape what is of the last axis anyway, unless that is called -1."""

    def call(inputs: Any) -> Any:
        last = len(inputs.shape) - 1
        if list(layer.axis) not in ([-1], [last]):
            return type(layer).call(layer, inputs)
        with replaced([(layer, "axis", [last])]):
            return type(layer).call(layer, inputs)

    return call


def _group_shape(layer: Any) -> Callable[[Any], list[int]]:
    """The shape in which weights meet groups: that of ``call``, where nothing is reshaped to an unknown width."""

    def shape(given: Any) -> list[int]:
        found = [1] * len(given)
        width = given[layer.axis]
        found[layer.axis] = -1 if width is None else width // layer.groups
        found.insert(layer.axis, layer.groups)
        return found

    return shape


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
