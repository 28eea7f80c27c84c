"""All else that Keras exports for compiling a model: losses, metrics, optimizers, and what goes with weights."""

from dataclasses import dataclass, field
from typing import Any

from hunt.layers import FIT, NONE, TOGETHER
from hunt.made import M, P, V

PURE = "it is a function of targets, outputs and its own variables, which is mapped over the fits"
STEPS = "its step is a function of gradients and of its variables, which is mapped over the fits"
DRAWN = "its values are drawn anew from each fit's seed, and compared with those of a real build"
COUNTED = "it is a function of the count of steps and of its own numbers, which each fit has"
ADDED = "what it adds to the loss, or takes from the weights, is a function of them"


@dataclass(frozen=True)
class Row:
    """One of them.

    Attributes:
        given: its arguments, with what may be chosen.
        goes: of losses and metrics: the kinds of outputs they are for (see ``KINDS``).
        way: how fits with it are trained.
        why: the reason.
    """

    given: dict[str, Any] = field(default_factory=dict)
    goes: tuple[str, ...] = ()
    way: str = TOGETHER
    why: str = PURE


KINDS = {
    "chance": "two classes by one output between 0 and 1",
    "logit": "two classes by one output of any size",
    "margin": "two classes by a signed distance",
    "sparse": "three classes by chances, class numbers as targets",
    "sparse logits": "three classes by logits, class numbers as targets",
    "one-hot": "three classes by chances, a column each as targets",
    "one-hot logits": "three classes by logits, a column each as targets",
    "labels": "two labels of each row, by chances",
    "amount": "one number",
    "amounts": "two numbers",
    "positive": "one number, and no negative ones",
}
"""What a model's outputs are."""

_ALL_AMOUNTS = ("amount", "amounts", "positive")
_REDUCTION = P("sum_over_batch_size", "sum_over_batch_size", "sum", "mean", "mean_with_sample_weight")


def _none(why: str) -> Row:
    return Row(way=NONE, why=why)


LOSSES: dict[str, Row] = {
    "BinaryCrossentropy": Row({"label_smoothing": V(0.0, 0.1), "reduction": _REDUCTION}, ("chance", "labels")),
    "BinaryFocalCrossentropy": Row(
        {"gamma": P(2.0, 1.0), "apply_class_balancing": P(True, False), "reduction": _REDUCTION}, ("chance", "labels")
    ),
    "CTC": _none("its targets are as long as steps, and the study's rows have one label each"),
    "CategoricalCrossentropy": Row({"label_smoothing": V(0.0, 0.1), "reduction": _REDUCTION}, ("one-hot",)),
    "CategoricalFocalCrossentropy": Row({"gamma": P(2.0, 1.0), "alpha": P(0.25, 0.5)}, ("one-hot",)),
    "CategoricalGeneralizedCrossEntropy": Row({"q": P(0.5, 0.7)}, ("sparse",)),
    "CategoricalHinge": Row({"reduction": _REDUCTION}, ("one-hot logits",)),
    "Circle": _none("its outputs are places in a space, and say no class"),
    "CosineSimilarity": Row({"reduction": _REDUCTION}, ("amounts",)),
    "Dice": Row({"axis": P(None, -1)}, ("chance", "labels")),
    "Hinge": Row({"reduction": _REDUCTION}, ("margin",)),
    "Huber": Row({"delta": V(0.5, 1.0, 2.0), "reduction": _REDUCTION}, _ALL_AMOUNTS),
    "KLDivergence": Row({}, ("one-hot",)),
    "LogCosh": Row({"reduction": _REDUCTION}, _ALL_AMOUNTS),
    "Loss": _none("it is what losses are made of"),
    "MeanAbsoluteError": Row({"reduction": _REDUCTION}, _ALL_AMOUNTS),
    "MeanAbsolutePercentageError": Row({}, ("positive",)),
    "MeanSquaredError": Row({"reduction": _REDUCTION}, _ALL_AMOUNTS),
    "MeanSquaredLogarithmicError": Row({}, ("positive",)),
    "Poisson": Row({}, ("positive",)),
    "SparseCategoricalCrossentropy": Row({"ignore_class": P(None, None, 1), "reduction": _REDUCTION}, ("sparse",)),
    "SquaredHinge": Row({"reduction": _REDUCTION}, ("margin",)),
    "Tversky": Row({"alpha": P(0.5, 0.3), "beta": P(0.5, 0.7)}, ("chance", "labels")),
}

LOGITS = {
    "BinaryCrossentropy": "logit",
    "BinaryFocalCrossentropy": "logit",
    "CategoricalCrossentropy": "one-hot logits",
    "CategoricalFocalCrossentropy": "one-hot logits",
    "SparseCategoricalCrossentropy": "sparse logits",
}
"""Losses that take logits where told, and the kind of outputs then."""

_BINARY = ("chance", "logit", "labels")
_HOT = ("one-hot", "one-hot logits")
_SPARSE = ("sparse", "sparse logits")
_LEVEL = {"num_thresholds": P(200, 20)}

METRICS: dict[str, Row] = {
    "AUC": Row({**_LEVEL, "curve": P("ROC", "PR")}, ("chance", "labels")),
    "Accuracy": Row({}, ("chance", "labels", "amount")),
    "BinaryAccuracy": Row({"threshold": V(0.5, 0.3)}, (*_BINARY, "margin")),
    "BinaryCrossentropy": Row({}, ("chance", "labels")),
    "BinaryIoU": Row({"threshold": P(0.5, 0.4)}, ("chance",)),
    "CategoricalAccuracy": Row({}, _HOT),
    "CategoricalCrossentropy": Row({}, ("one-hot",)),
    "CategoricalHinge": Row({}, _HOT),
    "ConcordanceCorrelation": Row({}, ("amounts",)),
    "CosineSimilarity": Row({}, (*_HOT, "amounts")),
    "F1Score": Row({"average": P("macro", "micro", None)}, ("one-hot", "labels")),
    "FBetaScore": Row({"average": P("macro", "weighted"), "beta": P(0.5, 2.0)}, ("one-hot",)),
    "FalseNegatives": Row({}, ("chance", "labels")),
    "FalsePositives": Row({"thresholds": P(None, [0.3, 0.6])}, ("chance",)),
    "Hinge": Row({}, ("margin",)),
    "IoU": Row({"num_classes": 3, "target_class_ids": [0, 2], "sparse_y_pred": False}, ("sparse",)),
    "KLDivergence": Row({}, ("one-hot",)),
    "LogCoshError": Row({}, _ALL_AMOUNTS),
    "Mean": _none("it takes values without targets: it is what metrics are made of"),
    "MeanAbsoluteError": Row({}, (*_ALL_AMOUNTS, "chance")),
    "MeanAbsolutePercentageError": Row({}, ("positive",)),
    "MeanIoU": Row({"num_classes": 3, "sparse_y_pred": False}, ("sparse",)),
    "MeanMetricWrapper": _none("it is what metrics are made of"),
    "MeanSquaredError": Row({}, (*_ALL_AMOUNTS, "chance")),
    "MeanSquaredLogarithmicError": Row({}, ("positive",)),
    "Metric": _none("it is what metrics are made of"),
    "OneHotIoU": Row({"num_classes": 3, "target_class_ids": [0, 1]}, ("one-hot",)),
    "OneHotMeanIoU": Row({"num_classes": 3}, ("one-hot",)),
    "PearsonCorrelation": Row({}, ("amounts",)),
    "Poisson": Row({}, ("positive",)),
    "Precision": Row({"thresholds": P(None, 0.4)}, ("chance", "labels", "one-hot")),
    "PrecisionAtRecall": Row({"recall": 0.5}, ("chance",)),
    "R2Score": Row({"class_aggregation": P("uniform_average", "variance_weighted_average")}, ("amount", "amounts")),
    "Recall": Row({"top_k": P(None)}, ("chance", "labels", "one-hot")),
    "RecallAtPrecision": Row({"precision": 0.5}, ("chance",)),
    "RootMeanSquaredError": Row({}, _ALL_AMOUNTS),
    "SensitivityAtSpecificity": Row({"specificity": 0.5}, ("chance",)),
    "SparseCategoricalAccuracy": Row({}, _SPARSE),
    "SparseCategoricalCrossentropy": Row({}, ("sparse",)),
    "SparseTopKCategoricalAccuracy": Row({"k": 2}, _SPARSE),
    "SpecificityAtSensitivity": Row({"sensitivity": 0.5}, ("chance",)),
    "SquaredHinge": Row({}, ("margin",)),
    "Sum": _none("it takes values without targets: it is what metrics are made of"),
    "TopKCategoricalAccuracy": Row({"k": 2}, _HOT),
    "TrueNegatives": Row({}, ("chance", "labels")),
    "TruePositives": Row({}, ("chance", "labels")),
}

RATE = V(0.002, 0.005, 0.01)
SCHEDULES: dict[str, Row] = {
    "CosineDecay": Row({"initial_learning_rate": RATE, "decay_steps": V(4, 9), "alpha": V(0.0, 0.1)}, why=COUNTED),
    "CosineDecayRestarts": Row(
        {"initial_learning_rate": RATE, "first_decay_steps": V(3, 5), "t_mul": P(2.0, 1.0)}, why=COUNTED
    ),
    "ExponentialDecay": Row(
        {"initial_learning_rate": RATE, "decay_steps": V(3, 5), "decay_rate": V(0.5, 0.9), "staircase": P(True, False)},
        why=COUNTED,
    ),
    "InverseTimeDecay": Row(
        {"initial_learning_rate": RATE, "decay_steps": V(3, 5), "decay_rate": V(0.5, 0.9)}, why=COUNTED
    ),
    "PiecewiseConstantDecay": Row({"boundaries": [2, 5], "values": [0.01, 0.005, V(0.001, 0.002)]}, why=COUNTED),
    "PolynomialDecay": Row(
        {"initial_learning_rate": RATE, "decay_steps": V(4, 9), "power": V(1.0, 2.0), "cycle": P(True, False)},
        why=COUNTED,
    ),
    "LearningRateSchedule": _none("it is what schedules are made of"),
}
"""Every schedule of learning rates."""

_INNER = M("optimizers.Adam", learning_rate=RATE, use_ema=P(False, False, True))
OPTIMIZERS: dict[str, Row] = {
    "Adadelta": Row({"learning_rate": V(0.5, 1.0), "rho": V(0.9, 0.95)}, why=STEPS),
    "Adafactor": Row(
        {"learning_rate": RATE, "relative_step": P(True, False), "clip_threshold": V(0.5, 1.0)}, why=STEPS
    ),
    "Adagrad": Row({"learning_rate": RATE, "initial_accumulator_value": V(0.1, 0.2)}, why=STEPS),
    "Adam": Row(
        {
            "learning_rate": RATE,
            "beta_1": V(0.9, 0.8),
            "beta_2": V(0.999, 0.99),
            "epsilon": V(1e-7, 1e-4),
            "amsgrad": P(False, True),
        },
        why=STEPS,
    ),
    "AdamW": Row({"learning_rate": RATE, "weight_decay": V(0.004, 0.1)}, why=STEPS),
    "Adamax": Row({"learning_rate": RATE, "beta_1": V(0.9, 0.8)}, why=STEPS),
    "Ftrl": Row({"learning_rate": RATE, "l1_regularization_strength": V(0.0, 0.01), "beta": V(0.0, 0.1)}, why=STEPS),
    "Lamb": Row({"learning_rate": RATE}, why=STEPS),
    "Lion": Row({"learning_rate": V(0.0005, 0.001), "beta_1": V(0.9, 0.8)}, why=STEPS),
    "LossScaleOptimizer": Row(
        {"inner_optimizer": _INNER, "initial_scale": P(32768.0, 1024.0), "dynamic_growth_steps": P(3, 2000)}, why=STEPS
    ),
    "MultiOptimizer": Row(
        {
            "optimizer_map": M(
                "optimizers.OptimizerMap",
                default_optimizer=_INNER,
                optimizer_map={".*bias": M("optimizers.SGD", learning_rate=RATE)},
            )
        },
        why=STEPS,
    ),
    "Muon": Row({"learning_rate": RATE, "nesterov": P(True, False)}, why=STEPS),
    "Nadam": Row({"learning_rate": RATE}, why=STEPS),
    "Optimizer": Row(way=NONE, why="it is what optimizers are made of"),
    "OptimizerMap": Row(way=NONE, why="it is no optimizer: see MultiOptimizer"),
    "RMSprop": Row(
        {"learning_rate": RATE, "rho": V(0.9, 0.8), "momentum": V(0.0, 0.5), "centered": P(True, False)}, why=STEPS
    ),
    "SGD": Row({"learning_rate": V(0.01, 0.05), "momentum": V(0.0, 0.9), "nesterov": P(True, False)}, why=STEPS),
    "ScheduleFreeAdamW": Row(
        {"learning_rate": RATE},
        way=FIT,
        why="its variables begin as copies of weights, which a build without values does not have",
    ),
}

OF_ALL_OPTIMIZERS: dict[str, Any] = {
    "weight_decay": V(0.01, 0.05),
    "clipnorm": V(0.1, 1.0),
    "clipvalue": V(0.01, 0.1),
    "global_clipnorm": V(0.1, 1.0),
    "use_ema": True,
    "ema_overwrite_frequency": 2,
    "gradient_accumulation_steps": 2,
    "loss_scale_factor": P(2.0, 8.0),
}
"""Arguments that most optimizers take; a hunt adds one."""

_DRAWN = {"seed": P(None, None, 7)}
INITIALIZERS: dict[str, Row] = {
    "Constant": Row({"value": V(0.1, 0.2)}, why=DRAWN),
    **{f"{name}{kind}": Row(_DRAWN, why=DRAWN) for name in ("Glorot", "He", "Lecun") for kind in ("Normal", "Uniform")},
    "Identity": Row({"gain": V(1.0, 0.5)}, why=DRAWN),
    "Initializer": Row(way=NONE, why="it is what initializers are made of"),
    "Ones": Row(why=DRAWN),
    "Orthogonal": Row({"gain": V(1.0, 0.5), **_DRAWN}, why=DRAWN),
    "RandomNormal": Row({"stddev": V(0.05, 0.2), **_DRAWN}, why=DRAWN),
    "RandomUniform": Row({"maxval": V(0.05, 0.2), **_DRAWN}, why=DRAWN),
    "STFT": Row(way=NONE, why="it is for the kernel of STFTSpectrogram alone, which see"),
    "TruncatedNormal": Row({"stddev": V(0.05, 0.2), **_DRAWN}, why=DRAWN),
    "VarianceScaling": Row(
        {
            "scale": V(1.0, 2.0),
            "mode": P("fan_in", "fan_out", "fan_avg"),
            "distribution": P("truncated_normal", "uniform"),
        },
        why=DRAWN,
    ),
    "Zeros": Row(why=DRAWN),
}

REGULARIZERS: dict[str, Row] = {
    "L1": Row({"l1": V(1e-3, 1e-2)}, why=ADDED),
    "L1L2": Row({"l1": V(1e-3, 1e-2), "l2": V(0.0, 1e-2)}, why=ADDED),
    "L2": Row({"l2": V(1e-3, 1e-2)}, why=ADDED),
    "OrthogonalRegularizer": Row({"factor": P(0.01), "mode": P("rows", "columns")}, why=ADDED),
    "Regularizer": Row(way=NONE, why="it is what regularizers are made of"),
}

CONSTRAINTS: dict[str, Row] = {
    "Constraint": Row(way=NONE, why="it is what constraints are made of"),
    "MaxNorm": Row({"max_value": V(0.5, 1.0), "axis": 0}, why=ADDED),
    "MinMaxNorm": Row({"min_value": 0.2, "max_value": V(0.5, 1.0), "rate": V(1.0, 0.5)}, why=ADDED),
    "NonNeg": Row(why=ADDED),
    "UnitNorm": Row(why=ADDED),
}

CALLBACKS: dict[str, dict[str, Any]] = {
    "keras.callbacks:ReduceLROnPlateau": {"monitor": "loss", "patience": 0, "factor": 0.5, "min_delta": 0.1},
    "keras.callbacks:TerminateOnNaN": {},
}
"""Some that change a fit, or look at it; all make a fit go by Keras ``fit``."""
