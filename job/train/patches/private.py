"""What is private in Keras and TensorFlow and is only looked at or called; each name once, and why it has to be.

``tests/train/patches/test_private.py`` names them all, with those that the other patches use.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from keras.src.backend import compute_output_spec
from keras.src.backend.common import global_state
from keras.src.initializers.random_initializers import RandomInitializer
from keras.src.losses.losses import LossFunctionWrapper
from keras.src.utils import naming

__all__ = ["compute_output_spec"]  # one call of a function without values; public is only that of a whole layer

NO_LOSS = "No loss to compute"
"""How Keras begins to say that a model has no loss, neither compiled nor added by a layer."""
DISPATCHER = "PythonAPIDispatcher"
"""The class of what TensorFlow's functions close over so that other libraries may stand in; it holds nothing else."""
BOOKKEEPING = frozenset({
    "_tracker", "_auto_config", "_call_signature", "_inbound_nodes_by_id", "_trainable_variables_indices", "_lock",
    "_build_shapes_dict", "_self_unconditional_checkpoint_dependencies", "_self_unconditional_dependency_names",
    "_self_unconditional_deferred_dependencies", "_self_update_uid", "_self_name_based_restores",
    "_self_saveable_object_factories", "_loss_ids", "_compile_config", "_initial_epoch", "_initializer", "initializer",
    "backend", "build", "quantize", "_distribute_strategy", "_distribution_strategy", "_mesh", "_nodes",
})  # fmt: skip
"""Attributes of Keras's own that hold book-keeping, what others hold too, or initial values of variables."""

OPTIMIZERS_OWN = "_variables"
"""Of an optimizer: all variables that it made, in one list."""

INITIAL_SEED = "_initial_seed"
"""Of a seed generator: what its state, a variable, began with."""

GROUP_SHAPE = "_create_broadcast_shape"
"""Of a group normalization, the method that tells in which shape its weights meet groups."""


def layers(model: Any, *, include_self: bool = True) -> list[Any]:
    """All layers of a model, those within layers too, which the public ``layers`` leaves out."""
    return list(model._flatten_layers(include_self=include_self))


def layers_within(layer: Any) -> list[Any]:
    """The layers that a layer holds itself; the public ``layers`` is of models only."""
    return list(layer._flatten_layers(include_self=False, recursive=False))


def built_shapes(layer: Any) -> Mapping[str, Any]:
    """The shapes a layer was built for, by the names of its ``build``'s arguments."""
    return layer._build_shapes_dict or {}


def nodes(layer: Any) -> Sequence[Any]:
    """A layer's symbolic calls, with their input and output tensors."""
    found: Sequence[Any] = layer._inbound_nodes
    return found


def history(tensor: Any) -> Any:
    """Which layer's call made a symbolic tensor; None where none did."""
    return getattr(tensor, "_keras_history", None)


def dtype(variable: Any) -> Any:
    """The type a variable is stored in; the public one is what it is cast to in a scope of mixed precision."""
    return variable._dtype


def autocast(variable: Any) -> Any:
    """Whether a variable is cast in a scope of mixed precision."""
    return getattr(variable, "_autocast", None)


def kernel(layer: Any) -> Any:
    """A layer's own kernel; the public one adds what LoRA learns."""
    return layer._kernel


def learning_rate(optimizer: Any) -> Any:
    """As given: a variable, a schedule or a function; the public one is today's number."""
    return optimizer._learning_rate


def moments(optimizer: Any) -> list[Any]:
    """Adam's, all first ones and then all second ones."""
    return [*optimizer._momentums, *optimizer._velocities]


def with_inner(optimizer: Any) -> list[Any]:
    """An optimizer, and those that it leaves the steps to."""
    within = (getattr(optimizer, "inner_optimizer", None), *getattr(optimizer, "_inner_optimizers", ()))
    return [optimizer, *(one for inner in within if inner is not None for one in with_inner(inner))]


def averages(optimizer: Any) -> list[tuple[Any, Any]]:
    """Weights, and the moving average that ends a fit in the place of each; of inner optimizers' too."""
    found: list[tuple[Any, Any]] = []
    for one in with_inner(optimizer):
        if one.built and one.use_ema:
            found += zip(one._trainable_variables, one._model_variables_moving_average, strict=True)
    return [(weight, average) for weight, average in found if average is not None]


def spares_weights(optimizer: Any) -> bool:
    """Whether some weights were excluded from decay."""
    return hasattr(optimizer, "_exclude_from_weight_decay")


def loss(model: Any, *given: Any, **more: Any) -> Any:
    """A step's loss; the public ``compute_loss`` may be of the user's own, with fewer arguments."""
    return model._compute_loss(*given, **more)


def compilation(model: Any) -> Any:
    """What a model's last ``compile`` was given, an object of its own each time; the public one is written anew."""
    return getattr(model, "_compile_config", None)


def loss_tracker(model: Any) -> Any:
    """The metric that is called ``loss``."""
    return model._loss_tracker


def output_losses(model: Any) -> list[Any]:
    """Variables of the metrics that a model of several outputs has for the loss of each."""
    return list(getattr(model._compile_loss, "variables", ()))


def loss_arguments(loss: Any) -> dict[str, Any]:
    """What a loss calls its function with."""
    return dict(getattr(loss, "_fn_kwargs", {}))


def wrapped_loss(function: Any) -> Any:
    """A function as the loss that Keras makes of it: targets and outputs in one rank where one column is all."""
    return LossFunctionWrapper(function)


def takes_training(model: Any) -> bool:
    """Whether a model's call has the argument ``training``."""
    return bool(model._call_has_training_arg)


def clear_losses(model: Any) -> None:
    """Forgets the losses that layers added in the last call: tensors of a trace that is over."""
    model._clear_losses()


def build_optimizer(model: Any, batch: tuple[Any, Any, Any]) -> None:
    """Creates what is left of a model's variables, the optimizer's, as ``fit`` would before its first step."""
    model._symbolic_build(data_batch=batch)


def count_names_anew() -> None:
    """Automatic names of layers and metrics are counted from the beginning."""
    naming.reset_uids()


def drew_globally() -> bool:
    """Whether anything drew from Keras's global generator since the seed was set."""
    return global_state.get_global_attribute("global_seed_generator") is not None


def is_random(initializer: Any) -> bool:
    """Whether an initializer draws from a seed."""
    return isinstance(initializer, RandomInitializer)


def given_seed(initializer: Any) -> Any:
    """The seed a random initializer was given; None where Keras drew it."""
    return initializer._init_seed


def gpu_bytes() -> list[int]:
    """What TensorFlow may use of each GPU's memory."""
    from tensorflow.python.client import device_lib

    return [one.memory_limit for one in device_lib.list_local_devices() if one.device_type == "GPU"]
