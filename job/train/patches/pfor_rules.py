"""How some operations of one fit become one of all fits, where TensorFlow's vectorizer makes many, or loops.

It decides shapes and ranks while a program runs. Here they are known while it is traced: an operation becomes one
operation, instead of up to twenty that are looked at in every step, and by XLA in every compilation.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import tensorflow as tf
from tensorflow.python.ops.parallel_for import pfor

from job.train.patches.patch import replaced

_Converter = Callable[..., Any]

_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "Sum": tf.raw_ops.Sum,
    "Prod": tf.raw_ops.Prod,
    "Max": tf.raw_ops.Max,
    "Min": tf.raw_ops.Min,
    "Mean": tf.raw_ops.Mean,
}


_ALONG = {"ConcatV2": -1, "Split": 0, "SplitV": 2, "ExpandDims": 1}
"""Operations along one axis: which input tells it."""


def shorter() -> AbstractContextManager[None]:
    """While this lasts, the vectorizer has these conversions."""
    registry = pfor._pfor_converter_registry
    ours = {name: _reduction(function, registry[name]) for name, function in _REDUCTIONS.items()}
    ours |= {name: _along(place, registry[name]) for name, place in _ALONG.items()}
    ours |= {"Select": _select(registry["Select"]), "Bitcast": _bitcast}
    ours |= {"ZerosLike": _filled(tf.zeros_like), "OnesLike": _filled(tf.ones_like)}
    return replaced([(registry, name, converter) for name, converter in ours.items()])


def _reduction(function: Callable[..., Any], original: _Converter) -> _Converter:
    """Over axes that are known: one further, as the fits come first."""

    def convert(given: Any) -> Any:
        axes = None if given.input(1).is_stacked else tf.get_static_value(given.unstacked_input(1))
        if axes is None:
            return original(given)
        further = tf.constant(axes + (axes >= 0), given.unstacked_input(1).dtype)
        found = function(input=given.stacked_input(0), axis=further, keep_dims=given.get_attr("keep_dims"))
        return pfor.wrap(found, True)

    return convert


def _along(place: int, original: _Converter) -> _Converter:
    """Along an axis that is known: one further, as the fits come first."""

    def convert(given: Any) -> Any:
        at = place % given.num_inputs
        axis = None if given.input(at).is_stacked else tf.get_static_value(given.unstacked_input(at))
        if axis is None:
            return original(given)
        further = int(axis.reshape(-1)[0])
        further += further >= 0
        return _FUNCTIONS[given.op_type](given, further)

    return convert


def _concatenated(given: Any, axis: int) -> Any:
    given.stack_inputs(stack_indices=range(given.num_inputs - 1))
    return pfor.wrap(tf.concat([one.t for one in given.inputs[:-1]], axis), True)


def _split(given: Any, axis: int) -> Any:
    found = tf.split(given.stacked_input(1), given.get_attr("num_split"), axis)
    return [pfor.wrap(one, True) for one in found]


def _split_unevenly(given: Any, axis: int) -> Any:
    found = tf.split(given.stacked_input(0), given.unstacked_input(1), axis, num=given.get_attr("num_split"))
    return [pfor.wrap(one, True) for one in found]


def _expanded(given: Any, axis: int) -> Any:
    return pfor.wrap(tf.expand_dims(given.stacked_input(0), axis), True)


_FUNCTIONS: dict[str, Callable[[Any, int], Any]] = {
    "ConcatV2": _concatenated,
    "Split": _split,
    "SplitV": _split_unevenly,
    "ExpandDims": _expanded,
}


def _select(original: _Converter) -> _Converter:
    """Of shapes that are alike: element by element."""

    def convert(given: Any) -> Any:
        ranks = {one.t.shape.rank if one.is_stacked else (one.t.shape.rank or 0) + 1 for one in given.inputs}
        if len(ranks) > 1 or None in ranks or 1 in ranks:
            return original(given)
        return pfor.wrap(tf.where(*(one.t for one in given.inputs)), True)

    return convert


def _bitcast(given: Any) -> Any:
    return pfor.wrap(tf.bitcast(given.stacked_input(0), given.get_attr("type")), True)


def _filled(function: Callable[[Any], Any]) -> _Converter:
    """Of all fits, as large as what it is like."""

    def convert(given: Any) -> Any:
        return pfor.wrap(function(given.stacked_input(0)), True)

    return convert
