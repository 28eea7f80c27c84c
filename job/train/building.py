"""The user's ``build``: called with a fit's own seed, and what it returned looked at before anything is trained."""

import weakref
from collections.abc import Mapping
from typing import Any

import keras

from job.train import adapt, feeding, input_shapes, order, targets
from job.train.fits import Build, FitRequest, Material
from job.train.heads import ModelMistake
from job.train.patches import keras_state, private, randomness, sequential

_OTHER_SHAPE = (keras.layers.TextVectorization, keras.layers.Hashing)
"""Layers that Keras itself says another shape of than they give: texts (rows, 1) counted to (rows, 1, words), say."""


_USED = (
    "build returned a model with the {} `{}`, which an earlier call of build used too: each fit would begin with what "
    "the one before it learned, of its test rows too. Make it anew in every call: not once for the module, and without "
    "a cache such as functools.lru_cache. Layers that stay as they are, such as a pretrained base, get "
    "`trainable = False`."
)
_used: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""Weights and optimizers of all models that were built, as long as somebody holds them: of the whole process, as what
calls of ``build`` share is the process's too."""


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
    _refuse_used(model)
    return model, drawn


def _check_compiled(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise ModelMistake(f"build returned {_described(model)}; it must return a compiled keras.Model.")
    if not model.compiled:
        raise ModelMistake("build returned a model that is not compiled; call model.compile(optimizer, loss) in build.")
    _refuse_stateful(model)


def _refuse_used(model: Any) -> None:
    """A model whose weights an earlier call made would begin with what that call's fit has learned.

    Raises:
        ModelMistake: it has such weights, or such an optimizer.
    """
    parts = [model, *([] if model.optimizer is None else [model.optimizer])]
    for part in (*parts, *private.layers(model, include_self=False)):
        held = part.trainable_weights if isinstance(part, keras.Layer) and part is not model else [part]
        if any(_used.get(id(one)) is one for one in held):
            raise ModelMistake(_USED.format(type(part).__name__, getattr(part, "name", "")))
    _used.update((id(one), one) for one in (*parts, *model.trainable_weights))


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
        try:
            outputs = ready(model, material, request)
        except ModelMistake:
            raise
        except Exception as error:
            if input_shapes.differ(model, material.X):
                raise ModelMistake(input_shapes.not_taken(model, material.X, error, build, material.folder)) from error
            raise
        try:
            model(feeding.tensors(material.X, request.train[:2]))
        except Exception as error:
            raise ModelMistake(input_shapes.not_taken(model, material.X, error, build, material.folder)) from error
        targets.of(model, outputs, material)
    return model


def _refuse_stateful(model: Any) -> None:
    """A fold's rows are no one series, and they are shuffled: no batch may start from what the one before left behind.

    Raises:
        ModelMistake: a recurrent layer keeps its state from batch to batch.
    """
    kinds = (keras.layers.RNN, keras.layers.Bidirectional)
    for layer in private.layers(model):
        if isinstance(layer, kinds) and getattr(layer, "stateful", False):
            raise ModelMistake(
                f"the {type(layer).__name__} layer `{layer.name}` is stateful: each batch starts where the one before "
                "ended, but folds take rows out of their order, and scoring would start where training ended. "
                "Leave `stateful=True` out, and give each row the steps it needs: longer windows as X of shape (rows, "
                "steps, features), with Input((steps, features)) in place of batch_shape."
            )


def ready(model: Any, material: Material, request: FitRequest) -> Any:
    """Gives a model its weights, and its preprocessing layers what they learn from the fit's training rows.

    Returns:
        Its symbolic outputs: KerasTensors, structured as ``predict`` would.
    """
    if adapt.waiting(model):
        adapt.adapt(model, material.X, request.train)
    if not (model.built and getattr(model, "outputs", None)):
        return model(feeding.symbolic(material.X))
    if any(isinstance(layer, _OTHER_SHAPE) for layer in private.layers(model)):
        return private.compute_output_spec(model, feeding.symbolic(material.X))
    return model.outputs[0] if isinstance(model, keras.Sequential) else model.output  # these know theirs


def _described(value: Any) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    if isinstance(value, tuple):
        return f"a tuple of {', '.join(type(one).__name__ for one in value)}"
    if kind.startswith("tf_keras."):
        return f"a model of the old Keras 2 ({kind})"
    if kind.startswith("keras_tuner.") or hasattr(value, "hyperparameters"):
        return f"a KerasTuner object ({kind})"
    return "nothing (it has no `return model`)" if value is None else f"a {kind}"
