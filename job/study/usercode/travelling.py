"""Functions and classes that travel to workers: of modules by their files, of notebooks and scripts by their source."""

import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from job.study.usercode import cells
from job.study.usercode.closure import Closure

NOTEBOOK = "notebook"
"""What the names of modules begin with that hold what a notebook or script defines."""
_EVERYWHERE = ("__main__", "job", "tunejob")
"""Modules without files that could be sent: a notebook, and this package, which workers have."""


@dataclass(frozen=True)
class Travelling:
    """A function or class as workers find it.

    Attributes:
        module: where they import it from.
        name: what it is called there.
        files: contents by path, which lie beside the study.
    """

    module: str
    name: str
    files: dict[str, bytes] = field(repr=False)

    @property
    def spec(self) -> str:
        """As a study names it."""
        return f"{self.module}:{self.name}"


def of(function: Callable[..., Any]) -> Travelling:
    """Return how a function or class travels.

    Raises:
        ValueError: it can't; names what is missing, and says what to do.
    """
    module = sys.modules.get(getattr(function, "__module__", "") or "")
    name = getattr(function, "__qualname__", "")
    if not name.isidentifier():
        kind = "a lambda" if "<lambda>" in name else f"`{name or type(function).__name__}`"
        raise ValueError(
            f"{kind} can't travel to workers: they import a function by its name. Write it with def, at the top of a "
            "cell or of a module."
        )
    if module is None or module.__name__ == "__main__":
        return _of_notebook(function, name)
    if getattr(module, name, None) is not function:
        raise ValueError(
            f"`{name}` is not what module {module.__name__} has by that name any more, so workers would import "
            "another; import the module anew."
        )
    return Travelling(module.__name__, name, _files(module.__name__))


def together(travelling: Sequence[Travelling]) -> dict[str, bytes]:
    """Return the files of all.

    Raises:
        ValueError: two of them are different files of one name.
    """
    files: dict[str, bytes] = {}
    for one in travelling:
        for path, content in one.files.items():
            if files.setdefault(path, content) != content:
                what = path.removeprefix(f"{NOTEBOOK}_").removesuffix(".py")
                raise ValueError(f"two different `{what}` would travel to workers under one name; rename one of them.")
    return files


def is_own(module: str) -> bool:
    """Say whether a module is the user's: a notebook, a script, or a file that is not installed."""
    return module == "__main__" or _folder(module.partition(".")[0]) is not None


def _of_notebook(function: Callable[..., Any], name: str) -> Travelling:
    text, module = cells.of(function), f"{NOTEBOOK}_{name}"
    files = {path: content for one in cells.imported(text) for path, content in _files(one).items()}
    return Travelling(module, name, {**files, f"{module}.py": text.encode()})


def _files(module: str) -> dict[str, bytes]:
    """A module's file, those of the modules beside it that it imports, and those that they open; none where installed.

    Workers have what is installed, or their image must.
    """
    folder = _folder(module.partition(".")[0])
    if folder is None:
        return {}
    used = Closure(folder, lambda: sorted(folder.glob("*.py")))
    used.follow(module)
    return {path: (folder / path).read_bytes() for path in sorted({*used.modules, *used.opened})}


def _folder(top: str) -> Path | None:
    """Where a module lies that is not installed; None of any other."""
    if top in _EVERYWHERE:
        return None
    spec = getattr(sys.modules[top], "__spec__", None) if top in sys.modules else find_spec(top)
    if spec is None:
        return None
    file = spec.origin if spec.has_location else None
    place = Path(file or next(iter(spec.submodule_search_locations or ()), _STANDARD))
    if not {"site-packages", "dist-packages"}.isdisjoint(place.parts) or place.is_relative_to(_STANDARD):
        return None
    return place.resolve().parents[1 if file and place.name == "__init__.py" else 0]


_STANDARD = sysconfig.get_path("stdlib")
