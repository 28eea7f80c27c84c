"""Every kind of layer and of model, in groups of unequal folds with smaller last batches."""

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812  # as short as Keras's own examples have it
from train.together import against

rng = np.random.default_rng(5)
TOKENS = rng.integers(0, 9, size=(63, 6)).astype("int32")


def sequential(*parts, inputs=(12,), dtype="float32", optimizer=None):
    """Layers in a row, with one output."""
    model = keras.Sequential([keras.Input(inputs, dtype=dtype), *parts, L.Dense(1, activation="sigmoid")])
    return compiled(model, optimizer)


def tokens(*parts):
    """Layers in a row on six tokens."""
    return sequential(*parts, inputs=(6,), dtype="int32")


def halved(n):
    """Half precision within, single at the end."""
    return sequential(L.Dense(n, dtype="bfloat16"), L.Activation("linear", dtype="float32"))


def compiled(model, optimizer=None, **more):
    """The usual way."""
    model.compile(optimizer=optimizer or keras.optimizers.Adam(0.01), **({"loss": "binary_crossentropy"} | more))
    return model


def steps():
    """Rows of twelve as four time steps."""
    return L.Reshape((4, 3))


def image():
    """Rows of twelve as small images."""
    return L.Reshape((3, 4, 1))


@keras.saving.register_keras_serializable("tests")
class Scaled(L.Layer):
    """A layer of the user's own, whose size is also a number in its call."""

    def __init__(self, n, **more):
        super().__init__(**more)
        self.n = n

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.n))

    def call(self, x):
        return keras.ops.tanh(x @ self.w) * self.n**-0.5


@keras.saving.register_keras_serializable("tests")
class Penalized(L.Layer):
    """A layer that adds a loss."""

    def call(self, x):
        self.add_loss(0.01 * keras.ops.mean(x**2))
        return x


@keras.saving.register_keras_serializable("tests")
class Own(keras.Model):
    """A subclassed model."""

    def __init__(self, n, **more):
        super().__init__(**more)
        self.a, self.drop, self.b = L.Dense(n, "relu"), L.Dropout(0.2), L.Dense(1, "sigmoid")

    def call(self, x, training=None):
        return self.b(self.drop(self.a(x), training=training))


def attention(n):
    """Self-attention. The bias of its keys has a true gradient of zero, hence no Adam."""
    x = inputs = keras.Input((12,))
    x = steps()(x)
    x = L.LayerNormalization()(L.MultiHeadAttention(2, n)(x, x) + x)
    outputs = L.Dense(1, "sigmoid")(L.GlobalAveragePooling1D()(x))
    return compiled(keras.Model(inputs, outputs), keras.optimizers.SGD(0.05))


def branches(n):
    """A functional model whose paths part and meet."""
    inputs = keras.Input((12,))
    a, b = L.Dense(n, "relu")(inputs), L.Dense(n, "tanh")(inputs)
    outputs = L.Dense(1, "sigmoid")(L.concatenate([a, L.add([a, b]) * L.multiply([a, b]), inputs]))
    return compiled(keras.Model(inputs, outputs))


def shared(n):
    """A layer that is used twice."""
    inputs = keras.Input((12,))
    dense = L.Dense(12, "tanh")
    return compiled(keras.Model(inputs, L.Dense(1, "sigmoid")(L.Dense(n)(dense(dense(inputs))))))


def attention_of_any_width(n):
    """Steps as vectors of any width, which attend to each other, are added and normalized."""
    inputs = keras.Input((12,))
    x = L.Dense(2 * n)(L.Reshape((3, 4))(inputs))
    x = L.LayerNormalization()(x + L.MultiHeadAttention(2, n)(x, x))
    outputs = L.Dense(1, "sigmoid")(L.GlobalAveragePooling1D()(x))
    return compiled(keras.Model(inputs, outputs), keras.optimizers.SGD(0.05))


def two_inputs(n):
    """Two inputs by name, one of them tokens."""
    a, b = keras.Input((12,), name="a"), keras.Input((6,), name="b", dtype="int32")
    both = L.concatenate([L.Dense(n)(a), L.Flatten()(L.Embedding(9, 2)(b))])
    return compiled(keras.Model({"a": a, "b": b}, L.Dense(1, "sigmoid")(both)))


def frozen(n):
    """A layer that does not learn."""
    first = L.Dense(n)
    first.trainable = False
    return sequential(first, L.BatchNormalization(), L.Dense(3))


def unbuilt(n):
    """No Input: the weights are created by the first rows."""
    return compiled(keras.Sequential([L.Dense(n, "relu"), L.Dense(1, "sigmoid")]))


ANY, ONE = "any-shape graph", "one-shape graph"
KINDS = {
    "Dense": (ANY, lambda n: sequential(L.Dense(n, "relu"))),
    "activations": (ANY, lambda n: sequential(L.Dense(n, "gelu"), L.PReLU(), L.ELU(), L.Softmax())),
    "Dropout": (ANY, lambda n: sequential(L.Dense(n), L.Dropout(0.3))),
    "GaussianDropout": (ANY, lambda n: sequential(L.Dense(n), L.GaussianDropout(0.3))),
    "BatchNormalization": (ANY, lambda n: sequential(L.Dense(n, use_bias=False), L.BatchNormalization(), L.ReLU())),
    "LayerNormalization": (ANY, lambda n: sequential(L.Dense(n), L.LayerNormalization())),
    "GroupNormalization": (ANY, lambda n: sequential(L.Dense(2 * n), L.GroupNormalization(2))),
    "RMSNormalization": (ANY, lambda n: sequential(L.Dense(n), L.RMSNormalization())),
    "UnitNormalization": (ANY, lambda n: sequential(L.Dense(n), L.UnitNormalization())),
    "Conv1D": (ANY, lambda n: sequential(steps(), L.Conv1D(n, 3, activation="relu"), L.Flatten())),
    "Conv2D": (ANY, lambda n: sequential(image(), L.Conv2D(n, 2), L.MaxPooling2D(2), L.Conv2D(n, 1), L.Flatten())),
    "Conv2D, normalized": (ANY, lambda n: sequential(
        image(), L.Conv2D(n, 2, padding="same", use_bias=False), L.BatchNormalization(), L.GlobalAveragePooling2D())),
    "Conv2DTranspose": (ONE, lambda n: sequential(image(), L.Conv2DTranspose(n, 2, strides=2), L.GlobalMaxPooling2D())),
    "SeparableConv2D": (ANY, lambda n: sequential(image(), L.SeparableConv2D(n, 2), L.Flatten())),
    "DepthwiseConv2D": (ANY, lambda n: sequential(image(), L.DepthwiseConv2D(2), L.Flatten(), L.Dense(n))),
    "Conv3D": (ANY, lambda n: sequential(L.Reshape((2, 3, 2, 1)), L.Conv3D(n, 2), L.Flatten())),
    "LSTM": (ANY, lambda n: sequential(steps(), L.LSTM(n))),
    "LSTM, dropping": (ANY, lambda n: sequential(steps(), L.LSTM(n, dropout=0.2, recurrent_dropout=0.2))),
    "GRU": (ANY, lambda n: sequential(steps(), L.GRU(n, return_sequences=True), L.GlobalAveragePooling1D())),
    "SimpleRNN": (ANY, lambda n: sequential(steps(), L.SimpleRNN(n))),
    "Bidirectional": (ANY, lambda n: sequential(steps(), L.Bidirectional(L.LSTM(n)))),
    "ConvLSTM1D": (ANY, lambda n: sequential(L.Reshape((3, 4, 1)), L.ConvLSTM1D(n, 2), L.Flatten())),
    "TimeDistributed": (ANY, lambda n: sequential(steps(), L.TimeDistributed(L.Dense(n)), L.Flatten())),
    "MultiHeadAttention": (ANY, attention),
    "MultiHeadAttention of any width": (ANY, attention_of_any_width),
    "Embedding": (ANY, lambda n: tokens(L.Embedding(9, n), L.Flatten())),
    "Embedding, masked": (ANY, lambda n: tokens(L.Embedding(9, n, mask_zero=True), L.LSTM(3))),
    "Rescaling": (ANY, lambda n: sequential(L.Rescaling(0.5), L.Dense(n))),
    "RandomFlip": (ANY, lambda n: sequential(image(), L.RandomFlip(), L.Flatten(), L.Dense(n))),
    "Lambda": (ANY, lambda n: sequential(L.Lambda(lambda x: x * 2), L.Dense(n))),
    "constraints": (ANY, lambda n: sequential(L.Dense(n, kernel_constraint=keras.constraints.MaxNorm(0.5)))),
    "an orthogonal beginning": (ANY, lambda n: sequential(L.Dense(n, kernel_initializer="orthogonal"))),
    "a layer of the user's own": (ANY, lambda n: sequential(Scaled(n))),
    "a layer that adds a loss": (ANY, lambda n: sequential(Penalized(), L.Dense(n))),
    "a subclassed model": (ANY, lambda n: compiled(Own(n))),
    "a functional model": (ANY, branches),
    "a shared layer": (ANY, shared),
    "two inputs": (ANY, two_inputs),
    "a frozen layer": (ANY, frozen),
    "an unbuilt model": (ANY, unbuilt),
    "half precision": (ANY, halved),
}  # fmt: skip

SLOW = {"LSTM, dropping", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM1D", "Embedding, masked"}

BY_FIT = {
    "SpectralNormalization": (
        lambda n: sequential(L.SpectralNormalization(L.Dense(n))),
        "its condition on the values of its weights can't be mapped over fits",
    ),
    "vocabulary": (
        lambda n: sequential(L.IntegerLookup(), L.Embedding(12, n), L.Flatten(), inputs=(6,), dtype="int32"),
        "its table is no variable, and learned anew on each fold",
    ),
}
"""What does not go together, and why."""


def data(name):
    """Rows that a kind of model takes."""
    if name in ("Embedding", "Embedding, masked", "vocabulary"):
        return TOKENS
    return {"a": against.X, "b": TOKENS} if name == "two inputs" else against.X


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_layer_trains_as_in_keras(name):
    """Two sizes (one of what is traced step by step), two unequal folds: as Keras alone, by the way expected."""
    way, build = KINDS[name]
    within = 2e-2 if name == "half precision" else 1e-4
    params = [{"n": 4}, {"n": 5}] if name not in SLOW else [{"n": 4}]
    against.assert_as_keras(against.case(build, data(name)), params, by=way, within=within)


@pytest.mark.parametrize("name", BY_FIT)
def test_what_cannot_go_together_goes_by_fit_and_says_why(name):
    """The list is kept here, with reasons; each still trains."""
    build, _ = BY_FIT[name]
    case = against.case(build, data(name))
    for one in against.trained(case, against.requests(case, [{"n": 4}])):
        assert one.way == "fit"
        assert one.why
        assert one.failure is None
