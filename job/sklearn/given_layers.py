"""Keras layers and initializers as arguments of a function that makes models: each model has its own, unused."""

import copy
import re
from typing import Any

import keras

from job.sklearn import own_code
from job.train import adapt, failures
from job.train.patches import private


def anew(name: str, layer: Any) -> Any:
    """Makes a layer from its config, with a name of its own where its name was Keras's.

    Frozen layers, and those that were adapted, stay as they are.

    Args:
        name: the argument's.
        layer: was given.

    Raises:
        ValueError: it holds weights, which models would share, or it can't be made again; says what to do.
    """
    kind = type(layer).__name__
    if layer.trainable_weights:
        raise ValueError(
            f"{name} is the {kind} `{layer.name}`, which has weights already, and all fits would train the same ones. "
            f"Give a {kind} that no model used yet, set its trainable = False where it is to stay as it is, or make it "
            "in the function."
        )
    if layer.weights or (hasattr(layer, "adapt") and not adapt.waiting(layer)):
        return layer
    try:
        return _of_config(layer)
    except Exception:  # noqa: BLE001  # a class whose config lacks something may still be copied
        try:
            return copy.deepcopy(layer)
        except Exception as error:
            raise ValueError(
                f"{name} is a {kind} that can't be made again ({failures.brief(error)}), and all fits would share it; "
                "make it in the function."
            ) from error


def initializer(given: Any) -> Any:
    """A Keras initializer without a seed made again from its config, so that a fit's seed governs what it draws.

    Keras draws a seed when it makes one, so as given it has that of the process that made it. One that was given a
    seed stays as it is, and one that can't be made again.
    """
    if not private.is_random(given) or private.given_seed(given) is not None:
        return given
    try:
        return _of_config(given)
    except Exception:  # noqa: BLE001  # a class of the user's whose config lacks something
        return given


def _of_config(layer: Any) -> Any:
    found = own_code.written(layer)
    config = dict(found.config["config"])
    if _is_kerass(type(layer).__name__, config.get("name")):
        del config["name"]
    with keras.saving.custom_object_scope(dict(found.own)):
        return type(layer).from_config(config)


def _is_kerass(kind: str, name: Any) -> bool:
    """Whether a name is what Keras calls layers of a kind that were given none: ``dense``, ``dense_7``."""
    return isinstance(name, str) and re.sub(r"_\d+$", "", name).replace("_", "") == kind.replace("_", "").lower()
