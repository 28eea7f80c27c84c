"""How an estimator's model is made: a function or template, and what it is called with, comparable with others."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from job.plan import identity
from job.sklearn import given_layers

_MADE_ANEW = (keras.layers.Layer, keras.initializers.Initializer)


@dataclass(frozen=True, eq=False)
class Recipe:
    """A model that can be made again and again.

    Attributes:
        maker: the user's function, or a ``Template``.
        arguments: what it is called with.
    """

    maker: Callable[..., Any]
    arguments: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        """Equal for equal arguments, as far as they can be compared."""
        return identity.digest(json.dumps(_token(self.arguments), sort_keys=True))

    def make(self) -> Any:
        """The model; objects among the arguments are copied, so that no two models share a layer or optimizer."""
        return self.maker(**_own_arguments(self))


def builder(maker: Callable[..., Any], known: Mapping[str, Recipe]) -> Callable[..., Any]:
    """The ``build`` of all models that one maker makes, called with a recipe's key.

    The maker stays in reach as a closure's own value: what draws randomness is looked for in its modules.
    """

    def build(key: str) -> Any:
        return maker(**_own_arguments(known[key]))

    return build


def plain(value: Any) -> Any:
    """NumPy's numbers and texts as Python's own, as models' settings want them.

    Times stay: Python has none as fine, and would make counts of them.
    """
    is_time = isinstance(value, np.datetime64 | np.timedelta64)
    return value.item() if isinstance(value, np.generic) and not is_time else value


def _own_arguments(recipe: Recipe) -> dict[str, Any]:
    return {name: _own(name, value) for name, value in recipe.arguments.items()}


def _own(name: str, value: Any) -> Any:
    value = plain(value)
    if isinstance(value, str | int | float | bool | type(None)):
        return value
    if type(value) in (list, tuple) and any(isinstance(one, _MADE_ANEW) for one in value):
        return type(value)(_own(name, one) for one in value)
    if isinstance(value, keras.layers.Layer):
        return given_layers.anew(name, value)
    if isinstance(value, keras.initializers.Initializer):
        return given_layers.initializer(value)
    return value if callable(value) else copy.deepcopy(value)


def _token(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, str | int | float | bool | type(None)):
        return [type(value).__name__, value]
    if isinstance(value, Mapping):
        return {str(name): _token(one) for name, one in value.items()}
    if isinstance(value, Sequence):
        return [type(value).__name__, *(_token(one) for one in value)]
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind != "O":
        return [str(value.dtype), value.shape, identity.digest(value.tobytes().hex())]
    if not callable(value) and type(value).__module__.startswith("keras."):
        return keras.saving.serialize_keras_object(value)
    return [type(value).__qualname__, id(value)]  # the recipe holds it, so the number is no one else's
