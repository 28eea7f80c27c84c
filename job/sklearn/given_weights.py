"""What a built model holds that no model made like it would: weights that were set, and layers that were adapted."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from job.sklearn.turns import unnoticed
from job.study.mistakes import listed
from job.train import adapt
from job.train.patches import private

_FUNCTION = "give a function that loads them and returns the compiled model: def build(): …; return model"


def check(model: Any, make: Callable[[], Any]) -> None:
    """Refuses a model whose weights would be lost, as far as it can be known; warns where layers are adapted anew.

    A weight is known to be set where two new models agree in its value and the model has another: a bias that is not
    zero. Of what is drawn at random nothing can be known.

    Args:
        model: was given.
        make: makes one like it, with initial weights of its own.

    Raises:
        ValueError: names the weight, or tells that there are others than in models made like it.
        Exception: whatever making one raises.
    """
    with unnoticed():
        first, second = make(), make()
        adapted = _names(adapt.waiting(first)) - _names(adapt.waiting(model))
        several = [_weights(one, adapted) for one in (model, first, second)]
    shapes = [[value.shape for _, value in one] for one in several]
    if shapes[1] and shapes[0] != shapes[1]:
        raise ValueError(_other_weights(*shapes[:2]))
    if shapes[0] == shapes[1] == shapes[2]:
        for (path, given), (_, one), (_, other) in zip(*several, strict=True):
            if np.array_equal(one, other) and not np.array_equal(given, one):
                refuse(f"has weights of its own ({path} is not what its initializer gives)")
    if adapted:
        warnings.warn(
            f"{listed(sorted(adapted))} of the given model learned from data already; a template's layers are adapted "
            "anew on the training rows of each fit. For values that stay, give them to the layer (mean=…, "
            "vocabulary=…), or give a function that returns the compiled model.",
            UserWarning,
            stacklevel=2,
        )


def _other_weights(given: list[tuple[int, ...]], made: list[tuple[int, ...]]) -> str:
    sizes = [sum(int(np.prod(shape)) for shape in shapes) for shapes in (given, made)]
    return (
        f"a model made again from the config of this one has other weights ({len(made)} of {sizes[1]:,} numbers, where "
        f"this one has {len(given)} of {sizes[0]:,}): Keras writes a layer that several submodels share once for each, "
        "and writes nothing that was added by hand. Give a function that makes the model: def build(): …; return model"
    )


def refuse(what: str) -> None:
    """Raises ValueError: the model's weights would be lost."""
    raise ValueError(
        f"the model {what}, and a template's weights are drawn anew for each fit, so they would be lost; {_FUNCTION}"
    )


def _names(layers: list[Any]) -> set[str]:
    return {one.name for one in layers}


def _weights(model: Any, but: set[str]) -> list[tuple[str, Any]]:
    """Paths and values; none of an unbuilt model, and of layers with these names."""
    without = {id(value) for one in private.layers(model) if one.name in but for value in one.weights}
    return [(one.path, np.asarray(one)) for one in model.weights if id(one) not in without]
