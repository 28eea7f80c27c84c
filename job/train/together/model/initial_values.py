"""Where each initial value comes from: one build recorded, any other fit's values drawn anew without building.

A build under ``recording`` creates no values. Each variable keeps its initializer, and the seeds the initializers drew
from Python's generator are found again in that generator's stream, so another fit's seed gives another fit's values.
"""

import copy
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from job.data.rows import Array
from job.train import building, order
from job.train.fits import Build
from job.train.patches import private, recording
from job.train.refusals import Refusal

_MOST_DRAWS = 10_000


class NotReplayable(Refusal):
    """A variable's initial value does not follow from the fit's seed in a way that was recorded."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where a variable's initial value comes from.

    Attributes:
        shape, dtype: of the variable.
        value: when it is the same in every fit.
        draw: when not: the place, in the stream of Python's generator, of the seed it comes from.
        initializer: called with that seed; None for a seed generator's own state.
    """

    shape: tuple[int, ...]
    dtype: str
    value: Array | None = None
    draw: int | None = None
    initializer: Any | None = None

    def initial(self, draws: Sequence[int]) -> Array:
        """The value for a fit whose generator draws ``draws``."""
        if self.value is not None:
            return self.value
        seed = draws[self.draw or 0]
        if self.initializer is None:
            return np.array([seed, 0], dtype=self.dtype)
        initializer = copy.copy(self.initializer)
        initializer.seed = seed
        return np.asarray(initializer(self.shape, dtype=self.dtype))


class Recording:
    """One recorded build.

    Attributes:
        model: compiled, of variables without values.
    """

    def __init__(self, model: Any, origins: Mapping[int, Any], seed: int) -> None:
        self.model = model
        self._origins = origins
        self._stream = _Stream(seed)

    def sources(self, variables: Sequence[Any]) -> list[Source]:
        """Finds where the initial values of variables come from.

        Raises:
            NotReplayable: a value depends on something that was not recorded.
        """
        return [self._source(variable) for variable in variables]

    def _source(self, variable: Any) -> Source:
        shape, dtype = tuple(variable.shape), str(keras.backend.standardize_dtype(private.dtype(variable)))
        origin = self._origins.get(id(variable))
        if origin is None:
            raise NotReplayable(f"variable {variable.path} was not created by build")
        if private.is_random(origin) and (private.given_seed(origin) is None or self._stream.has(origin.seed)):
            return Source(shape, dtype, draw=self._stream.place(origin.seed), initializer=origin)
        value = np.asarray(origin(shape, dtype=dtype) if callable(origin) else origin).astype(dtype, copy=False)
        if variable.name == "seed_generator_state" and self._stream.has(int(value[0])):
            return Source(shape, dtype, draw=self._stream.place(int(value[0])))
        return Source(shape, dtype, value=value)


class _Stream:
    """What ``keras.utils.set_random_seed(seed)`` makes Python's generator draw for seeds of layers and initializers."""

    def __init__(self, seed: int) -> None:
        self._generator = random.Random(order.keras_seed(seed))  # noqa: S311  # Keras's own generator
        self._places: dict[int, int] = {}
        self._count = 0

    def place(self, seed: Any) -> int:
        """Which draw gave this seed."""
        if not isinstance(seed, int) or not self.has(seed):
            raise NotReplayable("an initializer's seed was not drawn from Keras's generator")
        return self._places[seed]

    def has(self, seed: Any) -> bool:
        """Whether it was drawn; a seed of the user's own is, in all likelihood, not."""
        while seed not in self._places and self._count < _MOST_DRAWS:
            self._places.setdefault(_draw(self._generator), self._count)
            self._count += 1
        return seed in self._places


def draws(seed: int, count: int) -> list[int]:
    """The first seeds that Keras draws in a build after ``set_random_seed``."""
    generator = random.Random(order.keras_seed(seed))  # noqa: S311
    return [_draw(generator) for _ in range(count)]


def _draw(generator: random.Random) -> int:
    return generator.randint(1, int(1e9))  # as keras.src.random.seed_generator.make_default_seed


def record(build: Build, params: Mapping[str, Any], seed: int) -> Recording:
    """Calls ``build`` once, without creating any value.

    Raises:
        Exception: whatever ``build`` raises; also when it looks at values that are not there.
    """
    origins: dict[int, Any] = {}
    with recording.recording(origins):
        model = building.fresh(build, params, seed)
    return Recording(model, origins, seed)
