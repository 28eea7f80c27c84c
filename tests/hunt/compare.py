"""A drawn study trained as a worker trains it, beside plain Keras ``fit`` of the same seed, rows and order."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from hunt import smallest
from hunt.layers import FIT, TOGETHER
from hunt.study import FAMILY, Draw
from sklearn.utils.class_weight import compute_class_weight
from train.cases import Case

from job.data.rows import Fold
from job.train.fits import FitRequest, Trained
from job.train.order import epoch_order, keras_seed
from job.train.ways import Way

FOLDS = (Fold(np.arange(40), np.arange(40, 61)), Fold(np.arange(18, 61), np.arange(18)))
"""Of unequal sizes: 40 and 43 rows to train on."""

WITHIN = 1e-4
"""How far histories and outputs may be apart, absolutely or relatively, without a question."""
HALF = 2e-2
"""The same, where layers compute in half precision."""
NUDGE = 2.0**-20
"""By how much weights are changed to see what rounding does to a fit that is further apart."""
NOISE = 30.0
"""How many times as far as by that change two fits may be apart."""


@dataclass(frozen=True)
class Found:
    """What came of one study.

    Attributes:
        verdict: "same"; "differs"; "other way" than its row of the tables says; "chaos", where plain Keras differs as
            much from itself, begun a rounding away; or "void", where plain Keras can't train it either.
        told: what differs, or why it is void.
        ways: how its fits were trained, and why.
    """

    verdict: str
    told: str = ""
    ways: Mapping[str, str] = field(default_factory=dict)


class Ordered(keras.utils.PyDataset):
    """Batches in the public order of each epoch, as any user of Keras could write it."""

    def __init__(self, request: FitRequest, x: Any, y: Any, weights: Any) -> None:
        super().__init__()
        self.given = (x, y) if weights is None else (x, y, weights)
        self.request, self.epoch, self.order = request, 0, np.arange(len(request.train))

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.request.settings.batch_size)

    def __getitem__(self, index: int) -> Any:
        size = self.request.settings.batch_size
        x, *more = _taken(self.given, self.order[index * size : (index + 1) * size])
        return _tensors(x), *more

    def on_epoch_begin(self) -> None:
        """Sets the order."""
        if self.request.settings.shuffle:
            self.order = epoch_order(self.request.seed, self.epoch, len(self.order))
        self.epoch += 1


def compare(draw: Draw) -> Found:
    """Trains all fits of a study as a worker does, and one of each trial by plain Keras."""
    X, y, weights = draw.data()
    case = Case(draw.build, X, y, sample_weight=weights, settings={"fit": draw.settings, "space": _space(draw)})
    asked = [case.request(params, fold, number) for number, params in enumerate(draw.trials) for fold in FOLDS]
    found = _trained(case, asked)
    ways = {one.way: one.why for one in found}
    looked_at = [*found[: -len(FOLDS) : len(FOLDS)], found[-1]]
    verdicts = []
    for one in looked_at:
        try:
            history, outputs = _plain(draw, one.request, X, y, weights)
        except Exception as error:  # noqa: BLE001  # whatever Keras says of what was drawn
            if one.failure is not None:
                return Found("void", f"{type(error).__name__}: {error}"[:300], ways)
            return Found("differs", f"plain Keras raises {type(error).__name__}: {error}"[:300], ways)
        told = _apart(one, history, outputs, HALF if draw.is_half else WITHIN)
        if told and one.failure is None and _noisy(draw, one, X, y, weights, history, outputs):
            verdicts.append(Found("chaos", told, ways))
        elif told:
            fit = f"trial {one.request.trial}, {len(one.request.train)} rows, {one.way}"
            return Found("differs", f"{fit}: {told}", ways)
    return verdicts[0] if verdicts else Found("same", ways=ways)


def as_told(names: Sequence[str]) -> Iterator[tuple[tuple[str, ...], Found]]:
    """Compares the smallest study with some rows of the tables, whose fits go the way that the rows say.

    Where it is not so, its halves are looked at; a row by itself tells which it is.
    """
    draw, way = smallest.study(names), smallest.way(names)
    found = compare(draw)
    gone = FIT if set(found.ways) == {Way.FIT} else TOGETHER
    if found.verdict in ("same", "chaos") and gone == way:
        yield tuple(names), found
    elif len(names) > 1:
        for part in smallest.halves(names):
            yield from as_told(part)
    elif found.verdict in ("differs", "void"):
        yield tuple(names), Found("differs", found.told, found.ways)
    else:
        yield tuple(names), Found("other way", f"goes {gone}, and its row says {way}", found.ways)


def _space(draw: Draw) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in draw.space.items()} or {"x": [1]}


def _trained(case: Case, asked: list[FitRequest]) -> list[Trained]:
    """The fits of a shard, as a worker trains them."""
    groups = list(case.trainer.groups(asked))
    found = {one.request.identity: one for group in groups for one in case.trainer.train(group)}
    return [found[request.identity] for request in asked]


def _taken(whole: Any, rows: Any) -> Any:
    return keras.tree.map_structure(lambda one: one[rows], whole)


def _targets(draw: Draw, y: Any) -> Any:
    """Y as a user of plain Keras would give it to this loss."""
    if draw.heads > 1:
        return tuple(y[:, [column]] for column in range(draw.heads))
    if draw.kind.startswith("one-hot"):
        return np.eye(3, dtype="float32")[y]
    if FAMILY[draw.kind] == "sparse":
        return y.astype("int64")
    return (y if y.ndim == 2 else y[:, None]).astype("float32")


def _weights(draw: Draw, request: FitRequest, y: Any, weights: Any) -> Any:
    """A weight of each row to train on, or None: its own times that of its class."""
    given = request.settings.class_weight
    own = None if weights is None else weights[request.train]
    if given is None:
        return own
    fold = y[np.concatenate([request.train, request.validation])]
    there = np.unique(fold)
    per_class = given
    if given == "balanced":
        per_class = dict(zip(there, compute_class_weight("balanced", classes=there, y=fold), strict=True))
    of_class = np.array(
        [{int(key): value for key, value in per_class.items()}.get(int(one), 1.0) for one in y[request.train]]
    )
    return (of_class if own is None else own * of_class).astype("float32")


def _plain(draw: Draw, request: FitRequest, X: Any, y: Any, weights: Any, nudge: float = 0.0) -> tuple[Any, Any]:
    """History and outputs for the test rows, by plain Keras."""
    settings, targets = request.settings, _targets(draw, y)
    keras.utils.clear_session(free_memory=False)  # names are counted anew, as in a process of its own
    keras.utils.set_random_seed(keras_seed(request.seed))
    model = draw.build(**request.build)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Layer) and hasattr(layer, "adapt") and _learns(layer):
            layer.adapt(_taken(X, request.train))
    if nudge:
        model(_tensors(_taken(X, request.train[:2])))
        for one in model.trainable_variables:
            one.assign(one * (1 + nudge))
    callbacks: list[Any] = []
    if settings.early_stopping is not None:
        callbacks.append(keras.callbacks.EarlyStopping(**draw.settings["early_stopping"]))
    for callback in draw.settings.get("callbacks", ()):
        ((path, given),) = callback.items()
        callbacks.append(getattr(keras.callbacks, path.partition(":")[2])(**given))
    given = Ordered(
        request, _taken(X, request.train), _taken(targets, request.train), _weights(draw, request, y, weights)
    )
    history = model.fit(
        given, epochs=settings.epochs, shuffle=False, verbose=0, callbacks=callbacks,
        validation_data=_validation(request, X, targets, weights), validation_batch_size=settings.batch_size,
    )  # fmt: skip
    return history.history, model(_tensors(_taken(X, request.test)), training=False)


def _learns(layer: Any) -> bool:
    """Whether a layer has nothing yet of what it learns from rows."""
    return layer.get_config().get("vocabulary") is None and layer.get_config().get("mean") is None


def _tensors(X: Any) -> Any:
    return keras.tree.map_structure(
        lambda one: keras.ops.convert_to_tensor(one.astype(str) if one.dtype == object else one), X
    )


def _validation(request: FitRequest, X: Any, targets: Any, weights: Any) -> Any:
    rows = request.validation
    if not len(rows):
        return None
    return _taken((X, targets) if weights is None else (X, targets, weights), rows)


def _numbers(history: Mapping[str, Any], outputs: Any) -> Iterable[tuple[str, Any]]:
    """All that is compared of a fit, by name."""
    for name, values in history.items():
        told = np.stack([np.ravel(one) for one in values])
        if told.shape[1] == 1:
            yield name, told[:, 0]
        else:
            yield from ((f"{name}[{place}]", told[:, place]) for place in range(told.shape[1]))
    for place, one in enumerate(keras.tree.flatten(outputs)):
        yield f"outputs {place}", np.asarray(keras.ops.cast(one, "float32"))


def _apart(one: Trained, history: Any, outputs: Any, within: float) -> str:
    """What of a fit differs from plain Keras; nothing where it is the same."""
    if one.failure is not None:
        finite = all(np.isfinite(np.ravel(value)).all() for value in history["loss"])
        return f"fails by itself: {one.failure.kind}: {one.failure.message[:200]}" if finite else ""
    mine, its = dict(_numbers(one.history, one.test_outputs)), dict(_numbers(history, outputs))
    if within == HALF:  # a metric that counts says nothing of outputs so coarse
        mine, its = (
            {name: one[name] for name in one if name.endswith("loss") or "outputs" in name} for one in (mine, its)
        )
    if set(mine) != set(its):
        return f"measures {sorted(mine)}, and plain Keras {sorted(its)}"
    for name, value in its.items():
        if np.shape(mine[name]) != np.shape(value):
            return f"{name} has shape {np.shape(mine[name])}, by plain Keras {np.shape(value)}"
    name, gap = max(((name, _gap(mine[name], value)) for name, value in its.items()), key=lambda pair: pair[1])
    return (
        f"{name} by {gap:.1e}: {np.ravel(mine[name])[:6]}, by plain Keras {np.ravel(its[name])[:6]}"
        if gap > within
        else ""
    )


def _gap(mine: Any, its: Any) -> float:
    mine, its = np.asarray(mine, float), np.asarray(its, float)
    if not np.array_equal(np.isfinite(mine), np.isfinite(its)):
        return np.inf
    there = np.isfinite(its)
    return float(np.max(np.abs(mine - its)[there] / np.maximum(1.0, np.abs(its[there])), initial=0.0))


def _noisy(draw: Draw, one: Trained, X: Any, y: Any, weights: Any, history: Any, outputs: Any) -> bool:
    """Whether plain Keras, begun a rounding away, is as far from itself."""
    other = dict(_numbers(*_plain(draw, one.request, X, y, weights, nudge=NUDGE)))
    mine, its = dict(_numbers(one.history, one.test_outputs)), dict(_numbers(history, outputs))
    if set(mine) != set(its) or any(np.shape(mine[name]) != np.shape(its[name]) for name in its):
        return False
    noise = max(_gap(other[name], its[name]) for name in its)
    return max(_gap(mine[name], its[name]) for name in its) <= NOISE * noise
