"""Convolutions as matrix products, beside Keras's own."""

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812

from job.train.patches import convolution

rng = np.random.default_rng(4)


def built(layer, *shape):
    """A model of one layer, and rows for it."""
    model = keras.Sequential([keras.Input(shape), layer])
    return model, rng.normal(size=(3, *shape)).astype("float32")


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (L.Conv1D(4, 3), (9, 2)),
        (L.Conv1D(4, 3, strides=2, padding="same"), (9, 2)),
        (L.Conv2D(5, 2), (6, 5, 3)),
        (L.Conv2D(5, (3, 2), strides=(2, 1), padding="same"), (6, 5, 3)),
        (L.Conv2D(5, 3, dilation_rate=2), (7, 8, 2)),
        (L.Conv2D(5, 3, dilation_rate=2, padding="same"), (7, 8, 2)),
        (L.Conv3D(2, 2, strides=2), (4, 5, 4, 2)),
    ],
)
def test_a_product_is_the_same_sum(layer, shape):
    """For strides, dilation and both paddings."""
    model, rows = built(layer, *shape)
    ((owner, name, product),) = convolution.replacements(model)
    assert (owner, name) == (layer, "convolution_op")
    inputs = keras.ops.convert_to_tensor(rows)
    np.testing.assert_allclose(
        product(inputs, layer.kernel), layer.convolution_op(inputs, layer.kernel), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (L.Conv1D(4, 3, padding="causal"), (9, 2)),
        (L.Conv2D(4, 2, groups=2), (6, 5, 4)),
        (L.Conv2D(4, 5), (64, 64, 8)),
        (L.Conv2D(4, 2), (None, 5, 4)),
        (L.DepthwiseConv2D(2), (6, 5, 4)),
        (L.Dense(3), (6,)),
    ],
)
def test_what_is_no_such_sum_or_would_be_too_large_stays(layer, shape):
    """Causal padding, groups, sizes that are unknown, and images whose pieces would fill the memory."""
    model = keras.Sequential([keras.Input(shape), layer])
    assert convolution.replacements(model) == []
