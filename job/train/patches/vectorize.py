"""A function of one fit, mapped over the fits of a stack: the one place that touches TensorFlow's vectorizer itself.

``tf.vectorized_map`` gathers every input of every fit anew on each call when the number of fits is unknown. Here the
stacks are handed to the same converter as they are. An operation it can't vectorize loops over the fits by itself.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from weakref import WeakSet

import tensorflow as tf
from tensorflow.python.framework.func_graph import FuncGraph
from tensorflow.python.ops.parallel_for.pfor import PFor, wrap

from job.train.patches import pfor_rules
from job.train.patches.patch import replaced

_mapped: WeakSet[Any] = WeakSet()  # graphs in which something was mapped; TensorFlow has no place for it


def over_fits(function: Callable[[list[Any]], Sequence[Any]], stacks: Sequence[Any], fits: Any) -> list[Any]:
    """Maps a function over the first axis of some tensors, inside a graph.

    Args:
        function: takes the tensors of one fit, returns tensors.
        stacks: tensors of shape (fits, …).
        fits: how many, a scalar tensor.

    Returns:
        What the function returns, each of shape (fits, …).
    """
    graph = tf.compat.v1.get_default_graph()
    before = {operation.name for operation in graph.get_operations()}
    fit = tf.compat.v1.placeholder_with_default(0, shape=[])
    leaves = [tf.gather(stack, fit) for stack in stacks]
    results = [tf.convert_to_tensor(one) for one in function(leaves)]
    inside = [operation for operation in graph.get_operations() if operation.name not in before]
    converter = PFor(fit, fits, inside, fallback_to_while_loop=True)
    for leaf, stack in zip(leaves, stacks, strict=True):
        converter._add_conversion(leaf, wrap(stack, True))  # what vectorized_map itself lacks
    with pfor_rules.shorter():
        converted = [_stacked(converter.convert(one), one, fits) for one in results]
    _mapped.add(graph)
    return converted


def mapped(
    function: Any, given: Sequence[tuple[Any, bool]], fits: Any, outputs: Sequence[int] | None = None
) -> list[Any]:
    """Maps a traced function over the first axis of some of its inputs, inside a graph.

    Args:
        function: a concrete function.
        given: its inputs, those that it captured last, each with whether it is a stack: (fits, …).
        fits: how many, a scalar tensor.
        outputs: places of those that are wanted; all when None.

    Returns:
        What the function returns, each of shape (fits, …).
    """
    fit = tf.compat.v1.placeholder_with_default(0, shape=[])
    converter = PFor(fit, fits, function.graph.get_operations(), fallback_to_while_loop=True)
    for inside, (tensor, is_stacked) in zip(function.inputs, given, strict=True):
        converter._add_conversion(inside, wrap(tensor, is_stacked))
    wanted = range(len(function.outputs)) if outputs is None else outputs
    results = [function.outputs[place] for place in wanted]
    return [_stacked(converter.convert(one), one, fits) for one in results]


def pruned() -> AbstractContextManager[None]:
    """Leaves out of a graph's function what no output needs: operations of one fit, now that all fits have theirs.

    A graph drops them when it first runs; XLA would compile every one, only to find that it is not used.
    """
    original = FuncGraph.get_operations

    def get_operations(graph: Any) -> Any:
        everything = original(graph)
        return _living(graph, everything) if graph in _mapped and graph.outputs else everything

    return replaced([(FuncGraph, "get_operations", get_operations)])


def _living(graph: Any, everything: Sequence[Any]) -> list[Any]:
    """Those operations that its outputs depend on, or that do something by themselves."""
    found, todo = set(), [*(tensor.op for tensor in graph.outputs), *graph.control_outputs]
    todo += [one for one in everything if one._is_stateful]
    while todo:
        operation = todo.pop()
        if operation not in found:
            found.add(operation)
            todo += [*(tensor.op for tensor in operation.inputs), *operation.control_inputs]
    return [one for one in everything if one in found]


def _stacked(converted: Any, one: Any, fits: Any) -> Any:
    """Restores what is statically known of a result, and stacks what did not depend on the fit."""
    shape = tf.TensorShape([None]).concatenate(one.shape)
    if converted.shape.rank is not None and converted.shape.rank == one.shape.rank:
        converted = tf.broadcast_to(converted, tf.concat([[fits], tf.shape(converted)], 0))
    converted.set_shape(shape)
    return converted
