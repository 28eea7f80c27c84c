"""Estimators of SciKeras and of ``keras.wrappers``: taken over where nothing of them is lost, else refused in words."""

import inspect
from collections.abc import Mapping
from typing import Any

from job.study.usercode.signatures import parameters_of

_SAME = ("epochs", "shuffle", "callbacks", "validation_split", "class_weight", "random_state", "verbose")
_SCIKERAS: Mapping[str, Any] = {"warm_start": False, "optimizer": "rmsprop", "loss": None, "metrics": None,
                                "run_eagerly": False, "validation_batch_size": None}  # fmt: skip
"""What SciKeras has beside, with the values that say nothing."""
_COMPILED = ("optimizer", "loss", "metrics", "compile", "compile_kwargs", "run_eagerly")


def is_foreign(estimator: Any) -> bool:
    """Whether it is of SciKeras or of ``keras.wrappers``."""
    return hasattr(estimator, "get_params") and type(estimator).__module__.partition(".")[0] in ("scikeras", "keras")


def is_of_keras_tuner(estimator: Any) -> bool:
    """Whether it is a tuner or a hypermodel of KerasTuner, or the user's own kind of one."""
    return "keras_tuner" in {one.__module__.partition(".")[0] for one in type(estimator).__mro__}


def parameters(estimator: Any) -> dict[str, Any]:
    """What one of ours is made with in its place.

    Raises:
        ValueError: something would be lost; says the line that mends it.
    """
    if type(estimator).__module__.startswith("scikeras."):
        return _of_scikeras(estimator)
    return _of_keras(estimator)


def _of_scikeras(estimator: Any) -> dict[str, Any]:
    given = estimator.get_params(deep=False)
    model = given.pop("model", None) or given.pop("build_fn", None)
    given.pop("build_fn", None)
    lost = {name: value for name, value in given.items() if name in _SCIKERAS and value != _SCIKERAS[name]}
    routed = {name: value for name, value in given.items() if name not in _SCIKERAS and name not in _SAME}
    batch = routed.pop("batch_size", None)
    found = {name: given[name] for name in _SAME if name in given} | {"batch_size": 32 if batch is None else batch}
    for name, value in routed.items():
        first, _, plain = name.rpartition("__")
        if first == "fit" and plain in (*_SAME, "batch_size"):
            found[plain] = value
        elif not first or first == "model":
            found[name] = value
        else:
            lost[name] = value
    if model is not None and "compile_kwargs" in parameters_of(model):
        lost["compile_kwargs"] = "…"
    if lost:
        raise ValueError(_lost("SciKeras", estimator, lost, model, _said(found)))
    return {"model": model, **found}


def _of_keras(estimator: Any) -> dict[str, Any]:
    given = estimator.get_params(deep=False)
    model, own = given["model"], dict(given.get("model_kwargs") or {})
    lost = {name: given[name] for name in ("fit_kwargs", "warm_start") if given.get(name)}
    if lost or type(estimator).__name__ == "SKLearnTransformer":
        raise ValueError(_lost("keras.wrappers", estimator, lost, model, own))
    if tuple(parameters_of(model))[:2] == ("X", "y"):
        raise ValueError(
            f"`{_named(model)}(X, y, …)` is written for keras.wrappers, which hands it the rows; here a function may "
            f"take `meta` for what they are: `def {_named(model)}(meta, …)` with meta['n_features_in_'] and "
            "meta['n_classes_']."
        )
    return {"model": model, **own}


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from what SciKeras has where nothing is said."""
    usual = {"epochs": 1, "batch_size": 32, "shuffle": True, "validation_split": 0.0, "verbose": 1}
    return {name: value for name, value in found.items() if value is not None and value != usual.get(name)}


def _lost(whose: str, estimator: Any, lost: Mapping[str, Any], model: Any, own: Mapping[str, Any] | None = None) -> str:
    kind = "KerasRegressor" if "Regressor" in type(estimator).__name__ else "KerasClassifier"
    fit = lost.get("fit_kwargs") or {}
    arguments = "".join(f", {name}={value!r}" for name, value in {**(own or {}), **fit}.items())
    told = ", ".join(f"{name}={value!r}" if value != "…" else name for name, value in lost.items()) or "what it does"
    compiled = [name for name in lost if name.partition("__")[0] in _COMPILED]
    where = ""
    if compiled:
        where = f" A function here compiles its model itself: {', '.join(compiled)} goes into its model.compile(…)."
    if lost.get("warm_start"):
        where += " To train a fitted one on, take its Keras model: estimator.model_.fit(X, y)."
    return (
        f"{type(estimator).__name__} of {whose} has {told}, which would be lost; write "
        f"`from job import {kind}` and {kind}({_named(model)}{arguments}).{where}"
    )


def _named(model: Any) -> str:
    return model.__name__ if inspect.isfunction(model) else "model"
