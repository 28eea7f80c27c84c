"""What is private in Keras, TensorFlow and scikit-learn and used all the same, name by name.

A version that has a name no more fails here first, and says which name and who uses it.
"""

import ast
import importlib
import random
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import keras
import pytest
import sklearn.model_selection
import tensorflow as tf
from keras import layers, optimizers
from keras.src.backend import config
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.preprocessing import StandardScaler
from tensorflow.python.eager import context
from tensorflow.python.ops.parallel_for.pfor import PFor

ROOT = Path(__file__).parents[3]
ROOMS = (*sorted((ROOT / "job/train/patches").glob("*.py")), ROOT / "job/study/sklearn_private.py")
LIBRARIES = ("keras.src", "tensorflow.python", "tensorflow.core", "sklearn.metrics._scorer", "sklearn.utils.validation")

OF_MODULES = [
    "keras.src.backend.common.global_state.get_global_attribute",
    "keras.src.backend.common.global_state.set_global_attribute",
    "keras.src.backend.common.stateless_scope.get_stateless_scope",
    "keras.src.backend.compute_output_spec",
    "keras.src.backend.config.floatx",
    "keras.src.backend.config.max_steps_per_epoch",
    "keras.src.backend.config.set_max_steps_per_epoch",
    "keras.src.backend.rnn",
    "keras.src.backend.tensorflow.core.Variable._deferred_initialize",
    "keras.src.backend.tensorflow.core.Variable._initialize",
    "keras.src.backend.tensorflow.core.Variable._initialize_with_initializer",
    "keras.src.backend.tensorflow.core.cond",
    "keras.src.backend.tensorflow.numpy.add",
    "keras.src.backend.tensorflow.numpy.matmul",
    "keras.src.backend.tensorflow.optimizer.TFOptimizer._overwrite_model_variables_with_average_value",
    "keras.src.backend.tensorflow.optimizer.TFOptimizer._var_key",
    "keras.src.backend.tensorflow.random._cast_seed",
    "keras.src.backend.tensorflow.random._get_concrete_noise_shape",
    "keras.src.backend.tensorflow.random.draw_seed",
    "keras.src.backend.tensorflow.random.make_default_seed",
    "keras.src.initializers.random_initializers.RandomInitializer",
    "keras.src.layers.convolutional.base_conv.BaseConv",
    "keras.src.losses.loss.reduce_values",
    "keras.src.losses.losses.LossFunctionWrapper",
    "keras.src.models.functional.Functional",
    "keras.src.optimizers.base_optimizer.BaseOptimizer._apply_weight_decay",
    "keras.src.optimizers.base_optimizer.BaseOptimizer._backend_increment_gradient_accumulators",
    "keras.src.optimizers.base_optimizer.BaseOptimizer._backend_update_step",
    "keras.src.optimizers.base_optimizer.BaseOptimizer._overwrite_model_variables_with_average_value",
    "keras.src.optimizers.base_optimizer.BaseOptimizer.add_variable_from_reference",
    "keras.src.optimizers.base_optimizer.BaseOptimizer.assign",
    "keras.src.optimizers.base_optimizer.BaseOptimizer.assign_add",
    "keras.src.optimizers.base_optimizer.BaseOptimizer.assign_sub",
    "keras.src.random.seed_generator.make_default_seed",
    "keras.src.utils.naming.auto_name",
    "keras.src.utils.naming.reset_uids",
    "sklearn.metrics._scorer._BaseScorer",
    "sklearn.utils.validation._check_sample_weight",
    "sklearn.utils.validation._num_samples",
    "tensorflow.core.protobuf.config_pb2.ConfigProto",
    "tensorflow.core.protobuf.rewriter_config_pb2.RewriterConfig",
    "tensorflow.python.client.device_lib.list_local_devices",
    "tensorflow.python.eager.context.context",
    "tensorflow.python.eager.record.could_possibly_record",
    "tensorflow.python.eager.record.record_operation",
    "tensorflow.python.eager.record.stop_recording",
    "tensorflow.python.framework.func_graph.FuncGraph.get_operations",
    "tensorflow.python.framework.ops.gradient_registry._registry",
    "tensorflow.python.framework.random_seed.get_seed",
    "tensorflow.python.ops.math_grad._ReduceGradientArgs",
    "tensorflow.python.ops.parallel_for.pfor.PFor",
    "tensorflow.python.ops.parallel_for.pfor._pfor_converter_registry",
    "tensorflow.python.ops.parallel_for.pfor.wrap",
    "tensorflow.python.ops.stateful_random_ops.global_generator",
    "tensorflow.python.ops.stateful_random_ops.non_deterministic_ints",
]


@cache
def model() -> Any:
    """Compiled, built, and called once."""
    made = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(1)])
    made.compile(optimizers.Adam(use_ema=True), "mse")
    made.optimizer.build(made.trainable_variables)
    return made


def plain() -> Any:
    """An optimizer of which some weights are excluded from decay."""
    made = optimizers.AdamW()
    made.exclude_from_weight_decay(var_names=["bias"])
    return made


def seeded() -> Any:
    """TensorFlow's context, which draws seeds of operations from its own."""
    keras.utils.set_random_seed(1)
    return context.context()


def operation() -> Any:
    """One of a graph."""
    with tf.Graph().as_default():
        return tf.constant(1.0).op


def called() -> Any:
    """A joblib pool that has run."""
    pool = joblib.Parallel()
    pool([])
    return pool


def requesting() -> Any:
    """An estimator that was told what it requests."""
    with sklearn.config_context(enable_metadata_routing=True):
        return LogisticRegression().set_fit_request(sample_weight=True)


def restarts() -> Any:
    """A schedule that keeps its numbers to itself."""
    return optimizers.schedules.CosineDecayRestarts(0.1, 10)


OF_OBJECTS = {
    "_EPSILON": lambda: config,
    "_FLOATX": lambda: config,
    "_IMAGE_DATA_FORMAT": lambda: config,
    "_MAX_EPOCHS": lambda: config,
    "_MAX_STEPS_PER_EPOCH": lambda: config,
    "_aborting": called,
    "_add_conversion": lambda: PFor,
    "_autocast": lambda: model().weights[0],
    "_build_shapes_dict": lambda: model().layers[0],
    "_call_has_training_arg": model,
    "_clear_losses": model,
    "_compile_config": model,
    "_compile_loss": model,
    "_common_apply": lambda: optimizers.LossScaleOptimizer,
    "_compute_loss": model,
    "_config": context.context,
    "_create_broadcast_shape": lambda: layers.GroupNormalization(1),
    "_dtype": lambda: model().weights[0],
    "_exclude_from_weight_decay": plain,
    "_fit_and_predict": lambda: sklearn.model_selection._validation,
    "_fit_and_score": lambda: sklearn.model_selection._validation,
    "_flatten_layers": lambda: model().layers[0],
    "_fn_kwargs": keras.losses.BinaryCrossentropy,
    "_functional": model,
    "_inputs": lambda: tf.data.Dataset.range(1),
    "_inbound_nodes": lambda: model().layers[0],
    "_init_seed": keras.initializers.GlorotUniform,
    "_initial_seed": lambda: keras.random.SeedGenerator(1),
    "_initializer": lambda: keras.Variable(1.0),
    "_is_stateful": operation,
    "_keras_history": lambda: model().outputs[0],
    "_kernel": lambda: model().layers[0],
    "_kwargs": lambda: get_scorer("f1_macro"),
    "_layers": model,
    "_learning_rate": optimizers.SGD,
    "_loss_tracker": model,
    "_m_mul": restarts,
    "_metadata_request": requesting,
    "_model_variables_moving_average": lambda: model().optimizer,
    "_momentums": lambda: model().optimizer,
    "_raise_error_fast": called,
    "_response_method": lambda: get_scorer("f1_macro"),
    "_rng": seeded,
    "_score": lambda: get_scorer("f1_macro"),
    "_score_func": lambda: get_scorer("f1_macro"),
    "_seed": seeded,
    "_set_global_seed": context.context,
    "_shape": lambda: model().weights[0],
    "_sklearn_output_config": lambda: StandardScaler().set_output(transform="pandas"),
    "_symbolic_build": model,
    "_t_mul": restarts,
    "_trainable_variables": lambda: model().optimizer,
    "_tf_apply": lambda: optimizers.LossScaleOptimizer,
    "_urandom": lambda: random,
    "_value": lambda: model().weights[0],
    "_variables": optimizers.SGD,
    "_velocities": lambda: model().optimizer,
}
"""Where a name without a module is looked for."""

NEWER = {"_inner_optimizers"}
"""Of classes that not all versions have."""


def found_in(path: Path) -> set[str]:
    """The private names that a file uses."""
    tree = ast.parse(path.read_text())
    known = {
        one.asname or one.name: f"{node.module}.{one.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LIBRARIES)
        for one in node.names
    }
    found = set(known.values())

    def look(node: ast.AST, *, own: bool) -> None:
        """Takes down the names in a part of the file; ``own`` is whether ``self`` is an object of ours."""
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "BOOKKEEPING" for one in node.targets):
            return  # what is there is skipped, and need not be there
        if isinstance(node, ast.Attribute):
            owner = getattr(node.value, "id", "")
            if owner in known:
                found.add(f"{known[owner]}.{node.attr}")
            elif is_private(node.attr) and not (own and owner == "self"):
                found.add(node.attr)
        elif isinstance(node, ast.Tuple) and len(node.elts) > 1 and getattr(node.elts[0], "id", "") in known:
            if isinstance(name := getattr(node.elts[1], "value", None), str):
                found.add(f"{known[node.elts[0].id]}.{name}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            found.update(word for word in words if is_private(word) and all(one.isidentifier() for one in words))
        for child in ast.iter_child_nodes(node):
            look(child, own=own or isinstance(node, ast.ClassDef))

    look(tree, own=False)
    return {one for one in found if not one.endswith("__")}


def is_private(name: str) -> bool:
    """Whether a name is kept to itself by who has it."""
    return name.startswith("_") and not name.startswith("__") and name != "_mask"  # the ending of an operation's words


@cache
def users() -> dict[str, list[str]]:
    """Which files use a name."""
    found: dict[str, list[str]] = {}
    for path in ROOMS:
        for name in found_in(path):
            found.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    return found


def missing(name: str, owner: str, library: str) -> str:
    """Which version broke what."""
    version = {"keras": keras, "tensorflow": tf, "sklearn": sklearn, "joblib": joblib}[library].__version__
    return f"{library} {version} has no {owner}{name}, which is used by {', '.join(users()[name])}"


def resolved(name: str) -> Any:
    """What a dotted name stands for."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            found = getattr(found, part)
        return found
    raise AttributeError(name)


@pytest.mark.parametrize("name", OF_MODULES)
def test_a_private_name_of_a_module_is_there(name):
    """By its dotted name."""
    try:
        resolved(name)
    except AttributeError:
        pytest.fail(missing(name, "", name.partition(".")[0]))


@pytest.mark.parametrize("name", OF_OBJECTS)
def test_a_private_attribute_is_there(name):
    """In an object as it is used."""
    owner = OF_OBJECTS[name]()
    if not hasattr(owner, name):
        library = (owner.__module__ if isinstance(owner, type) else type(owner).__module__).partition(".")[0]
        pytest.fail(missing(name, f"{getattr(owner, '__name__', type(owner).__name__)}.", library))


def test_all_private_names_are_named_here():
    """Whoever uses one more says so above; whoever uses one no more takes it out."""
    of_modules = {name for name in users() if "." in name}
    parts = {name for name in of_modules if any(other.startswith(f"{name}.") for other in of_modules)}
    assert of_modules - parts == set(OF_MODULES)
    attributes = {name.rpartition(".")[2] for name in OF_MODULES}
    assert users().keys() - of_modules - attributes - NEWER == OF_OBJECTS.keys()
