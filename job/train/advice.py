"""What a user should know of a built model before it is trained: what was guessed of it, and what it contradicts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from job.data.rows import Part
from job.study import sklearn_private
from job.train import heads, losses, reading, targets
from job.train.fits import Head, Material, Reading
from job.train.heads import Output
from job.train.losses import Form, LossKind

_WORDS: dict[str, str] = {
    "given": "y as the data has it",
    "column": "y as a column, (rows, 1)",
    "indices": "the classes' indices",
    "one-hot": "one-hot rows of y",
    "zero-one": "zeros and ones for y",
    "amounts": "the amounts of y",
}

_REACH = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, math.inf)}
"""What outputs can be that end so."""


def of(model: Any, outputs: Any, material: Material, scorers: Mapping[str, Any]) -> Iterator[str]:
    """Yields a sentence for each.

    Args:
        model: compiled, with its weights.
        outputs: its symbolic outputs.
        material: of the study.
        scorers: the study's, by name.
    """
    found = heads.of(model, outputs)
    pairs = targets.matched(model, found, material)
    _, read = targets.of(model, outputs, material)
    if len(pairs) > 1:
        yield from _matching(pairs)
    ends = reading.endings(model, material)
    for (output, part), head in zip(pairs, read.heads, strict=True):
        kind = losses.of_output(model, output, len(found), part.task)
        called = f" of output {output.called}" if len(found) > 1 and output.called else ""
        yield from _guessed(kind, targets.form_of(kind, output, part, material), part, material, called)
        if not material.free:
            yield from _cut(kind, output, part, head, material, called)
        yield from _contradicted(kind, ends[output.place], called)
        yield from _unreached(kind, output, part, ends[output.place], called)
    if not material.free and material.classes is not None:
        yield from _without_probabilities(read, ends, scorers)


def _matching(pairs: Sequence[tuple[Output, Part]]) -> Iterator[str]:
    """Which part of y each output is trained on, where names did not say."""
    if any(part.name not in (output.called, output.name) for output, part in pairs):
        said = ", ".join(
            f"output {output.called or output.place} {part.name or f'column {place}'}"
            for place, (output, part) in enumerate(pairs)
        )
        yield f"outputs are given y in build's order: {said}; a dict of outputs by the columns' names says otherwise"


def _guessed(kind: LossKind, form: Form, part: Part, material: Material, called: str) -> Iterator[str]:
    """What a loss of the user's own is given."""
    if kind.function is None or material.form is not None:
        return
    if form == "column" and part.task not in ("binary", "multiclass"):
        yield f"the loss {kind.name}{called} is your own, and is given {_WORDS[form]}: `targets: as_given` says (rows,)"
    if part.task not in ("binary", "multiclass"):
        return
    others = " or ".join(f"`{one}`" for one, other in targets.EXPLICIT.items() if other != form)
    yield f"the loss {kind.name}{called} is your own, and is given {_WORDS[form]}: `targets:` {others} says otherwise"


def _cut(kind: LossKind, output: Output, part: Part, head: Head, material: Material, called: str) -> Iterator[str]:
    is_single = part.task == "multilabel" or len(output.shape) == 1 or output.shape[-1] == 1
    if not is_single or part.task not in ("binary", "multilabel") or material.threshold is not None:
        return
    if kind.form not in ("own", "amounts") or kind.activation is not None or head.cut == 0.5:
        return
    classes = part.classes
    what = f"class {classes[-1]}" if part.task == "binary" and classes is not None else "labels that are there"
    yield f"outputs{called} above {head.cut:g} are taken for {what}; `threshold:` in the study says otherwise"


def _contradicted(kind: LossKind, end: str, called: str) -> Iterator[str]:
    """A loss of probabilities that gets none, or one of logits that gets probabilities."""
    if kind.name not in losses.CHANCES or kind.form == "own":
        return
    needed = "a sigmoid" if kind.form == "zero-one" else "a softmax"
    if kind.activation is None and end in ("linear", "tanh", "relu"):
        ends = "without an activation" if end == "linear" else f"in {end}"
        yield (
            f"the model{called} ends {ends}, and its loss {kind.name} takes probabilities: give the last layer "
            f"{needed}, or the loss `from_logits=True`; as it is, it trains worse"
        )
    if kind.activation is not None and end in ("sigmoid", "softmax"):
        yield (
            f"the model{called} ends in a {end}, and its loss {kind.name} is told `from_logits=True`: leave one of the "
            "two out; as it is, it trains worse"
        )


def _unreached(kind: LossKind, output: Output, part: Part, end: str, called: str) -> Iterator[str]:
    """A last activation that can't give what y has, which trains without an error, and to nothing."""
    if end == "softmax" and len(output.shape) == 2 and output.shape[-1] == 1:
        yield (
            f"the model{called} ends in a softmax of one unit, which is 1 whatever the weights are, so nothing is "
            "learnt: give the last layer a sigmoid, or a unit for each class"
        )
    if end not in _REACH or kind.form != "amounts" or part.task != "regression" or part.given.dtype.kind not in "iuf":
        return
    (least, most), (low, high) = _REACH[end], (float(part.given.min()), float(part.given.max()))
    if low < least or high > most:
        reach = f"{least:g} to {most:g}" if math.isfinite(most) else f"nothing below {least:g}"
        yield (
            f"the model{called} ends in a {end}, which gives {reach}, and y goes from {low:.4g} to {high:.4g}: leave "
            "the last layer's activation out, or scale y in the loader"
        )


def _without_probabilities(read: Reading, ends: Sequence[str], scorers: Mapping[str, Any]) -> Iterator[str]:
    """Scorers of probabilities where outputs are none."""
    wanting = [name for name, one in scorers.items() if sklearn_private.wants_probabilities(one)]
    for head in read.heads:
        are_none = head.activation == "margin" or (
            head.activation is None and ends[head.place] in ("linear", "tanh", "relu", "logarithms")
        )
        if wanting and are_none:
            yield (
                f"{', '.join(wanting)} {'score' if len(wanting) > 1 else 'scores'} probabilities, and the model's "
                "outputs are none: end it in a sigmoid or a softmax, or give its loss `from_logits=True`; fits whose "
                "outputs are no probabilities fail"
            )
            return
