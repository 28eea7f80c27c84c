"""Whether a built model is still what its template was made of: users compile, train and load weights at any time."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from job.train.patches import private

_PLAIN = (bool, int, float, str)


@dataclass(frozen=True, eq=False)
class ModelState:
    """A model as it was at one moment.

    Attributes:
        compiled: the objects that its last ``compile`` made; held, so that no others take their places.
        values: of weights, of the optimizer's own variables and settings, and which layers are frozen.
    """

    compiled: tuple[Any, ...]
    values: tuple[Any, ...]

    @classmethod
    def now(cls, model: Any) -> "ModelState":
        """As it is."""
        return cls(_compiled(model), _values(model))

    def is_compiled_so(self, model: Any) -> bool:
        """Whether it was not compiled since: quickly told."""
        return all(one is other for one, other in zip(self.compiled, _compiled(model), strict=True))

    def holds(self, model: Any) -> bool:
        """Whether it is the same in all: reads all its weights."""
        return self.is_compiled_so(model) and self.values == _values(model)


def _compiled(model: Any) -> tuple[Any, ...]:
    return model.optimizer, private.compilation(model)


def _values(model: Any) -> tuple[Any, ...]:
    optimizer = model.optimizer
    settings = {name: value for name, value in vars(optimizer).items() if isinstance(value, _PLAIN)}
    frozen = tuple(layer.trainable for layer in private.layers(model))
    digest = 0
    for variable in (*model.weights, *optimizer.variables):  # the learning rate and the count of steps among these
        digest = zlib.crc32(np.ascontiguousarray(variable).view(np.uint8).data, digest)
    return settings, frozen, [tuple(one.shape) for one in model.weights], digest
