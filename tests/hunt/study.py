"""A study as data: what its model is made of and how its layers are called, its rows, its settings, its trials."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from hunt.made import Make, made

ROWS = 61
WIDE = 48
SHAPES = {"steps": (8, 6), "image": (4, 4, 3), "volume": (2, 4, 3, 2), "volumes": (2, 2, 3, 2, 2), "wave": (48, 1)}
"""What 48 numbers of a row may be seen as."""

HEADS: dict[str, tuple[int, str | None]] = {
    "chance": (1, "sigmoid"), "logit": (1, None), "margin": (1, None), "sparse": (3, "softmax"),
    "sparse logits": (3, None), "one-hot": (3, "softmax"), "one-hot logits": (3, None), "labels": (2, "sigmoid"),
    "amount": (1, None), "amounts": (2, None), "positive": (1, "softplus"),
}  # fmt: skip
"""Width and activation of the last layer, by the kind of outputs."""

Op = tuple[str, tuple[int, ...]]
"""How some of a model's layers are called: a word, and their places."""


@dataclass
class Draw:
    """One study.

    Attributes:
        seed: what it was drawn from.
        rows: which rows of the tables are in it.
        inputs: "row", "tokens", "words" or "both", a dict of the first two.
        wiring: how its layers are put together: sequential, functional, subclassed, nested.
        parts: its layers; ``ops`` says how they are called, one after the other.
        kind: of its outputs.
        heads: outputs: 1, or one for each column.
        compiled: arguments of ``compile``.
        settings: the study's ``fit``.
        space: the values of each param.
        trials: the params of each trial.
        weighted: whether rows have weights.
    """

    seed: int
    rows: list[str] = field(default_factory=list)
    inputs: str = "row"
    wiring: str = "functional"
    parts: list[Any] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    kind: str = "chance"
    heads: int = 1
    compiled: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    space: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    trials: list[dict[str, Any]] = field(default_factory=list)
    weighted: bool = False

    @property
    def is_half(self) -> bool:
        """Whether layers compute in half precision."""
        return any("float16" in str(part.given.get("dtype")) for part in self.parts)

    def add(self, op: str, *parts: Make) -> None:
        """Some more layers, and how they are called."""
        at = len(self.parts)
        self.parts.extend(parts)
        self.ops.append((op, tuple(range(at, at + len(parts)))))

    def build(self, **params: Any) -> Any:
        """The user's build: a compiled model."""
        model = _model(self, made(self.parts, params))
        model.compile(**made(self.compiled, params))
        return model

    def told(self) -> str:
        """The study, to be read."""
        lines = [f"{self.wiring} on {self.inputs}, {self.kind}" + (f", {self.heads} times" if self.heads > 1 else "")]
        lines += [f"  {op} {', '.join(repr(self.parts[place]) for place in places)}" for op, places in self.ops]
        lines += [f"  compile {self.compiled}", f"  fit {self.settings}{', weighted' * self.weighted}"]
        return "\n".join([*lines, *(f"  trial {number}: {params}" for number, params in enumerate(self.trials))])

    def data(self) -> tuple[Any, Any, Any]:
        """X, y and weights of rows or None."""
        rng = np.random.default_rng(self.seed)
        row, tokens = (
            rng.normal(size=(ROWS, WIDE)).astype("float32"),
            rng.integers(0, 9, size=(ROWS, 6)).astype("int32"),
        )
        words = np.array([[rng.choice(["a", "b", "c", "d"])] for _ in range(ROWS)], dtype=object)
        X = {"row": row, "tokens": tokens, "words": words, "both": {"a": row, "b": tokens}}[self.inputs]
        told = row[:, 0] - row[:, 5] + 0.3 * tokens[:, 0] - 1.2
        y = {
            "chance": (told > 0).astype(int),
            "sparse": np.digitize(told, [-0.7, 0.7]),
            "labels": np.stack([told > 0, row[:, 7] > 0], axis=1).astype(int),
            "amount": told.astype("float32"),
            "amounts": np.stack([told, row[:, 9]], axis=1).astype("float32"),
            "positive": np.exp(0.5 * told).astype("float32"),
        }[FAMILY[self.kind]]
        return X, y, rng.uniform(0.5, 2.0, ROWS).astype("float32") if self.weighted else None


FAMILY = {kind: kind for kind in ("chance", "sparse", "labels", "amount", "amounts", "positive")} | {
    "logit": "chance", "margin": "chance", "sparse logits": "sparse", "one-hot": "sparse", "one-hot logits": "sparse",
}  # fmt: skip
"""Kinds of outputs that learn from the same targets."""


def called(ops: Any, parts: Any, x: Any) -> Any:
    """What some layers make of x."""
    for op, places in ops:
        layer, *others = (parts[place] for place in places)
        if op == "merge":
            x = layer([other(x) for other in others])
        elif op == "attend":
            x = layer(x, x)
        elif op == "attend to a list":
            x = layer([x, x])
        elif op == "residual":
            x = keras.ops.add(x, layer(x))
        else:
            x = layer(layer(x)) if op == "twice" else layer(x)
    return x


@keras.saving.register_keras_serializable("hunt")
class Own(keras.Model):
    """A subclassed model of some layers."""

    def __init__(self, parts: Any, ops: Any, **more: Any) -> None:
        super().__init__(**more)
        self.parts, self.ops = parts, ops

    def call(self, x: Any) -> Any:
        """Calls one after the other."""
        return called(self.ops, self.parts, x)


def _model(draw: Draw, parts: list[Any]) -> Any:
    body, heads = draw.ops[: -draw.heads], draw.ops[-draw.heads :]
    if draw.wiring == "subclassed":
        return Own(parts, tuple(draw.ops))
    inputs = {
        "row": keras.Input((WIDE,), name="a"),
        "tokens": keras.Input((6,), name="b", dtype="int32"),
        "words": keras.Input((1,), dtype="string"),
    }
    if draw.wiring == "sequential":
        return keras.Sequential([inputs[draw.inputs], *(parts[place] for _, (place,) in draw.ops)])
    if draw.wiring == "nested":
        inner = keras.Sequential([parts[place] for _, (place,) in body])
        x = inputs[draw.inputs]
        return keras.Model(x, called(heads, parts, inner(x)))
    if draw.inputs == "both":  # the first part embeds the tokens, and the rest is of the row beside them
        a, b = inputs["row"], inputs["tokens"]
        x = keras.layers.Concatenate()([called(body[1:], parts, a), keras.layers.Flatten()(called(body[:1], parts, b))])
        return keras.Model({"a": a, "b": b}, called(heads, parts, x))
    x = inputs[draw.inputs]
    found = called(body, parts, x)
    outputs = [called([head], parts, found) for head in heads]
    return keras.Model(x, outputs if draw.heads > 1 else outputs[0])
