"""Every layer that Keras exports: what it takes and gives, with which arguments, and how it trains."""

from dataclasses import dataclass, field
from typing import Any

from hunt.made import M, P, V

TOGETHER, FIT, NONE = "together", "fit", "none"
"""How fits with it are trained: several as one program, each by Keras ``fit``, or not at all: no model can have it."""

MAPPED = "its call is a function of its input and of variables, which is mapped over the fits"
LEARNS = "it learns a vocabulary or bins from the rows of each fold, in a table that is no variable"
WORDS = "words are no numbers, which a program could hold rows of"


@dataclass(frozen=True)
class Row:
    """One layer.

    Attributes:
        given: its arguments, with what may be chosen.
        takes: what it takes: row, steps, image, volume, tokens, words; "two rows" and the like for several.
        gives: what it gives; "same" for the same shape.
        way: how fits with it are trained.
        why: the reason.
        extras: arguments that a hunt may add: initializers, regularizers and constraints of its weights.
        common: how often a hunt takes it, beside others.
    """

    given: dict[str, Any] = field(default_factory=dict)
    takes: str = "row"
    gives: str = "same"
    way: str = TOGETHER
    why: str = MAPPED
    extras: tuple[str, ...] = ()
    common: float = 1.0


def _fit(why: str, takes: str = "row", gives: str = "same", **given: Any) -> Row:
    return Row(given, takes, gives, FIT, why)


def _none(why: str) -> Row:
    return Row(way=NONE, why=why)


def _image(**given: Any) -> Row:
    return Row(given, "image", "image", common=0.4)


ACTIVATIONS = P(None, "relu", "tanh", "gelu", "softmax", "sigmoid", "selu", "swish", "softplus", "elu", "leaky_relu")
KERNEL = ("kernel_initializer", "kernel_regularizer", "kernel_constraint", "bias_regularizer", "activity_regularizer")
DEPTHWISE = ("depthwise_initializer", "depthwise_regularizer", "depthwise_constraint", "bias_regularizer")
SEPARABLE = (*DEPTHWISE, "pointwise_initializer", "pointwise_regularizer", "pointwise_constraint")
RECURRENT = (*KERNEL, "recurrent_initializer", "recurrent_regularizer", "recurrent_constraint")
NORMS = ("beta_initializer", "gamma_initializer", "beta_regularizer", "gamma_regularizer", "beta_constraint")

_UNITS = V(4, 5, 7)
_RATE = V(0.1, 0.2, 0.4)
_DENSE = {"units": _UNITS, "activation": ACTIVATIONS, "use_bias": P(True, True, False)}
_CONV = {
    "filters": V(2, 3, 4),
    "kernel_size": P(1, 2, 3),
    "padding": P("same", "same", "valid"),
    "strides": P(1, 1, 2),
    "activation": ACTIVATIONS,
    "use_bias": P(True, True, False),
}
_DEPTH = {"kernel_size": P(1, 2), "padding": "same", "depth_multiplier": P(1, 2), "activation": ACTIVATIONS}
_RNN = {
    "units": V(3, 4, 5),
    "return_sequences": False,
    "go_backwards": P(False, False, True),
    "dropout": P(0.0, 0.0, 0.2),
    "recurrent_dropout": P(0.0, 0.0, 0.2),
    "use_bias": P(True, True, False),
}
_CONV_RNN = {
    "filters": V(2, 3),
    "kernel_size": 2,
    "padding": "same",
    "return_sequences": P(False),
    "dropout": P(0.0, 0.2),
}
_POOL = {"pool_size": P(2, 1), "padding": P("same", "valid")}
_CELL = P(
    M("layers.LSTMCell", units=_UNITS), M("layers.GRUCell", units=_UNITS), M("layers.SimpleRNNCell", units=_UNITS)
)
_VALUES = {"value_range": (-2.0, 2.0)}


def _ranked(rank: int, takes: str) -> dict[str, Row]:
    """What Keras exports once for each number of dimensions."""
    many = {1: 2, 2: (2, 1), 3: (1, 2, 1)}[rank]
    found = {
        f"Conv{rank}D": Row({**_CONV, "kernel_size": P(1, 2, 3 if rank < 3 else 2)}, takes, takes, extras=KERNEL),
        f"Conv{rank}DTranspose": Row(
            {**_CONV, "kernel_size": P(2, 3), "strides": P(1, 2), "padding": "same"}, takes, takes, extras=KERNEL
        ),
        f"AveragePooling{rank}D": Row(_POOL, takes, takes),
        f"MaxPooling{rank}D": Row(_POOL, takes, takes),
        f"GlobalAveragePooling{rank}D": Row({"keepdims": False}, takes, "row"),
        f"GlobalMaxPooling{rank}D": Row({}, takes, "row"),
        # Keras's own can't give a size of 1 in a graph, and on a CPU the greatest of one pixel divides by zero, which
        # ends the process
        f"AdaptiveAveragePooling{rank}D": Row({"output_size": 2}, takes, takes, common=0.4),
        f"AdaptiveMaxPooling{rank}D": Row({"output_size": 2}, takes, takes, common=0.0),
        f"Cropping{rank}D": Row({"cropping": P(many, 1) if rank == 1 else 0}, takes, takes, common=0.3),
        f"UpSampling{rank}D": Row({"size": many}, takes, takes, common=0.3),
        f"ZeroPadding{rank}D": Row({"padding": many}, takes, takes, common=0.3),
        f"SpatialDropout{rank}D": Row({"rate": _RATE}, takes),
    }
    if rank < 3:
        found[f"DepthwiseConv{rank}D"] = Row(_DEPTH, takes, takes, extras=DEPTHWISE)
        found[f"SeparableConv{rank}D"] = Row({"filters": V(2, 3), **_DEPTH}, takes, takes, extras=SEPARABLE)
    return found


LAYERS: dict[str, Row] = {
    "Activation": Row({"activation": P("relu", "tanh", "gelu", "softmax", "hard_sigmoid", "mish", "softsign")}),
    "ActivityRegularization": Row({"l1": V(0.0, 1e-3), "l2": V(1e-3, 1e-2)}),
    "Add": Row(takes="two rows", gives="row"),
    "AdditiveAttention": Row({"use_scale": P(True, False), "dropout": P(0.0, 0.2)}, "two steps", "steps"),
    "AlphaDropout": Row({"rate": _RATE}),
    "Attention": Row(
        {"use_scale": P(True, False), "score_mode": P("dot", "concat"), "dropout": P(0.0, 0.2)}, "two steps", "steps"
    ),
    "AugMix": _fit("it draws by Python's own generator whenever it is traced", "image", "image", **_VALUES),
    "AutoContrast": _image(**_VALUES),
    "Average": Row(takes="two rows", gives="row"),
    "BatchNormalization": Row(
        {"momentum": V(0.9, 0.99), "epsilon": V(1e-3, 1e-2), "center": P(True, True, False), "scale": P(True, False)},
        extras=NORMS,
        common=3,
    ),
    "Bidirectional": Row(
        {
            "layer": P(
                *(M(f"layers.{one}", units=V(3, 4), return_sequences=P(False)) for one in ("LSTM", "GRU", "SimpleRNN"))
            ),
            "merge_mode": P("concat", "sum", "mul", "ave"),
        },
        "steps",
        "row",
    ),
    "CategoryEncoding": Row({"num_tokens": 9, "output_mode": P("multi_hot", "count")}, "tokens", "row"),
    "CenterCrop": _image(height=3, width=3),
    "Concatenate": Row(takes="two rows", gives="row"),
    "ContrastLimitedAdaptiveHistogramEqualization": _image(tile_grid_size=(2, 2), **_VALUES),
    "ConvLSTM1D": Row(_CONV_RNN, "image", "steps", common=0.4),
    "ConvLSTM2D": Row(_CONV_RNN, "volume", "image", common=0.4),
    "ConvLSTM3D": Row(_CONV_RNN, "volumes", "volume", common=0.1),
    "CutMix": _image(),
    "Dense": Row(_DENSE, gives="row", extras=KERNEL, common=8),
    "Discretization": _fit(LEARNS, num_bins=3, output_mode="int"),
    "Dot": Row({"axes": 1}, "two rows", "row", common=0.3),
    "Dropout": Row({"rate": _RATE}, common=4),
    "ELU": Row({"alpha": P(1.0, 0.5)}),
    "EinsumDense": Row(
        {"equation": "ab,bc->ac", "output_shape": V(4, 5), "bias_axes": P("c", None), "activation": ACTIVATIONS},
        gives="row",
        extras=KERNEL,
    ),
    "Embedding": Row(
        {"input_dim": V(9, 11), "output_dim": V(3, 4), "mask_zero": P(True, False)},
        "tokens",
        "steps",
        extras=("embeddings_initializer", "embeddings_regularizer", "embeddings_constraint"),
        common=8,
    ),
    "Equalization": _none("Keras takes its output for its input, and makes no model of it"),
    "Flatten": Row({}, "image", "row", common=3),
    "FlaxLayer": _none("it is for JAX"),
    "GRU": Row({**_RNN, "reset_after": P(True, False)}, "steps", "row", extras=RECURRENT, common=2),
    "GRUCell": _none("a cell is no layer of its own: see RNN"),
    "GaussianDropout": Row({"rate": _RATE}),
    "GaussianNoise": Row({"stddev": V(0.1, 0.3)}),
    "GroupNormalization": Row({"groups": P(2, 4, -1)}, "row48"),
    "GroupQueryAttention": Row(
        {"head_dim": V(2, 3), "num_query_heads": 2, "num_key_value_heads": P(1, 2), "dropout": P(0.0, 0.2)},
        "two steps",
        "steps",
    ),
    "HashedCrossing": _none("it crosses one token with another, and the study's rows have six of each"),
    "Hashing": Row({"num_bins": 5, "output_mode": P("multi_hot", "count")}, "tokens", "row"),
    "Identity": Row(),
    "InputLayer": _none("Input makes it, in every model that has one"),
    "InputSpec": _none("it is no layer"),
    "IntegerLookup": _fit(LEARNS, "tokens", "row", output_mode="multi_hot", max_tokens=5, pad_to_max_tokens=True),
    "JaxLayer": _none("it is for JAX"),
    "LSTM": Row({**_RNN, "unit_forget_bias": P(True, False)}, "steps", "row", extras=RECURRENT, common=2),
    "LSTMCell": _none("a cell is no layer of its own: see RNN"),
    "Lambda": Row({"function": abs, "output_shape": None}),
    "Layer": _none("it is what layers are made of"),
    "LayerNormalization": Row({"epsilon": P(1e-3, 1e-2), "center": P(True, False)}, extras=NORMS[:4], common=2),
    "LeakyReLU": Row({"negative_slope": V(0.1, 0.3)}),
    "Masking": Row({"mask_value": 0.0}, "steps"),
    "MaxNumBoundingBoxes": _none("it takes boxes beside images, which go with labels as boxes"),
    "Maximum": Row(takes="two rows", gives="row"),
    "MelSpectrogram": Row(
        {
            "fft_length": 16,
            "sequence_stride": 8,
            "sampling_rate": 100,
            "num_mel_bins": 4,
            "max_freq": 50.0,
            "min_freq": 1.0,
        },
        "row48",
        "steps",
        common=0.3,
    ),
    "Minimum": Row(takes="two rows", gives="row"),
    "MixUp": _image(alpha=0.2),
    "MultiHeadAttention": Row(
        {"num_heads": P(1, 2), "key_dim": V(2, 3), "dropout": P(0.0, 0.2), "use_bias": P(True, False)},
        "two steps",
        "steps",
        common=2,
    ),
    "Multiply": Row(takes="two rows", gives="row"),
    "Normalization": Row({"axis": P(-1, None)}, "first row"),
    "PReLU": Row(),
    "Permute": Row({"dims": (2, 1)}, "steps", "steps"),
    "Pipeline": Row(
        {"layers": [M("layers.RandomFlip"), M("layers.RandomContrast", factor=0.2, **_VALUES)]}, "image", "image"
    ),
    "RMSNormalization": Row({"epsilon": P(1e-6, 1e-3)}),
    "RNN": Row({"cell": _CELL, "go_backwards": P(False, True)}, "steps", "row"),
    "RandAugment": _fit("a step of it for many fits at once fails, and not for one", "image", "image", **_VALUES),
    "RandomBrightness": _image(factor=0.2, **_VALUES),
    "RandomColorDegeneration": _image(factor=0.5, **_VALUES),
    "RandomColorJitter": _image(brightness_factor=0.2, contrast_factor=0.2, **_VALUES),
    "RandomContrast": _image(factor=0.2, **_VALUES),
    "RandomCrop": _none("it crops in training alone, so a model that is not indifferent to size can't predict"),
    "RandomElasticTransform": _fit(
        "computed for many fits at once it is not what it is for one", "image", "image", **_VALUES
    ),
    "RandomErasing": _image(**_VALUES),
    "RandomFlip": _image(mode=P("horizontal", "horizontal_and_vertical")),
    "RandomGaussianBlur": _image(kernel_size=3, **_VALUES),
    "RandomGrayscale": _image(factor=0.5),
    "RandomHue": _image(factor=0.3, **_VALUES),
    "RandomInvert": _image(factor=0.5, **_VALUES),
    "RandomPerspective": _image(),
    "RandomPosterization": _image(factor=4, **_VALUES),
    "RandomRotation": _image(factor=0.2),
    "RandomSaturation": _image(factor=0.5, **_VALUES),
    "RandomSharpness": _image(factor=0.5, **_VALUES),
    "RandomShear": _image(x_factor=0.2, y_factor=0.2),
    "RandomTranslation": _image(height_factor=0.2, width_factor=0.2),
    "RandomZoom": _image(height_factor=0.2),
    "ReLU": Row({"max_value": P(None, 2.0), "negative_slope": V(0.0, 0.1), "threshold": P(0.0, 0.1)}),
    "RepeatVector": Row({"n": 3}, "row", "steps"),
    "Rescaling": Row({"scale": P(0.5, 2.0), "offset": P(0.0, 0.3)}),
    "Reshape": Row({"target_shape": P((6, 8), (48,))}, "row48", "any"),
    "Resizing": _image(height=3, width=5, interpolation=P("bilinear", "nearest")),
    "ReversibleEmbedding": Row(
        {"input_dim": 9, "output_dim": V(3, 4), "tie_weights": P(True, False)}, "tokens", "steps"
    ),
    "STFTSpectrogram": Row({"frame_length": 16, "mode": P("log", "magnitude", "real")}, "wave", "steps", common=0.3),
    "SimpleRNN": Row(_RNN, "steps", "row", extras=RECURRENT),
    "SimpleRNNCell": _none("a cell is no layer of its own: see RNN"),
    "Softmax": Row(),
    "Solarization": _image(threshold_factor=0.2, **_VALUES),
    "SpectralNormalization": _fit(
        "its condition on the values of its weights can't be mapped over fits",
        "row",
        "row",
        layer=M("layers.Dense", units=_UNITS),
    ),
    "StackedRNNCells": Row({"cell": M("layers.StackedRNNCells", cells=[_CELL, _CELL])}, "steps", "row"),
    "StringLookup": _fit(WORDS, "words", "row", output_mode="multi_hot", max_tokens=5, pad_to_max_tokens=True),
    "Subtract": Row(takes="two rows", gives="row"),
    "TFSMLayer": _none("it is a saved program of TensorFlow, read from a folder"),
    "TextVectorization": _fit(WORDS, "words", "row", output_mode="int", output_sequence_length=4),
    "TimeDistributed": Row({"layer": M("layers.Dense", **_DENSE)}, "steps", "steps"),
    "TorchModuleWrapper": _none("it is for PyTorch"),
    "UnitNormalization": Row(),
    "Wrapper": _none("it is what wrappers are made of: see TimeDistributed"),
    **_ranked(1, "steps"),
    **_ranked(2, "image"),
    **_ranked(3, "volume"),
}

CALLED = {"StackedRNNCells": "RNN"}
"""What is made of a row whose name is not that of the layer."""

LISTED = ("Attention", "AdditiveAttention", "HashedCrossing")
"""Layers whose several inputs are a list."""


def many(row: Row) -> bool:
    """Whether it takes several inputs."""
    return row.takes.startswith("two ")
