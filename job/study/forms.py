"""The short forms a study may be written in, and how values are written back in them."""

import codecs
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from job.study import references, slips
from job.study.mistakes import nearest, shown

SPEC = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
"""``module:name`` of the user's own."""

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
"""Endings of tables' files."""

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST_NAME = 40
"""A run's Jobs are named <study>-<10 hex digits>-<attempt>, its pods with an index more, all within 63 characters."""


def refuse(message: str) -> PydanticCustomError:
    """The error of a validator whose message is already in our words."""
    return PydanticCustomError("form", "{said}", {"said": message})


def name(value: str) -> str:
    """A study's name: a DNS label that leaves room for what is hung on it."""
    if NAME.fullmatch(value) and len(value) <= LONGEST_NAME:
        return value
    right = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:LONGEST_NAME].strip("-")
    length = f" of {len(value)} characters" if len(value) > LONGEST_NAME else ""
    raise refuse(
        f"got {shown(value)}{length}; allowed are at most {LONGEST_NAME} lower-case letters, digits and hyphens, "
        "with a letter or digit at both ends (Kubernetes names its objects after the study)."
        + (f" Did you mean `{right}`?" if right else "")
    )


def spec(value: str) -> str:
    """``module:name``."""
    if SPEC.fullmatch(value):
        return value
    raise refuse(
        f"got {shown(value)}; allowed is `module:name`, such as `model:build` for build() in model.py beside the study."
        + references.meant(value)
    )


def data(value: Any) -> Any:
    """A loader, one file, or a pair of ``.npy`` files."""
    if isinstance(value, str) and (SPEC.fullmatch(value) or value.lower().endswith((".npz", *TABLES))):
        return value
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(str(one).endswith(".npy") for one in value):
        return tuple(value)
    raise refuse(
        f"got {shown(value)}; allowed are `module:name` of a function that returns X, y (or X, y, groups), "
        "a .npz, .csv or .parquet file, or a list of two .npy files, X then y."
        + (references.meant(value) if isinstance(value, str) and ":" in value else "")
    )


def separator(value: str | None) -> str | None:
    """One character, or ``tab``."""
    if value is None or len(value) == 1 or value in ("tab", "\\t"):
        return value
    raise refuse(f'got {shown(value)}; allowed is one character, such as `";"`, or `tab`.')


def encoding(value: str) -> str:
    """A name that Python knows."""
    try:
        codecs.lookup(value)
    except LookupError:
        known = ["utf-8", "utf-16", "cp1252", "latin-1", "ascii", "shift_jis", "gb18030"]
        told = f"got {shown(value)}, which is no encoding; allowed are Python's names, such as `utf-16`, `cp1252`."
        raise refuse(told + nearest(value, known)) from None
    return value


def names(value: Any) -> Any:
    """One name, or a list of them."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)):
        return value
    raise refuse(f"got {shown(value)}; allowed are a name or a list of names.")


def scoring(value: Any) -> Any:
    """Scorers' names, and ``{outputs: module:name}`` for those that are given the model's outputs as they are."""
    several = [value] if isinstance(value, (str, Mapping)) else value
    if not isinstance(several, (list, tuple)):
        raise refuse(f"got {shown(value)}; allowed are a name or a list of names.")
    for one in several:
        if isinstance(one, Mapping) and (set(one) != {"outputs"} or not isinstance(one["outputs"], str)):
            word = nearest(next(iter(one), ""), ["outputs"])
            raise refuse(
                f"got {shown(dict(one))}; allowed are a scorer's name, `module:name` of your own, and `{{outputs: "
                f"module:name}}` for one of your own that gets (y, outputs).{word}"
            )
    return tuple(several)


def scoring_written(value: Any) -> Any:
    """Scorers as they are written in a study."""
    written = [one if isinstance(one, str) else {"outputs": one.outputs} for one in value]
    return written[0] if len(written) == 1 else written


def one_or_more(value: Any) -> Any:
    """A tuple of names as it was written."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else list(value)


def search(value: Any) -> Any:
    """``grid``, or ``{random: {trials: 60, seed: 0}}``."""
    if value in ("grid", {"grid": None}, {"grid": {}}):
        return {"kind": "grid"}
    if isinstance(value, Mapping) and set(value) == {"random"} and isinstance(value["random"], Mapping):
        value = {"kind": "random", **value["random"]}
    if isinstance(value, Mapping) and value.get("kind") == "random" and value.get("trials") is None:
        raise refuse("a random search needs its number of trials: `search: {random: {trials: 60}}`.")
    if value == "random" or (isinstance(value, Mapping) and set(value) == {"random"}):
        raise refuse(f"got {shown(value)}; a random search is written `{{random: {{trials: 60, seed: 0}}}}`.")
    if isinstance(value, (str, int, float, list)) or value is None or not _has_kind(value):
        word = next(iter(value), "") if isinstance(value, Mapping) else value
        raise refuse(
            f"got {shown(value)}; allowed are `grid` and `{{random: {{trials: 60, seed: 0}}}}`."
            + nearest(word, ["grid", "random"])
        )
    return value


def _has_kind(value: Any) -> bool:
    return not isinstance(value, Mapping) or "kind" in value


def search_written(value: Any) -> Any:
    """A search as it is written in a study."""
    if value.kind == "grid":
        return "grid"
    given = {"trials": value.trials, "seed": value.seed, "around_champion": value.around_champion}
    return {"random": {name: one for name, one in given.items() if one is not None}}


def space(value: Any) -> Any:
    """One mapping, or a list of them."""
    spaces = [value] if isinstance(value, Mapping) else value
    if not isinstance(spaces, (list, tuple)) or not spaces or not all(isinstance(one, Mapping) for one in spaces):
        raise refuse(
            f"got {shown(value)}; allowed is a mapping of parameters, such as `{{units: [32, 64]}}`, "
            f"or a list of such mappings.{slips.unspaced(value)}"
        )
    return tuple(spaces)


def space_written(value: Any) -> Any:
    """A space as it is written in a study."""
    return dict(value[0]) if len(value) == 1 else [dict(one) for one in value]


def splitter(value: Any) -> Any:
    """A count, a name, or ``{Name: {argument: value}}``."""
    if isinstance(value, (bool, float)) or (isinstance(value, int) and value < 2):
        raise refuse(f"got {shown(value)}; the number of folds is a whole number of at least 2.")
    if isinstance(value, int):
        return {"name": "folds", "arguments": {"n_splits": value}}
    return called(value, "`3`, or a splitter such as `{KFold: {n_splits: 5, shuffle: true}}`, or `module:name`")


def splitter_written(value: Any) -> Any:
    """A splitter as it is written in a study."""
    return value.arguments["n_splits"] if value.name == "folds" else {value.name: dict(value.arguments)}


def splitter_or_none(value: Any) -> Any:
    """As ``splitter``; nothing is the default."""
    return value if value is None else splitter(value)


def splitter_or_none_written(value: Any) -> Any:
    """A splitter as it is written in a study, if there is one."""
    return None if value is None else splitter_written(value)


def callback(value: Any) -> Any:
    """``module:name``, or ``{module:name: {argument: value}}``."""
    found = called(value, "`module:name`, or `{module:name: {argument: value}}`")
    if isinstance(found, Mapping) and "name" in found:
        return {"path": spec(found["name"]), "arguments": found["arguments"]}
    return found


def callback_written(value: Any) -> Any:
    """A callback as it is written in a study."""
    return {value.path: dict(value.arguments)}


def called(value: Any, allowed: str) -> Any:
    """A name alone, or one name with its arguments; values and their long form pass."""
    if isinstance(value, str):
        return {"name": value, "arguments": {}}
    if isinstance(value, Mapping) and ("arguments" in value or "name" in value or "path" in value):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        (key, arguments), *_ = value.items()
        arguments = {} if arguments is None else arguments
        if isinstance(key, str) and isinstance(arguments, Mapping) and all(isinstance(one, str) for one in arguments):
            return {"name": key, "arguments": arguments}
        raise refuse(f"got {shown(value)}; arguments are given by name: `{{{key}: {{argument: value}}}}`.")
    if value is None or isinstance(value, (bool, int, float, list, tuple, Mapping)):
        raise refuse(f"got {shown(value)}; allowed is {allowed}.")
    return value


def refit(value: Any) -> Any:
    """A scorer's name, true or false."""
    if isinstance(value, (bool, str)):
        return value
    raise refuse(f"got {shown(value)}; allowed are the name of a scorer, `true` or `false`.")
