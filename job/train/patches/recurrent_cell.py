"""One time step of a recurrent layer as a function of its rows, its states and all that it takes from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from job.train.patches import broadcasting

_Step = Callable[[Sequence[Any], Sequence[Any]], Any]


class Untraceable(Exception):  # a refusal, met by Keras's own way
    """The step can't be such a function."""


@dataclass(frozen=True, eq=False)
class Cell:
    """A step, traced.

    Attributes:
        step: ``(rows of one time step, states, captures) -> (output, states)``, a concrete function.
        rows: of all time steps: (rows, steps, …) each; the last is the mask where there is one.
        states: as they begin.
        every: whether the outputs of all steps are wanted.
        last: the place among the states of what the last step gives out; None where ``every`` has it.
        layers: how many of the states, the last ones, are the layer's; one before is carried for ours.
    """

    step: Any
    rows: list[Any]
    states: list[Any]
    every: bool
    last: int | None
    layers: int

    @property
    def captures(self) -> list[Any]:
        """What the step takes from outside."""
        return list(self.step.captured_inputs)

    @classmethod
    def of(cls, step: _Step, rows: list[Any], states: list[Any], mask: Any, *, zeros: bool, every: bool) -> "Cell":
        """Traces a step.

        Args:
            step: ``(rows, states) -> output, states`` of Keras's making.
            rows: of all time steps.
            states: as they begin.
            mask: (rows, steps, 1) or None.
            zeros: whether a masked step's output is zero, and not the one before.
            every: whether the outputs of all steps are wanted.

        Raises:
            Untraceable: states are no floating-point numbers, or what comes first is of an unknown size.
        """
        if not all(one.dtype.is_floating for one in states):
            raise Untraceable
        place: list[int | None] = [None]
        count, kept = len(rows), len(states)

        def plain(*given: Any) -> list[Any]:
            output, new = _flat(step(given[:count], given[count:]))
            place[0] = next((at for at, one in enumerate(new) if one is output), None)
            return [output, *new]

        traced = _traced(plain, [*_of_one_step(rows), *map(_spec, states)])
        if mask is None and (every or place[0] is not None):
            return cls(traced, rows, states, every, None if every else place[0], len(states))
        first = _zeros(traced.outputs[0], states, place[0])

        def carrying(*given: Any) -> list[Any]:
            taken, before, old = given[:count], given[-kept - 1], given[-kept:]
            output, new = _flat(step(taken, old))
            if mask is not None:
                seen = given[count]
                output = _where(seen, output, tf.zeros_like(output) if zeros else before)
                new = [_where(seen, after, one) for after, one in zip(new, old, strict=True)]
            return [output, output, *new]

        rows = [*rows, *([] if mask is None else [mask])]
        states = [first, *states]
        traced = _traced(carrying, [*_of_one_step(rows), *map(_spec, states)])
        return cls(traced, rows, states, every, 0, len(states) - 1)

    def slopes(self, *, alike: bool) -> Any:
        """The step's gradient, a concrete function; ``alike`` as ``recurrent_sizes.are_alike`` has it.

        It takes rows, states, captures, then slopes of the output (if all are wanted) and of the new states; it gives
        those of rows, states and captures: of those that are floating-point numbers.
        """
        graph, inputs = self.step.graph, self.step.inputs
        definition = graph.as_graph_def()
        given = {one.op.name for one in inputs}
        kept = [node for node in definition.node if node.name not in given]
        used = {name.split(":")[0] for node in kept for name in node.input}
        del definition.node[:]
        definition.node.extend(kept)
        outputs = self.step.outputs if self.every else self.step.outputs[1:]

        def slopes(*tensors: Any) -> list[Any]:
            mine, of = list(tensors[: len(inputs)]), tensors[len(inputs) :]
            names = {one.op.name: tensor for one, tensor in zip(inputs, mine, strict=True) if one.op.name in used}
            found = tf.graph_util.import_graph_def(definition, names, [one.name for one in outputs])
            for one, before in zip(found, outputs, strict=True):
                one.set_shape(before.shape)
            about = [one for one in mine if one.dtype.is_floating]
            batches = [*mine[: len(self.rows) + len(self.states)], *of]
            pairs = [(batches[0], 0, one, 0) for one in batches[1:]]
            with broadcasting.by_rank() if alike else broadcasting.known(pairs):
                return list(tf.gradients(found, about, list(of), unconnected_gradients="zero"))

        return _traced(slopes, [*map(_spec, inputs), *map(_spec, outputs)])


def _flat(found: Any) -> tuple[Any, list[Any]]:
    output, states = found
    return tf.convert_to_tensor(output), [tf.convert_to_tensor(one) for one in tf.nest.flatten(states)]


def _traced(function: Callable[..., Any], specs: Sequence[Any]) -> Any:
    return tf.function(function, autograph=False).get_concrete_function(*specs)


def _spec(tensor: Any) -> Any:
    return tf.TensorSpec(tensor.shape, tensor.dtype)


def _of_one_step(rows: Sequence[Any]) -> list[Any]:
    return [tf.TensorSpec([one.shape[0], *one.shape[2:]], one.dtype) for one in rows]


def _zeros(output: Any, states: Sequence[Any], place: int | None) -> Any:
    """What was given out before the first step."""
    if place is not None:
        return tf.zeros_like(states[place])
    if None in output.shape[1:]:
        raise Untraceable
    return tf.zeros(tf.concat([tf.shape(states[0])[:1], output.shape[1:]], 0), output.dtype)


def _where(mask: Any, new: Any, old: Any) -> Any:
    return tf.where(tf.reshape(mask, [-1] + [1] * (new.shape.rank - 1)), new, old)
