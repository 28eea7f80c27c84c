"""The settings of a written model's layers by name: of models within it and of wrapped layers too."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_UNSET = {"name", "trainable", "dtype", "layers", "input_layers", "output_layers", "build_input_shape"}
_WRAPPED = ("layer", "backward_layer", "cell")
"""Where wrappers have the layers that they wrap."""

Place = tuple[dict[str, Any], str]
"""A written layer, and a setting's key in its config."""


def places(config: Mapping[str, Any]) -> dict[str, Place]:
    """Where each setting stands, by its name.

    It is ``LAYER__SETTING``; where several layers have one name, ``MODEL__LAYER__SETTING``, by the models that each is
    in; of a wrapped layer ``LAYER__layer__SETTING``.
    """
    found: dict[str, Place] = {}
    for name, layer in named(config).items():
        found |= _of_layer(name, layer)
    return found


def named(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The written layers by the names that their settings begin with."""
    several = list(_layers(config, ()))
    counted = Counter(path[-1] for path, _ in several)
    return {path[-1] if counted[path[-1]] == 1 else "__".join(path): layer for path, layer in several}


def every(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The written layers, those of models within the model too."""
    return [layer for _, layer in _layers(config, ())]


def without_mirrors(config: Mapping[str, Any]) -> None:
    """Leaves out the backward layers that Keras makes of the forward ones, so that settings of these are for both."""
    for layer in every(config):
        inner = layer["config"]
        forward, backward = inner.get("layer"), inner.get("backward_layer")
        if forward and backward and _compared(forward) == _compared(backward):
            del inner["backward_layer"]


def _compared(layer: Mapping[str, Any]) -> Any:
    config = {name: value for name, value in layer["config"].items() if name not in ("name", "go_backwards")}
    return layer["class_name"], config


def _layers(config: Mapping[str, Any], within: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for layer in config["config"].get("layers", ()):
        if isinstance(layer.get("config"), dict):
            path = (*within, layer["config"].get("name", ""))
            yield path, layer
            yield from _layers(layer, path)


def _of_layer(name: str, layer: dict[str, Any]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for key, value in layer["config"].items():
        if key in _UNSET:
            continue
        found[f"{name}__{key}"] = layer, key
        if key in _WRAPPED and isinstance(value, dict) and isinstance(value.get("config"), dict):
            found |= _of_layer(f"{name}__{key}", value)
    return found
