"""The loop over time: one operation of one fit, and what it and its gradient are of all fits."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from job.train.patches.recurrent_cell import Cell
from job.train.patches.vectorize import mapped

Loops = dict[str, Callable[[Any], Sequence[Any]]]
"""What operations are of all fits, by the names of their functions."""


class Loop:
    """A cell's steps one after the other.

    Args:
        cell: to step.
        loops: gets what the operations are of all fits, by their functions' names.
        backwards: whether the last time step comes first.
        alike: see ``recurrent_sizes.are_alike``.
    """

    def __init__(self, cell: Cell, loops: Loops, *, backwards: bool, alike: bool) -> None:
        self._cell, self._loops, self._backwards, self._alike = cell, loops, backwards, alike
        self._steps = cell.rows[0].shape[1]
        self._slopes: Any = None

    def run(self) -> tuple[Any, Any, list[Any]]:
        """Of one fit, as ``rnn``: the last output, all outputs in the order of the steps, the last states."""
        cell = self._cell
        rows, states, captures = cell.rows, cell.states, cell.captures
        everything = [*rows, *states, *captures]
        about = [place for place, one in enumerate(everything) if one.dtype.is_floating]
        end = int(cell.every) + len(states)

        @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        def whole(*floats: Any) -> Any:
            given = list(everything)
            for place, one in zip(about, floats, strict=True):
                given[place] = one
            found = _operation(self._told, self._of_all, self._loops, given)

            def gradient(*slopes: Any) -> list[Any]:
                self._slopes = cell.slopes(alike=self._alike)
                tensors = [*given, *slopes, *found[end:]]
                return _operation(self._told_back, self._back_of_all, self._loops, tensors)

            return found[:end], gradient

        found = whole(*(everything[place] for place in about))
        outputs, last = found[: int(cell.every)], found[int(cell.every) :]
        if cell.every:
            return outputs[0][:, -1], outputs[0], last[len(last) - cell.layers :]
        final = last[cell.last]
        return final, final[:, None], last[len(last) - cell.layers :]

    def _told(self, *given: Any) -> list[Any]:
        """Shapes of outputs, last states and states before each step."""
        cell, count = self._cell, len(self._cell.rows)
        states = given[count : count + len(cell.states)]
        found = []
        if cell.every:
            one = cell.step.outputs[0]
            outputs = tf.zeros(_unknown_rank(given[0]), one.dtype)
            found.append(_with_shape(outputs, [given[0].shape[0], self._steps, *one.shape[1:]]))
        found += [tf.zeros_like(one) for one in states]
        return [*found, *(tf.zeros(_unknown_rank(one), one.dtype) for one in states)]

    def _told_back(self, *given: Any) -> list[Any]:
        return [tf.zeros_like(one) for one in given[: len(self._cell.step.inputs)] if one.dtype.is_floating]

    def _of_all(self, call: Any) -> list[Any]:
        """Outputs, last states, states before each step where a gradient needs them: of all fits."""
        cell, fits = self._cell, call.pfor.loop_len_vector[0]
        rows, states, captures = _parted(call, fits, len(cell.rows), len(cell.states))
        steps, kept = tf.shape(rows[0])[0], any(one.consumers() for one in call.op.outputs[-len(states) :])
        arrays = [_array(cell.step.outputs[0], steps)] if cell.every else []
        arrays += [_array(one, steps) for one in cell.states] if kept else []

        def body(at: Any, states: list[Any], arrays: list[Any]) -> Any:
            given = [(one[self._place(at, steps)], True) for one in rows]
            output, *new = mapped(cell.step, [*given, *((one, True) for one in states), *captures], fits)
            written = [*([output] if cell.every else []), *(states if kept else [])]
            arrays = [array.write(at, one) for array, one in zip(arrays, written, strict=True)]
            return at + 1, _like(new, states), arrays

        _, last, arrays = tf.while_loop(
            lambda at, *_: at < steps, body, (0, states, arrays), parallel_iterations=1, maximum_iterations=steps
        )
        found = [one.stack() for one in arrays]
        outputs = [_rows_first(one) for one in found[: int(cell.every)]]
        return [*outputs, *last, *(found[int(cell.every) :] if kept else last)]

    def _back_of_all(self, call: Any) -> list[Any]:
        """Slopes of rows, first states and captures, of all fits; of rows only where they are asked for."""
        cell, fits, slopes = self._cell, call.pfor.loop_len_vector[0], self._slopes
        count = len(cell.states)
        rows, _, rest = _parted(call, fits, len(cell.rows), count)
        captures, rest = rest[: len(cell.captures)], rest[len(cell.captures) :]
        kept, last = [one for one, _ in rest[-count:]], [_stacked(one, fits) for one in rest[-2 * count : -count]]
        outputs = [_time_first(_stacked(one, fits)) for one in rest[: int(cell.every)]]
        steps = tf.shape(rows[0])[0]
        of_states, of_captures, of_rows = self._slopes_of(call)
        places = [*of_states, *of_captures, *of_rows]
        weights = [one for one in captures if one[0].dtype.is_floating]
        sums = [tf.zeros_like(_stacked(weights[place - of_captures[0]], fits)) for place in of_captures]
        arrays = [_array(slopes.outputs[place], steps) for place in of_rows]

        def body(at: Any, last: list[Any], sums: list[Any], arrays: list[Any]) -> Any:
            given = [(one[self._place(at, steps)], True) for one in rows]
            given += [*((one[at], True) for one in kept), *captures]
            given += [(one, True) for one in (*(one[at] for one in outputs), *last)]
            new = mapped(slopes, given, fits, places)
            more, found = new[count : count + len(sums)], new[count + len(sums) :]
            sums = [_like([a + b], [a])[0] for a, b in zip(sums, more, strict=True)]
            arrays = [one.write(self._place(at, steps), row) for one, row in zip(arrays, found, strict=True)]
            return at - 1, _like(new[:count], last), sums, arrays

        _, last, sums, arrays = tf.while_loop(
            lambda at, *_: at >= 0,
            body,
            (steps - 1, last, sums, arrays),
            parallel_iterations=1,
            maximum_iterations=steps,
        )
        found = dict(zip(places, [*last, *sums, *(_rows_first(one.stack()) for one in arrays)], strict=True))
        like = [one for one in call.inputs[: len(cell.step.inputs)] if one.t.dtype.is_floating]
        return [
            found[place] if place in found else _stacked((one.t, one.is_stacked), fits)
            for place, one in enumerate(like)
        ]

    def _slopes_of(self, call: Any) -> tuple[list[int], list[int], list[int]]:
        """The places of the slopes that are computed: of states, of captures, and of the rows that are asked for."""
        asked = [bool(one.consumers()) for one in call.op.outputs]
        floats = sum(one.dtype.is_floating for one in self._cell.rows)
        after = floats + len(self._cell.states)
        # All captures' slopes: they may be what a step gives back, and so nobody in this graph asks for them.
        of_captures = list(range(after, len(asked)))
        return list(range(floats, after)), of_captures, [place for place in range(floats) if asked[place]]

    def _place(self, at: Any, steps: Any) -> Any:
        return steps - 1 - at if self._backwards else at


def _operation(
    told: Callable[..., list[Any]],
    of_all: Callable[[Any], list[Any]],
    loops: Loops,
    given: Sequence[Any],
) -> list[Any]:
    """One operation of one fit, that only tells shapes; ``of_all`` makes of it what it is of all fits."""
    specs = [tf.TensorSpec(one.shape, one.dtype) for one in given]
    function = tf.function(told, autograph=False).get_concrete_function(*specs)
    loops[function.name.decode() if isinstance(function.name, bytes) else function.name] = of_all
    types = [one.dtype for one in function.outputs]
    found = tf.raw_ops.PartitionedCall(args=list(given), Tout=types, f=function)
    return [_with_shape(one, of.shape) for one, of in zip(found, function.outputs, strict=True)]


def _parted(call: Any, fits: Any, rows: int, states: int) -> tuple[list[Any], list[Any], list[tuple[Any, bool]]]:
    """The inputs of an operation for all fits: rows by time, states, and the rest, each with whether it is stacked."""
    given = [(one.t, one.is_stacked) for one in call.inputs]
    by_time = [_time_first(_stacked(one, fits)) for one in given[:rows]]
    return by_time, [_stacked(one, fits) for one in given[rows : rows + states]], given[rows + states :]


def _stacked(given: tuple[Any, bool], fits: Any) -> Any:
    tensor, is_stacked = given
    if is_stacked:
        return tensor
    found = tf.broadcast_to(tensor, tf.concat([[fits], tf.shape(tensor)], 0))
    return _with_shape(found, [None, *tensor.shape])


def _array(of: Any, steps: Any) -> Any:
    """An empty list of one entry per step, of the tensors ``of`` for all fits."""
    return tf.TensorArray(of.dtype, steps, element_shape=[None, *of.shape])


def _time_first(tensor: Any) -> Any:
    """From (fits, rows, steps, …)."""
    return tf.transpose(tensor, [2, 0, 1, *range(3, tensor.shape.rank)])


def _rows_first(tensor: Any) -> Any:
    """To (fits, rows, steps, …)."""
    return tf.transpose(tensor, [1, 2, 0, *range(3, tensor.shape.rank)])


def _unknown_rank(tensor: Any) -> Any:
    """Some shape: what is kept for the gradient is as the loop wrote it, and nothing else looks at it."""
    return tf.reshape(tf.where(tf.shape(tensor) > 0), [-1])


def _like(new: Sequence[Any], old: Sequence[Any]) -> list[Any]:
    """Gives a loop's state its static shape back, which TensorFlow wants unchanged from step to step."""
    return [_with_shape(one, before.shape) for one, before in zip(new, old, strict=True)]


def _with_shape(tensor: Any, shape: Any) -> Any:
    tensor.set_shape(shape)
    return tensor
