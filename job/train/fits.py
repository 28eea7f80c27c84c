"""What is asked of training, and what it gives back: the same two values whichever way a fit takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from job.data.rows import Array, Indices, Inputs, Part, Rows
from job.results.line import FitFailure
from job.study.study import FitSettings, Form, Study, Task
from job.train.ways import Way

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
        parts: y's arrays one by one, see ``Rows.parts``.
        form: what the study says its losses are given of y; None: what they need.
        threshold: the study's, above which an output is the second of two classes, or a label that is there.
        free: whether the user's own scorers alone read the outputs, so that they may be anything.
        run: the run's name, for callbacks' paths.
    """

    X: Inputs
    encoded: Array
    sample_weight: Array | None
    classes: int | None
    folder: Path = Path()
    parts: tuple[Part, ...] = ()
    form: Form | None = None
    threshold: float | None = None
    free: bool = False
    run: str = ""

    @classmethod
    def of(cls, rows: Rows, study: Study, folder: Path, run: str = "") -> "Material":
        """What a study's fits share of its rows."""
        return cls(
            X=rows.X,
            encoded=rows.encoded,
            sample_weight=rows.sample_weight,
            classes=None if rows.classes is None else len(rows.classes),
            folder=folder,
            parts=rows.parts,
            form=study.targets,
            threshold=study.threshold,
            free=study.reads_outputs_itself,
            run=run,
        )

    @cached_property
    def whole(self) -> Part | None:
        """All of y as one part; None where it is several that are no single task."""
        if len(self.parts) == 1:
            return self.parts[0]
        if self.free and self.parts:
            return self._side_by_side()
        if self.classes is None:
            task: Task = "regression"
        elif self.encoded.ndim == 2:
            task = "multilabel"
        else:
            task = "binary" if self.classes == 2 else "multiclass"
        if any(one.task != task for one in self.parts):
            return None
        classes = np.arange(self.classes) if task in ("binary", "multiclass") and self.classes else None
        return Part(None, self.encoded, self.encoded, task, classes)

    def _side_by_side(self) -> Part | None:
        """Several arrays that only the user's own loss and scorers read, as one matrix; None where they make none."""
        arrays = [one.given for one in self.parts]
        if any(one.dtype.kind not in "biuf" or one.ndim > 2 for one in arrays):
            return None
        matrix = np.column_stack(arrays)
        return Part(None, matrix, matrix, "own", None)


@dataclass(frozen=True)
class Head:
    """How one of a model's outputs is read.

    Attributes:
        place: which of ``keras.tree.flatten`` of the outputs it is.
        activation: "sigmoid" or "softmax": what a loss with ``from_logits=True`` asks to be applied before scoring;
            "margin": outputs are signed distances (hinge losses, tanh, logits of a loss of the user's own) and no
            probabilities; None: they are what they seem.
        threshold: above it, an output is the second of two classes, or a label that is there: a probability where
            there is one, else the output itself; None: the largest of two outputs is the class.
        numbered: whether the number of an output's column is the label itself, as for labels 1, 2, 3 and four columns.
    """

    place: int = 0
    activation: str | None = None
    threshold: float | None = None
    numbered: bool = False

    @property
    def cut(self) -> float:
        """The threshold of a single output."""
        if self.threshold is not None:
            return self.threshold
        return 0.0 if self.activation == "margin" else 0.5


@dataclass(frozen=True)
class Reading:
    """How a model's outputs are read: the heads in the order of y's parts; one for all of them where it is wide."""

    heads: tuple[Head, ...] = (Head(),)


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
        keep: whether the trained model's variables are wanted too.
        callbacks: Keras callbacks of this fit alone, already made; such a fit goes by Keras ``fit``.
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
    keep: bool = False
    callbacks: tuple[Any, ...] = ()


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
        reading: how the outputs are read as labels, probabilities, distances or amounts.
        way: how it was trained.
        why: one sentence: why this way.
        wrote: files that its callbacks wrote, the first of them.
        weights: the trained model's weights in the order of ``model.get_weights()``, only when asked for (refit).
        variables: the trained model's trainable variables, then the others, when the request asks for them.
    """

    request: FitRequest
    history: Mapping[str, list[float]]
    test_outputs: Outputs | None
    train_outputs: Outputs | None
    reading: Reading
    epochs: int
    seconds: float
    predict_seconds: float
    way: Way
    why: str
    failure: FitFailure | None = None
    weights: list[Array] | None = field(default=None, repr=False)
    variables: list[Array] | None = field(default=None, repr=False)
    trace_seconds: float = 0.0
    compile_seconds: float = 0.0
    wrote: tuple[str, ...] = ()
