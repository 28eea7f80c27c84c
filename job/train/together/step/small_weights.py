"""Small weights stepped as one: an optimizer that works number by number does the same to a model's biases at once.

A step of Adam is twenty operations for each variable, and a bias of ten numbers takes as long as a kernel of ten
thousand. So the optimizer is built on the large weights and on one variable that stands for all small ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import optimizers

from job.train.patches import private
from job.train.together.step.variables import Scope, Unmapped

_NUMBER_BY_NUMBER = (
    optimizers.SGD, optimizers.RMSprop, optimizers.Adam, optimizers.AdamW, optimizers.Adagrad, optimizers.Adadelta,
    optimizers.Adamax, optimizers.Nadam, optimizers.Ftrl, optimizers.Lion,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Merged:
    """Small weights of one model.

    Attributes:
        places: theirs among the trainable variables.
        rest: those of the others.
        whole: stands for them in the optimizer.
    """

    places: list[int]
    rest: list[int]
    whole: Any

    def built(self, optimizer: Any, trainable: Sequence[Any]) -> None:
        """Builds the optimizer on the others and on the one for all small ones."""
        optimizer.build([*(trainable[place] for place in self.rest), self.whole])

    def sizes(self, stacks: Sequence[Any]) -> list[Any]:
        """How many numbers each small weight has, from the stacks of all trainable variables."""
        return [_size(stacks[place]) for place in self.places]

    def together(self, stacks: Sequence[Any]) -> list[Any]:
        """Stacks of the large weights, and one of all small ones: (fits, numbers)."""
        small = [stacks[place] for place in self.places]
        joined = tf.concat([one if one.shape.rank == 2 else one[:, None] for one in small], 1)
        return [*(stacks[place] for place in self.rest), joined]

    def apart(self, stacks: Sequence[Any], shapes: Sequence[Any], sizes: Any) -> list[Any]:
        """Stacks of each weight, of these shapes, from what ``together`` made; see ``sizes``."""
        found = dict(zip(self.rest, stacks, strict=False))
        parts = tf.split(stacks[-1], sizes, axis=1, num=len(self.places))
        for place, part in zip(self.places, parts, strict=True):
            found[place] = part if shapes[place].rank == 2 else part[:, 0]
            found[place].set_shape(shapes[place])
        return [found[place] for place in range(len(shapes))]

    def apply(
        self, optimizer: Any, scope: Scope, gradients: Sequence[Any], trainable: Sequence[Any], sizes: Sequence[Any]
    ) -> None:
        """Makes one step of the values in a scope.

        Raises:
            Unmapped: one of the small weights has no gradient.
        """
        small = [trainable[place] for place in self.places]
        values = scope.values(small)
        missing = [one.path for one, place in zip(small, self.places, strict=True) if gradients[place] is None]
        if missing:
            raise Unmapped(f"the loss does not depend on {missing[0]}")
        scope.add_update((self.whole, _joined(values)))
        steps = [*(gradients[place] for place in self.rest), _joined([gradients[place] for place in self.places])]
        optimizer.apply(steps, [*(trainable[place] for place in self.rest), self.whole])
        parts = tf.split(scope.get_current_value(self.whole), sizes, num=len(values))
        for variable, value, part in zip(small, values, parts, strict=True):
            part.set_shape([value.shape[0] if value.shape.rank else 1])
            scope.add_update((variable, part if value.shape.rank else tf.reshape(part, [])))


def of(model: Any) -> Merged | None:
    """The small weights of a model whose optimizer is not built and steps number by number; None without such."""
    trainable = model.trainable_variables
    places = [place for place, one in enumerate(trainable) if len(one.shape) <= 1]
    if len(places) < 2 or not _is_number_by_number(model.optimizer) or not all(map(is_plain, trainable)):
        return None
    count = sum(int(trainable[place].shape[0]) if len(trainable[place].shape) else 1 for place in places)
    whole = keras.Variable(initializer="zeros", shape=(count,), dtype="float32", name="merged")
    return Merged(places, [place for place in range(len(trainable)) if place not in places], whole)


def _is_number_by_number(optimizer: Any) -> bool:
    together = (optimizer.clipnorm, optimizer.global_clipnorm, optimizer.gradient_accumulation_steps)
    spared = private.spares_weights(optimizer)
    plain = not optimizer.built and not optimizer.use_ema and not spared and all(one is None for one in together)
    return plain and type(optimizer) in _NUMBER_BY_NUMBER


def is_plain(variable: Any) -> bool:
    """Whether an optimizer steps a variable like any other, in single precision."""
    spared = getattr(variable, "overwrite_with_gradient", False)
    return variable.constraint is None and not spared and str(variable.dtype) == "float32"


def _joined(values: Sequence[Any]) -> Any:
    return tf.concat([one if one.shape.rank else tf.reshape(one, [1]) for one in values], 0)


def _size(stack: Any) -> Any:
    if stack.shape.rank == 1:
        return 1
    return tf.shape(stack)[1] if stack.shape[1] is None else stack.shape[1]
