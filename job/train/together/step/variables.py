"""The values of one fit in the place of a model's variables."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import keras

from job.train.patches import private
from job.train.refusals import Refusal


class Unmapped(Refusal):
    """The model's step uses a variable that is not part of its state."""


class Scope(keras.StatelessScope):  # type: ignore[misc]  # Keras ships no types
    """Holds the values of one fit; a variable it does not know is an error, not a constant."""

    def __init__(self, variables: Sequence[Any], values: Sequence[Any]) -> None:
        super().__init__(initialize_variables=False, collect_losses=True)
        for variable, value in zip(variables, values, strict=True):
            self.add_update((variable, value))

    def add_update(self, update: Any) -> None:
        """A variable's new value. Another variable is what it holds here: outside, it would be what it began with."""
        variable, value = update
        super().add_update((variable, held(value)))

    def get_current_value(self, variable: Any) -> Any:
        """The value of one variable."""
        value = super().get_current_value(variable)
        if value is None:
            raise Unmapped(f"variable {variable.path} belongs neither to the model nor to its optimizer")
        return value

    def values(self, variables: Sequence[Any]) -> list[Any]:
        """The values of some."""
        return [self.get_current_value(variable) for variable in variables]


def held(value: Any) -> Any:
    """A variable's value in the scope that is open; anything else as it is. Keras takes variables for tensors."""
    return value.value if isinstance(value, keras.Variable) else value


@dataclass(frozen=True)
class Variables:
    """A model's variables, in the order of a program's state."""

    trainable: list[Any]
    other: list[Any]
    optimizer: list[Any]
    metrics: list[Any]

    @classmethod
    def of(cls, model: Any) -> "Variables":
        """Those of a built, compiled model."""
        optimizer = model.optimizer.variables
        return cls(model.trainable_variables, model.non_trainable_variables, optimizer, model.metrics_variables)

    def parted(self, state: Sequence[Any]) -> list[list[Any]]:
        """A program's state, one of each variable, in these four parts."""
        ends = [0, *accumulate(len(one) for one in (self.trainable, self.other, self.optimizer, self.metrics))]
        return [list(state[begin:end]) for begin, end in pairwise(ends)]

    def final(self, optimizer: Any, state: Sequence[Any]) -> list[Any]:
        """The weights as ``fit`` leaves them: with moving averages in their place when the optimizer keeps some."""
        weights = list(state[: len(self.model)])
        places = {id(variable): at for at, variable in enumerate(self.all)}
        for weight, average in private.averages(optimizer):
            weights[places[id(weight)]] = state[places[id(average)]]
        return weights

    @property
    def model(self) -> list[Any]:
        """What a prediction depends on."""
        return self.trainable + self.other

    @property
    def fit(self) -> list[Any]:
        """What training changes, but for metrics."""
        return self.trainable + self.other + self.optimizer

    @property
    def all(self) -> list[Any]:
        """The whole state."""
        return self.fit + self.metrics
