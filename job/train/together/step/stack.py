"""The state of a group: each variable of all fits as one tensor; parts of it taken out and put back in one call."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from job.data.rows import Array


def stacked(initial: Sequence[Sequence[Array]]) -> list[Any]:
    """Stacks the values of fits: (fits, …) for each variable."""
    return [tf.constant(_stack(values)) for values in zip(*initial, strict=True)]


def _stack(values: Sequence[Array]) -> Array:
    first = values[0]
    if all(one is first for one in values):
        return np.broadcast_to(first, (len(values), *first.shape))
    return np.stack(values)


def take(state: Sequence[Any], members: Array) -> list[Any]:
    """The state of some fits."""
    taken: list[Any] = _take(_dtypes(state))(list(state), tf.constant(members, tf.int32))
    return taken


def put(state: Sequence[Any], members: Array, part: Sequence[Any]) -> list[Any]:
    """The state with that of some fits replaced."""
    found: list[Any] = _put(_dtypes(state))(list(state), tf.constant(members, tf.int32), list(part))
    return found


def parted(stacks: Sequence[Any], begin: Any, fits: Any) -> list[list[Any]]:
    """Stacks in three, inside a graph: what comes before some neighbours, they, and what comes after.

    Args:
        stacks: tensors of as many fits.
        begin: place of the first neighbour, a scalar tensor.
        fits: how many neighbours, a scalar tensor.
    """
    sizes = tf.stack([begin, fits, tf.shape(stacks[-1])[0] - begin - fits])
    return [tf.split(one, sizes, num=3) for one in stacks]


def joined(parts: Sequence[list[Any]], new: Sequence[Any]) -> list[Any]:
    """Stacks again, with what is new of these neighbours; the first of ``parts`` where there are more."""
    return [tf.concat([part[0], one, part[2]], 0) for part, one in zip(parts, new, strict=False)]


def shaped(new: Sequence[Any], old: Sequence[Any]) -> list[Any]:
    """Gives a loop's state its static shape back, which TensorFlow wants unchanged from step to step."""
    for after, before in zip(new, old, strict=True):
        after.set_shape(before.shape)
    return list(new)


def _dtypes(state: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(tensor.dtype for tensor in state)


@lru_cache(maxsize=256)  # traced once for each signature, whichever study asks
def _take(dtypes: tuple[Any, ...]) -> Any:
    specs = [tf.TensorSpec(None, dtype) for dtype in dtypes]

    def function(state: list[Any], members: Any) -> list[Any]:
        return [tf.gather(tensor, members) for tensor in state]

    signature = [specs, tf.TensorSpec([None], tf.int32)]
    return tf.function(function, signature, autograph=False).get_concrete_function()


@lru_cache(maxsize=256)
def _put(dtypes: tuple[Any, ...]) -> Any:
    specs = [tf.TensorSpec(None, dtype) for dtype in dtypes]

    def function(state: list[Any], members: Any, part: list[Any]) -> list[Any]:
        places = members[:, None]
        return [tf.tensor_scatter_nd_update(a, places, b) for a, b in zip(state, part, strict=True)]

    signature = [specs, tf.TensorSpec([None], tf.int32), specs]
    return tf.function(function, signature, autograph=False).get_concrete_function()
