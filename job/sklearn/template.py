"""A compiled Keras model as a template: made again with settings of its layers and its optimizer changed by name."""

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from job.sklearn import given_weights, layer_settings, own_code
from job.sklearn.model_state import ModelState
from job.study.mistakes import listed, nearest, shown
from job.train import failures
from job.train.patches import private


class Template:
    """Makes models like one that is built and compiled: of its layers and settings, with initial values of their own.

    It is structure and settings only: weights are drawn anew for every fit, and preprocessing layers (Normalization,
    TextVectorization) are adapted on the fit's training rows.

    Args:
        model: compiled. It is only read.

    Raises:
        ValueError: it can't be made again from what it tells of itself, or it has weights that would be lost.
    """

    def __init__(self, model: Any) -> None:
        _refuse(model)
        self.model, self.state = model, ModelState.now(model)
        found = _written(model)
        self._config, self._own = found.config, found.own
        self._compiled = self._config.pop("compile_config")
        try:
            given_weights.check(model, self._made_alike)
        except _NotMade as error:
            raise ValueError(_not_made(model, error.error)) from error.error

    def names(self) -> list[str]:
        """All settings by name: ``LAYER__SETTING``, ``optimizer__SETTING``, ``optimizer``, ``loss``."""
        return list(self.values())

    def values(self) -> dict[str, Any]:
        """All settings, with what the model has."""
        places = layer_settings.places(self._config)
        found = {name: layer["config"][key] for name, (layer, key) in places.items()}
        optimizer = self._compiled["optimizer"]["config"]
        found |= {f"optimizer__{name}": value for name, value in optimizer.items() if name != "name"}
        return {**found, "optimizer": self._compiled["optimizer"], "loss": self._compiled.get("loss")}

    def refusal(self, name: str) -> str:
        """Why a name is no setting: what there is instead."""
        names = self.names()
        layer, _, plain = name.rpartition("__")
        if several := [one for one in names if layer and one.endswith(f"__{name}")]:
            return f"the built model has several layers `{layer}`; they are set by name: {listed(several)}."
        having = [one for one in names if one.rpartition("__")[2] == plain and "__" in one]
        if having:
            return (
                f"the built model has no `{name}`; its layers with `{plain}` are set by name: {listed(having)}. A "
                f"function that takes it looks so: `def build({plain}=…): …; return model`."
            )
        layers = layer_settings.named(self._config)
        return (
            f"the built model has no `{name}`; there are `loss`, `optimizer`, `optimizer__SETTING`, and "
            f"`LAYER__SETTING` of its layers {listed(layers)}.{nearest(name, names)}"
        )

    def __call__(self, **settings: Any) -> Any:
        """A new model, compiled, with these settings changed.

        Raises:
            ValueError: no such model can be made; says which setting is refused, and why.
        """
        written = {name: _serialized(name, value) for name, value in settings.items()}
        own = own_code.joined([self._own, *(one.own for one in written.values())])
        with keras.saving.custom_object_scope(own):
            try:
                return self._made({name: one.config for name, one in written.items()})
            except _NotMade as error:
                raise ValueError(self._told(settings, written, error)) from error.error

    def _made_alike(self) -> Any:
        with keras.saving.custom_object_scope(self._own):
            return self._made({})

    def _made(self, written: Mapping[str, Any]) -> Any:
        config, compiled = _copied(self._config), _copied(self._compiled)
        places = layer_settings.places(config)
        for name in ("optimizer", "loss"):
            if name in written:
                compiled[name] = written[name]
        for name, value in written.items():
            if name in places:
                layer, key = places[name]
                layer["config"][key] = value
        try:
            model = keras.saving.deserialize_keras_object(config, safe_mode=False)
            for name, value in written.items():
                if name not in places and name not in ("optimizer", "loss"):
                    compiled["optimizer"] = _with(compiled["optimizer"], name.removeprefix("optimizer__"), value)
            model.compile(**keras.saving.deserialize_keras_object(compiled, safe_mode=False))
        except Exception as error:
            raise _NotMade(error) from error
        return model

    def _told(self, settings: Mapping[str, Any], written: Mapping[str, own_code.Serialized], error: "_NotMade") -> str:
        """Which of some settings is refused, by which layer, and why."""
        places = layer_settings.places(self._config)
        for name in settings:
            if name not in places:
                continue
            layer, key = places[name]
            changed = {**layer, "config": {**_copied(layer["config"]), key: written[name].config}}
            try:
                keras.saving.deserialize_keras_object(changed, safe_mode=False)
            except Exception as why:  # noqa: BLE001  # whatever a layer raises
                kind, own = layer["class_name"], layer["config"].get("name", "")
                given = f"{name}={shown(settings[name])}"
                return f"{given}: the {kind} layer `{own}` does not take that ({failures.brief(why)})."
        given = ", ".join(f"{name}={shown(value)}" for name, value in settings.items())
        if not given:
            return _not_made(self.model, error.error)
        return f"the built model can't be made again with {given} ({failures.brief(error.error)})."


class _NotMade(Exception):
    """Keras made no model; carries what it raised."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


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
    layers = private.layers(model, include_self=False)
    if frozen := [one.name for one in layers if not one.trainable and one.weights]:
        given_weights.refuse(f"holds frozen weights ({frozen[0]})")
    if int(model.optimizer.iterations.numpy()):
        given_weights.refuse("was trained already")


def _written(model: Any) -> own_code.Serialized:
    try:
        found = own_code.written(model)
    except Exception as error:
        raise ValueError(_not_made(model, error)) from error
    for layer in layer_settings.every(found.config):
        layer.pop("build_config", None)  # shapes follow from settings that may change
    layer_settings.without_mirrors(found.config)
    return found


def _not_made(model: Any, error: Exception) -> str:
    return (
        f"the built {type(model).__name__} can't be made again from its config ({failures.brief(error)}); give a "
        "function that makes and compiles it: def build(): …; return model"
    )


def own_objects(model: Any) -> dict[str, Any]:
    """Classes and functions that only this model names, so that it can be made again without registering them."""
    return dict(own_code.written(model).own)


def _copied(config: Any) -> Any:
    if isinstance(config, dict):
        return {name: _copied(value) for name, value in config.items()}
    return [_copied(one) for one in config] if isinstance(config, list) else config


def _with(optimizer: Any, setting: str, value: Any) -> Any:
    written = keras.saving.serialize_keras_object(keras.optimizers.get(optimizer))
    return {**written, "config": {**written["config"], setting: value}}


def _serialized(name: str, value: Any) -> own_code.Serialized:
    several: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    if not any(own_code.is_written(one) for one in several):
        return own_code.Serialized(value, {})
    try:
        return own_code.written(value)
    except Exception as error:
        raise ValueError(
            f"{name}={shown(value)}: Keras can't write that, which a template's settings have to be "
            f"({failures.brief(error)}); give a function that makes the model with it: def build(): …; return model"
        ) from error
