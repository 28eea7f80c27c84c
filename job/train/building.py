"""The user's ``build``: called with a fit's own seed, and what it returned looked at before anything is trained."""

from collections.abc import Mapping
from typing import Any

import keras

from job.data.rows import Array, Inputs
from job.train import adapt, failures, feeding, order, targets
from job.train.fits import Build, FitRequest, Material
from job.train.heads import ModelMistake
from job.train.patches import keras_state, private, randomness, sequential


class Exited(Exception):
    """The user's code asked for the end of the process."""


def fresh(build: Build, params: Mapping[str, Any], seed: int) -> Any:
    """Calls ``build`` as in a process of its own: all generators seeded, automatic names counted from the beginning.

    So a metric is called ``auc`` in every fit, not ``auc_7`` in the seventh.

    Raises:
        ModelMistake: what came back is no compiled Keras model.
    """
    return watched(build, params, seed)[0]


def watched(build: Build, params: Mapping[str, Any], seed: int) -> tuple[Any, list[str]]:
    """As ``fresh``; also tells which generators that are not Keras's it drew from.

    Keras's global state stays as ``build`` leaves it: whoever calls this puts it back, see ``keras_state.kept``.
    """
    private.count_names_anew()
    keras.utils.set_random_seed(order.keras_seed(seed))
    with sequential.growing(), randomness.watch(build) as drawn:
        try:
            model = build(**params)
        except SystemExit as error:
            raise Exited(
                f"build called sys.exit({error.code!r}); let it raise an exception, or return a model"
            ) from error
    _check_compiled(model)
    return model, drawn


def _check_compiled(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise ModelMistake(f"build returned {_described(model)}; it must return a compiled keras.Model.")
    if not model.compiled:
        raise ModelMistake("build returned a model that is not compiled; call model.compile(optimizer, loss) in build.")


def check(request: FitRequest, build: Build, material: Material) -> Any:
    """Builds one model and compares it with the task, before any fit runs.

    Returns:
        The model, adapted and with its weights.

    Raises:
        ModelMistake: it is no compiled model, or its loss or outputs contradict the task.
        Exception: whatever ``build`` raises.
    """
    with keras_state.kept():
        model = fresh(build, request.build, request.seed)
        outputs = ready(model, material, request)
        try:
            model(feeding.tensors(material.X, request.train[:2]))
        except Exception as error:
            told = f"the model does not take the data: X has {_shapes(material.X)}. Keras says: {failures.said(error)}"
            raise ModelMistake(told) from error
        targets.of(model, outputs, material)
    return model


def ready(model: Any, material: Material, request: FitRequest) -> Any:
    """Gives a model its weights, and its preprocessing layers what they learn from the fit's training rows.

    Returns:
        Its symbolic outputs: KerasTensors, structured as ``predict`` would.
    """
    if adapt.waiting(model):
        adapt.adapt(model, material.X, request.train)
    if model.built and getattr(model, "outputs", None):  # Sequential and functional models know theirs
        return model.outputs[0] if isinstance(model, keras.Sequential) else model.output
    return model(feeding.symbolic(material.X))


def _shapes(X: Inputs) -> str:
    if isinstance(X, Mapping):
        return "shapes " + ", ".join(f"{name}: {_shape(array)}" for name, array in X.items())
    return f"shapes {', '.join(map(_shape, X))}" if isinstance(X, tuple) else f"shape {_shape(X)}"


def _shape(array: Array) -> str:
    return "(" + ", ".join(["rows", *map(str, array.shape[1:])]) + ")"


def _described(value: Any) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    if isinstance(value, tuple):
        return f"a tuple of {', '.join(type(one).__name__ for one in value)}"
    if kind.startswith("tf_keras."):
        return f"a model of the old Keras 2 ({kind})"
    return "nothing" if value is None else f"a {kind}"
