"""What the metrics of all fits tell, by Keras's names."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import tensorflow as tf

from job.train.patches.vectorize import over_fits
from job.train.together.program.tracer import Tracer
from job.train.together.step.step import OneFit


@dataclass(eq=False)
class MetricResults:
    """``(metrics' state) -> [(fits, …)]``, in the order of ``names``, traced when first called.

    Attributes:
        tracer: of the program.
        fit: one of its fits.
        names: as in Keras's history, known once it is traced.
    """

    tracer: Tracer
    fit: OneFit
    names: list[str] = field(default_factory=list)

    def __call__(self, state: list[Any]) -> Any:
        """What the metrics tell of stacks of their variables."""
        return self.traced(state)

    @cached_property
    def traced(self) -> Any:
        """The function itself."""
        specs = [self.tracer.spec(variable) for variable in self.tracer.variables.metrics]

        def results(state: list[Any]) -> Any:
            return over_fits(self._of_one, state, tf.shape(state[0])[0])

        return self.tracer.concrete(results, [specs])

    def _of_one(self, state: list[Any]) -> list[Any]:
        found = self.fit.results(state)
        self.names = list(found)
        return [tf.cast(one, tf.float32) for one in found.values()]
