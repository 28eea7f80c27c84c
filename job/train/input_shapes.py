"""Why a model does not take the data: the two shapes, the line that says the wrong one, and what to write there."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from job.data.rows import Array, Inputs
from job.study import usercode
from job.train import failures
from job.train.fits import Build

_SAYS = re.compile(r"\bInput\(|\binput_shape\b|\binput_dim\b|\bbatch_shape\b")
_SHOWN = 4
"""Columns written out in an example."""


def not_taken(model: Any, X: Inputs, error: Exception, build: Build, folder: Path) -> str:
    """The sentence for a model that raises when it is called on the data.

    Args:
        model: built, as far as it could be.
        X: of the study.
        error: what was raised.
        build: the user's.
        folder: of the study.
    """
    line = usercode.at(error, folder) or _line(build)
    wanted = _wanted(model)
    if isinstance(X, Mapping) and wanted is not None and len(wanted) == 1 and len(X) > 1:
        return _columns(X, wanted[0], line)
    got = f"the model does not take the data: X has {shapes(X)}"
    if wanted is None or (isinstance(X, Mapping | tuple) and len(wanted) == len(X)):
        return f"{got}{line}. Keras says: {failures.brief(error)}"
    takes = f"{len(wanted)} inputs, {', '.join(wanted)}" if len(wanted) > 1 else wanted[0]
    if isinstance(X, Mapping | tuple) or len(wanted) > 1:
        return f"{got}, and the model takes {takes}{line}. The loader and build have to agree on the inputs."
    if takes == shape(X):
        return f"{got}{line}. Keras says: {failures.brief(error)}"
    return (
        f"{got}, and the model takes {takes}{line}. Write keras.Input({X.shape[1:]}) there, or change what data gives."
    )


def differ(model: Any, X: Inputs) -> bool:
    """Whether a model declares other inputs than there are."""
    wanted = getattr(model, "inputs", None)
    arrays = list(X.values()) if isinstance(X, Mapping) else list(X) if isinstance(X, tuple) else [X]
    if not wanted:
        return False
    if isinstance(X, Mapping):
        return len(wanted) != len(arrays)
    return len(wanted) != len(arrays) or any(
        len(one.shape) != array.ndim
        or any(a not in (None, b) for a, b in zip(one.shape[1:], array.shape[1:], strict=True))
        for one, array in zip(wanted, arrays, strict=True)
    )


def shapes(X: Inputs) -> str:
    """Shapes of all inputs, in a few words."""
    if isinstance(X, Mapping):
        return "shapes " + ", ".join(f"{name}: {shape(array)}" for name, array in X.items())
    return f"shapes {', '.join(map(shape, X))}" if isinstance(X, tuple) else f"shape {shape(X)}"


def shape(array: Array) -> str:
    """An array's shape, its rows without a number."""
    return _shape(array.shape[1:])


def _shape(rest: Any) -> str:
    return "(" + ", ".join(["rows", *("any" if one is None else str(one) for one in rest)]) + ")"


def _wanted(model: Any) -> list[str] | None:
    """The shapes that a model declares; None where it declares none."""
    inputs = getattr(model, "inputs", None)
    return [_shape(one.shape[1:]) for one in inputs] if inputs else None


def _line(build: Build) -> str:
    """Where ``build``, or else its module, says a shape, such as `` (model.py line 4)``; "" where nobody can tell."""
    try:
        lines, first = inspect.getsourcelines(build)
        file = Path(inspect.getsourcefile(build) or "")
        module = file.read_text(encoding="utf-8").splitlines()
    except (OSError, TypeError, UnicodeDecodeError):
        return ""
    found = [first + i for i, text in enumerate(lines) if _SAYS.search(text)]
    found = found or [1 + i for i, text in enumerate(module) if _SAYS.search(text)]
    return f" ({file.name} line {found[0]})" if found else ""


def _columns(X: Mapping[str, Array], wanted: str, line: str) -> str:
    """The sentence for a table with words, whose columns arrive one by one, and a model that takes one matrix."""
    words = [name for name, array in X.items() if array.dtype.kind in "OU"]
    why = f", as column `{words[0]}` holds words" if words else ""
    some = [*words[:1], *(name for name in X if name not in words[:1])][:_SHOWN]
    inputs = ", ".join(f'"{name}": keras.Input((1,){_dtype(X[name])}, name="{name}")' for name in some)
    lookup = "keras.layers.StringLookup(max_tokens=100, pad_to_max_tokens=True, output_mode='multi_hot')"
    parts = [f'{lookup}(inputs["{name}"])' if name in words else f'inputs["{name}"]' for name in some]
    more = "  # and so on for each column" if len(X) > len(some) else ""
    dummies = "\nOr make numbers of words in the loader: X = pandas.get_dummies(X, dtype='float32')." if words else ""
    return (
        f"the model takes one array, {wanted}{line}, and X is a dict of {len(X)}{why}: each column arrives as an input "
        f"of its own. These lines take them:\n    inputs = {{{inputs}}}{more}\n    x = keras.layers.Concatenate()"
        f"([{', '.join(parts)}])\n    model = keras.Model(inputs, keras.layers.Dense(1)(x))  # your own layers{dummies}"
    )


def _dtype(array: Array) -> str:
    return ", dtype='string'" if array.dtype.kind in "OU" else ""
