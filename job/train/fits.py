"""What is asked of training, and what it gives back: the same two values whichever way a fit takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from job.data.rows import Array, Indices, Inputs, Rows
from job.results.line import FitFailure
from job.study.study import FitSettings

Build = Callable[..., Any]
"""The user's ``build(**params)``: returns a compiled Keras model."""

Outputs = Array | Mapping[str, Array] | tuple[Array, ...]
"""What ``model.predict`` gives: one array, or several."""


@dataclass(frozen=True, eq=False)
class Material:
    """What all fits of a study share.

    Attributes:
        X: n rows of inputs.
        encoded: (n,) class indices or float32 targets, see ``Rows.encoded``.
        sample_weight: (n,) float32 or None.
        classes: number of classes for classification; None otherwise.
        folder: where the study lies, for callbacks beside it.
    """

    X: Inputs
    encoded: Array
    sample_weight: Array | None
    classes: int | None
    folder: Path = Path()

    @classmethod
    def of(cls, rows: Rows, folder: Path) -> "Material":
        """That of a study in a folder, with these rows."""
        classes = None if rows.classes is None else len(rows.classes)
        return cls(rows.X, rows.encoded, rows.sample_weight, classes, folder)


@dataclass(frozen=True, eq=False)
class FitRequest:
    """One fit to train.

    Attributes:
        identity: the fit's digest.
        params: the trial's params; ``build`` is the part that goes to ``build``, the rest is in ``settings``.
        settings: the study's ``fit`` with the trial's own values put in.
        train: rows to train on, validation rows already taken off (the last of the fold's, see ``order.held_out``).
        validation: rows held out of the fold's training rows; empty without ``validation_split``.
        test: rows to predict for scoring; empty at refit.
        class_weight: weight of each class index, or None; "balanced" is already computed, on the fold's training rows.
        seed: 63-bit, from (study seed, canonical params, fold's rows): weights, masks and order come from it alone.
        predict_train: whether the training rows (validation rows included) are predicted too.
        limit: seconds after which the fit counts as failed, or None.
    """

    identity: str
    trial: int
    fold: int
    params: Mapping[str, Any]
    build: Mapping[str, Any]
    settings: FitSettings
    train: Indices
    validation: Indices
    test: Indices
    class_weight: Mapping[int, float] | None
    seed: int
    predict_train: bool = False
    limit: float | None = None


@dataclass(frozen=True, eq=False)
class Trained:
    """What training one fit gave.

    Attributes:
        history: per epoch, Keras's own names (loss, compiled metrics, ``val_*``).
        test_outputs: raw outputs of the model for ``request.test``, before any sigmoid or softmax; None when it failed.
        train_outputs: the same for the fold's training rows (``train`` then ``validation``), when asked for.
        seconds: that training took: of a group's, this fit's share by its own steps and rows, without what tracing and
            compiling its program took once.
        predict_seconds: the same of predicting.
        trace_seconds: that tracing took, once for all fits of a group: its first fit alone has it.
        compile_seconds: the same of compiling by XLA, beside the steps.
        activation: "sigmoid" or "softmax": what a loss with ``from_logits=True`` asks to be applied before scoring;
            "margin": outputs are signed distances (hinge losses) and no probabilities; None: they are what they seem.
        way: "fit", or the name of a way of training together.
        why: one sentence: why this way.
        weights: the trained model's weights in the order of ``model.get_weights()``, only when asked for (refit).
    """

    request: FitRequest
    history: Mapping[str, list[float]]
    test_outputs: Outputs | None
    train_outputs: Outputs | None
    activation: str | None
    epochs: int
    seconds: float
    predict_seconds: float
    way: str
    why: str
    failure: FitFailure | None = None
    weights: list[Array] | None = field(default=None, repr=False)
    trace_seconds: float = 0.0
    compile_seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Group:
    """Fits trained as one program; ``name`` is a digest of their identities."""

    name: str
    requests: tuple[FitRequest, ...]


class Checkpoint(Protocol):
    """Where the state of one long group is kept, over a loss of its worker."""

    def load(self) -> bytes | None:
        """What was saved last, or None."""

    def save(self, data: bytes) -> None:
        """Keeps a state in place of the one before."""
