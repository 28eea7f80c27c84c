"""Estimators in pickles: their models as ``.keras`` bytes, their functions by name, or by their code."""

import pickle
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import keras

from job.sklearn import own_code
from job.sklearn.turns import unnoticed
from job.train import failures


@dataclass(frozen=True)
class Absent:
    """Stands for a function that can't be imported where its estimator was loaded."""

    name: str

    def __call__(self, **_: Any) -> Any:
        """Raises ValueError: there is nothing to call."""
        raise ValueError(
            f"the estimator was saved with the function {self.name}, which can't be imported here. It predicts all the "
            "same; to fit it again, give it your function: set_params(model=your_function), of a search "
            "set_params(estimator=your_function)."
        )


@dataclass(frozen=True)
class Written:
    """A model or function as it lies in a pickle.

    Attributes:
        kind: "model"; or of a function "name" or "code".
        name: of the model or function.
        data: the model's file, or the function's code.
        own: pickled, the user's own code in a model.
    """

    kind: str
    name: str
    data: bytes
    own: bytes = b""


def written(model: Any) -> Any:
    """What is pickled in place of an estimator's model."""
    if isinstance(model, keras.Model):
        return Written("model", model.name, *of_model(model))
    if isinstance(model, Absent) or not callable(model) or not hasattr(model, "__qualname__"):
        return model
    name = f"{model.__module__}:{model.__qualname__}"
    return Written("name", name, b"") if _found(name) is model else Written("code", name, cloudpickle.dumps(model))


def of_model(model: Any) -> tuple[bytes, bytes]:
    """A model as a ``.keras`` file, and the user's own code in it, pickled; nothing where there is none."""
    with tempfile.TemporaryDirectory(prefix="tunejob-") as folder, own_code.named(model) as found:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes(), cloudpickle.dumps(dict(found.own)) if found.own else b""


def loaded(data: bytes, own: bytes = b"") -> Any:
    """A model of the bytes of a ``.keras`` file; its optimizer starts anew, so that it may have no state is no news.

    Args:
        data: the file's.
        own: pickled, the user's own code in it.

    Raises:
        ValueError: its own code can't be imported here; says which.
    """
    objects = unpickled(own) if own else {}
    with (
        unnoticed(),
        tempfile.TemporaryDirectory(prefix="tunejob-") as folder,
        warnings.catch_warnings(),
        keras.saving.custom_object_scope(objects),
    ):
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
        path = Path(folder) / "model.keras"
        path.write_bytes(data)
        return keras.models.load_model(path, safe_mode=False)


def unpickled(data: bytes) -> Any:
    """What was pickled with the user's own code.

    Raises:
        ValueError: the code can't be imported here; says which.
    """
    try:
        return pickle.loads(data)  # noqa: S301  # part of a pickle that is being loaded
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"the model uses code of your own that can't be imported here ({failures.brief(error)}); put the module "
            "that it is in where Python finds it, and load it again."
        ) from error


def read(found: Any) -> Any:
    """An estimator's model, of what was pickled in its place."""
    if not isinstance(found, Written):
        return found
    if found.kind == "model":
        return loaded(found.data, found.own)
    if found.kind == "name":
        return _found(found.name) or Absent(found.name)
    try:
        return pickle.loads(found.data)  # noqa: S301  # part of a pickle that is being loaded
    except (ImportError, AttributeError):
        return Absent(found.name)


def _found(name: str) -> Callable[..., Any] | None:
    """A function by name, where it can be imported; none of a script or notebook."""
    module, _, path = name.partition(":")
    if module == "__main__":
        return None
    try:
        value: Any = sys.modules.get(module) or import_module(module)
        for part in path.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError):
        return None
    return value  # type: ignore[no-any-return]
