"""A model's outputs, and which part of y each of them is trained on: by name where both have names, else by place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras

from job.data.rows import Part
from job.errors import UsageError
from job.study.mistakes import listed
from job.study.scoring import NAME_ONE
from job.train.fits import Material

NAMED_PARTS = f"or give y as a dict of arrays by the outputs' names, and {NAME_ONE}"
"""What a study may do about several outputs."""


class ModelMistake(UsageError):
    """What ``build`` returned can't be trained on these targets for this task."""


@dataclass(frozen=True)
class Output:
    """One of a model's outputs.

    Attributes:
        place: among ``keras.tree.flatten`` of them all.
        path: the keys and indices that lead to it.
        name: its last key; where outputs have no keys, the layer's; "" where that is not known.
        shape: the rows' first.
    """

    place: int
    path: tuple[str | int, ...]
    name: str
    shape: tuple[int | None, ...]

    @property
    def called(self) -> str:
        """Its keys joined, or its name."""
        keys = [one for one in self.path if isinstance(one, str)]
        return "/".join(keys) if keys else self.name


def of(model: Any, outputs: Any) -> list[Output]:
    """The outputs in the order in which ``build`` put them, which is not the one Keras flattens dicts in."""
    flat = keras.tree.flatten(outputs)
    layers = list(getattr(model, "output_names", None) or ())
    names = layers if len(layers) == len(flat) else [""] * len(flat)
    places = keras.tree.pack_sequence_as(outputs, list(range(len(flat))))
    return [Output(place, path, _name(path, names[place]), tuple(flat[place].shape)) for path, place in _walked(places)]


def _walked(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walked(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _walked(inner, (*path, index))
    else:
        yield path, value


def _name(path: tuple[str | int, ...], layer: str) -> str:
    return path[-1] if path and isinstance(path[-1], str) else layer


def matched(found: Sequence[Output], material: Material) -> list[tuple[Output, Part]]:
    """Which part of y each output is trained on, in the order of y's parts.

    Raises:
        ModelMistake: there is none for an output, or no output for one.
    """
    parts = material.parts
    if len(found) == 1:
        whole = material.whole
        if whole is None:
            raise ModelMistake(f"y has {_named(parts)}, and the model has one output: give it one for each, in build.")
        return [(found[0], whole)]
    if len(parts) > 1:
        return _by_name(found, parts) or _by_place(found, parts)
    if material.free and (whole := material.whole) is not None and not _shares(found, whole):
        return [(one, whole) for one in found]  # quantiles, say: each loss is of all that y is
    whole = material.whole
    if whole is None or not _shares(found, whole):
        raise ModelMistake(_refusal(found, material))
    return list(zip(found, _columns(whole, tuple(int(one.shape[1] or 0) for one in found)), strict=True))


def _shares(found: Sequence[Output], whole: Part) -> bool:
    """Whether outputs together have a column for each column of y."""
    widths = [one.shape[1] if len(one.shape) == 2 else None for one in found]
    return whole.given.ndim == 2 and None not in widths and sum(map(int, filter(None, widths))) == whole.given.shape[1]


@lru_cache(maxsize=16)
def _columns(whole: Part, widths: tuple[int, ...]) -> list[Part]:
    """A matrix cut into as many columns as each output has; kept, as every fit asks anew."""
    ends = [sum(widths[: place + 1]) for place in range(len(widths))]
    cuts = [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]
    return [Part(None, whole.given[:, cut], whole.encoded[:, cut], whole.task, None) for cut in cuts]


def _by_name(found: Sequence[Output], parts: Sequence[Part]) -> list[tuple[Output, Part]] | None:
    """By name; None where names say nothing, as those that Keras gave to layers of a list of outputs."""
    for names in ([one.called for one in found], [one.name for one in found]):
        if len(set(names)) == len(found) and {one.name for one in parts} == set(names):
            by_name = dict(zip(names, found, strict=True))
            return [(by_name[str(one.name)], one) for one in parts]
    known = {one.name for one in parts} & {name for one in found for name in (one.called, one.name)}
    has_keys = any(isinstance(key, str) for one in found for key in one.path)
    if len(found) != len(parts) or any(known) or (has_keys and all(one.name is not None for one in parts)):
        outputs = listed([one.called or "without a name" for one in found])
        raise ModelMistake(
            f"the model's {len(found)} outputs are {outputs}, and y has {_named(parts)}: there must be one for each, "
            "of the same name. Name them alike, in build or in the data."
        )
    return None


def _by_place(found: Sequence[Output], parts: Sequence[Part]) -> list[tuple[Output, Part]]:
    return list(zip(found, parts, strict=True))


def _named(parts: Sequence[Part]) -> str:
    named = [one.name for one in parts if one.name is not None]
    return f"the parts {listed(named)}" if named else f"{len(parts)} arrays"


def _refusal(found: Sequence[Output], material: Material) -> str:
    shapes = ", ".join(str(one.shape) for one in found)
    y = material.encoded
    kind = material.whole.task if material.whole is not None else "own"
    what = f"{kind}, of {y.shape[1]} columns" if y.ndim == 2 else kind
    return (
        f"the model has {len(found)} outputs, of shapes {shapes}; the task is {what}. Allowed are one output, or "
        f"outputs that together have a column for each column of y: change them in build; {NAMED_PARTS}."
    )
