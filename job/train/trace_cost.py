"""What tracing a model's program is likely to take, read off its layers before anything is traced.

The seconds are of one core of a processor of 2024; what earlier runs of a study measured takes their place.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import keras

from job.plan.plan import TraceTime
from job.train.patches import private

_FEW = 0.1
"""Seconds of any program: its optimizer, its loss, its metrics."""
_OTHER = 0.03
"""Seconds of a layer that is not named below: an activation, a reshape."""
_LARGE = 0.1
"""Seconds of a kind of layer, in all, that are worth a word."""

_OWN = "BaseConvTranspose"
"""Layers of which each width has a trace of its own."""

_SECONDS: tuple[tuple[str, float], ...] = (
    ("MultiHeadAttention", 0.8),
    ("GroupedQueryAttention", 0.8),
    ("BaseConvTranspose", 0.35),
    ("BaseSeparableConv", 0.35),
    ("BaseDepthwiseConv", 0.25),
    ("BaseConv", 0.25),
    ("ConvLSTM", 0.8),
    ("RNN", 0.5),
    ("BatchNormalization", 0.25),
    ("LayerNormalization", 0.2),
    ("GroupNormalization", 0.2),
    ("BaseRandomLayer", 0.2),
    ("Dropout", 0.2),
    ("GaussianNoise", 0.2),
    ("BasePooling", 0.1),
    ("Embedding", 0.1),
    ("Dense", 0.07),
)
"""Seconds of a layer, forwards and backwards, by the first class of it or its bases that is named so."""


def of(model: Any) -> TraceTime:
    """What a program of a built model is likely to take to trace."""
    layers = [one for one in private.layers(model, include_self=False) if not isinstance(one, keras.Model)]
    seconds: defaultdict[str, float] = defaultdict(float)
    for layer in layers:
        seconds[type(layer).__name__] += _of_layer(layer)
    counts = Counter(type(layer).__name__ for layer in layers)
    dearest = sorted(seconds, key=lambda name: -seconds[name])[:3]
    told = ", ".join(f"{counts[name]} {name}" for name in dearest if seconds[name] >= _LARGE)
    why = f"by its layers ({told})" if told else "by its layers"
    shared = not any(base.__name__.startswith(_OWN) for layer in layers for base in type(layer).__mro__)
    steps = max((_steps(layer) for layer in layers), default=1)
    return TraceTime(seconds=round(_FEW + sum(seconds.values()), 2), why=why, shared=shared, steps=steps)


def _steps(layer: Any) -> int:
    """How many steps in time a recurrent layer takes; 1 of any other, and where it is not known."""
    if not isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
        return 1
    try:
        shape = layer.input.shape
    except (AttributeError, ValueError):  # of no functional model, or within another layer
        return 1
    return int(shape[1] or 1)


def _of_layer(layer: Any) -> float:
    if isinstance(layer, keras.layers.Bidirectional):
        return _OTHER  # its two layers are layers of the model, too
    return next(_known(type(layer)), _OTHER)


def _known(kind: type) -> Iterator[float]:
    for base in kind.__mro__:
        for name, seconds in _SECONDS:
            if base.__name__.startswith(name):
                yield seconds
