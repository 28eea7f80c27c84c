"""Where the source of ``module:name`` lies, found without importing anything of the user's."""

import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType


class Beside:
    """Finds modules in the study's folder, when nobody else has found them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loaded: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The import system asks for a module; only top-level ones are ours to find."""
        if path is not None:
            return None
        found = PathFinder.find_spec(fullname, [str(self.folder)], target)
        if found is not None:
            self.loaded.add(fullname)
        return found


def beside(module: str, folder: Path) -> Path | None:
    """The source of a module beside the study: its file, or its package's ``__init__.py`` or folder."""
    return _below([folder], module.split("."))


def installed(module: str) -> bool:
    """Whether a module's first part is installed, or of the standard library."""
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or any(elsewhere(top))


def elsewhere(top: str) -> Iterator[ModuleSpec]:
    """Where others than a study's folder have a top-level module."""
    for finder in sys.meta_path:
        if not isinstance(finder, Beside) and (found := finder.find_spec(top, None)) is not None:
            yield found


def modules(folder: Path) -> list[str]:
    """The modules that lie directly beside the study."""
    files = [path.stem for path in folder.glob("*.py")]
    packages = [path.parent.name for path in folder.glob("*/__init__.py")]
    return sorted({*files, *packages})


def _below(folders: Sequence[Path], parts: Sequence[str]) -> Path | None:
    first, *rest = parts
    for folder in folders:
        package = folder / first
        if rest and package.is_dir():
            return _below([package], rest)
        for path in (package / "__init__.py", folder / f"{first}.py"):
            if not rest and path.is_file():
                return path
    return None
