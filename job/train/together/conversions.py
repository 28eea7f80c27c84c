"""How some operations of one fit become one of all fits, where TensorFlow's vectorizer makes many, or loops.

It decides shapes and ranks while a program runs. Here they are known while it is traced: an operation becomes one
operation, instead of up to twenty that are looked at in every step, and by XLA in every compilation.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from tensorflow.python.ops.parallel_for import pfor

_Converter = Callable[..., Any]

_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "Sum": tf.raw_ops.Sum,
    "Prod": tf.raw_ops.Prod,
    "Max": tf.raw_ops.Max,
    "Min": tf.raw_ops.Min,
    "Mean": tf.raw_ops.Mean,
}


@contextmanager
def shorter() -> Iterator[None]:
    """While this lasts, the vectorizer has these conversions."""
    registry = pfor._pfor_converter_registry  # noqa: SLF001
    replaced = {name: _reduction(function, registry[name]) for name, function in _REDUCTIONS.items()}
    replaced |= {"Select": _select(registry["Select"]), "Bitcast": _bitcast}
    before = dict(registry)
    registry.update(replaced)
    try:
        yield
    finally:
        registry.clear()
        registry.update(before)


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
