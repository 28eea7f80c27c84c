"""A compiled Keras model as a template: made again with settings of its layers and its optimizer changed by name."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from job.study.mistakes import listed, nearest

_UNSET = {"name", "trainable", "dtype", "layers", "input_layers", "output_layers", "build_input_shape"}


class Template:
    """Makes models like one that is built and compiled: of its layers and settings, with initial values of their own.

    Args:
        model: compiled. It is only read.

    Raises:
        ValueError: it can't be made again from what it tells of itself, or it was trained already.
    """

    def __init__(self, model: Any) -> None:
        _refuse(model)
        self.model = model
        self._config = _written(model)
        self._compiled = model.get_compile_config()
        self._own = own_objects(model)

    def names(self) -> list[str]:
        """All settings by name: ``LAYER__SETTING``, ``optimizer__SETTING``, ``optimizer``, ``loss``."""
        return list(self.values())

    def values(self) -> dict[str, Any]:
        """All settings, with what the model has."""
        found = {
            f"{layer['config']['name']}__{name}": value
            for layer in _layers(self._config)
            for name, value in layer["config"].items()
            if name not in _UNSET
        }
        optimizer = self._compiled["optimizer"]["config"]
        found |= {f"optimizer__{name}": value for name, value in optimizer.items() if name != "name"}
        return {**found, "optimizer": self._compiled["optimizer"], "loss": self._compiled.get("loss")}

    def refusal(self, name: str) -> str:
        """Why a name is no setting: what there is instead."""
        names = self.names()
        plain = name.rpartition("__")[2]
        having = [one for one in names if one.rpartition("__")[2] == plain and "__" in one]
        if having:
            return (
                f"the built model has no `{name}`; its layers with `{plain}` are set by name: {listed(having)}. A "
                f"function that takes it looks so: `def build({plain}=…): …; return model`."
            )
        layers = [layer["config"]["name"] for layer in _layers(self._config)]
        return (
            f"the built model has no `{name}`; there are `loss`, `optimizer`, `optimizer__SETTING`, and "
            f"`LAYER__SETTING` of its layers {listed(layers)}.{nearest(name, names)}"
        )

    def __call__(self, **settings: Any) -> Any:
        """A new model, compiled, with these settings changed."""
        config, compiled = _copied(self._config), dict(self._compiled)
        by_name = {layer["config"]["name"]: layer["config"] for layer in _layers(config)}
        for name in ("optimizer", "loss"):
            if name in settings:
                compiled[name] = settings[name]
        for name, value in settings.items():
            first, _, setting = name.rpartition("__")
            if first == "optimizer":
                compiled["optimizer"] = _with(compiled["optimizer"], setting, value)
            elif first:
                by_name[first][setting] = _serialized(value)
        with keras.saving.custom_object_scope(self._own):
            model = keras.saving.deserialize_keras_object(config, safe_mode=False)
            model.compile(**keras.saving.deserialize_keras_object(compiled))
        return model


def _refuse(model: Any) -> None:
    if not model.compiled:
        raise ValueError(
            "the model is built, but not compiled, so nothing says how to train it; add a line such as "
            'model.compile(optimizer="adam", loss="binary_crossentropy") before giving it.'
        )
    if len(getattr(model, "outputs", None) or [None]) > 1:
        raise ValueError(
            f"the model has {len(model.outputs)} outputs; an estimator of scikit-learn predicts one y, so one output "
            "is allowed: concatenate them in the model, or make a study, whose y may be several arrays."
        )
    frozen = [one.name for one in model.layers if not one.trainable and one.weights]
    if frozen or int(model.optimizer.iterations.numpy()):
        what = f"holds frozen weights ({frozen[0]})" if frozen else "was trained already"
        raise ValueError(
            f"the model {what}, and a template's weights are drawn anew for each fit, so they would be lost; give a "
            "function that loads them and returns the compiled model: def build(): …; return model"
        )


def _written(model: Any) -> dict[str, Any]:
    try:
        config: dict[str, Any] = keras.saving.serialize_keras_object(model)
    except Exception as error:
        raise ValueError(
            f"the built {type(model).__name__} can't be made again from its config ({error}); give a function that "
            "makes and compiles it: def build(): …; return model"
        ) from error
    config.pop("compile_config", None)
    for layer in _layers(config):
        layer.pop("build_config", None)  # shapes follow from settings that may change
    return config


def own_objects(model: Any) -> dict[str, Any]:
    """Classes and functions that only this model names, so that it can be made again without registering them."""
    found = {type(one).__name__: type(one) for one in (model, *model.layers)}
    if callable(model.loss):
        found[getattr(model.loss, "__name__", type(model.loss).__name__)] = model.loss
    return {name: one for name, one in found.items() if not str(one.__module__).startswith("keras.")}


def _layers(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The layers of a written model, those of models within it too."""
    for layer in config["config"].get("layers", ()):
        yield layer
        if isinstance(layer.get("config"), dict):
            yield from _layers(layer)


def _copied(config: Any) -> Any:
    if isinstance(config, dict):
        return {name: _copied(value) for name, value in config.items()}
    return [_copied(one) for one in config] if isinstance(config, list) else config


def _with(optimizer: Any, setting: str, value: Any) -> Any:
    written = keras.saving.serialize_keras_object(keras.optimizers.get(optimizer))
    return {**written, "config": {**written["config"], setting: _serialized(value)}}


def _serialized(value: Any) -> Any:
    if callable(value) or type(value).__module__.startswith("keras."):
        return keras.saving.serialize_keras_object(value)
    return value
