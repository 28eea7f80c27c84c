"""Where the source of ``module:name`` lies, found without importing anything of the user's."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path


def beside(module: str, folder: Path) -> Path | None:
    """The source of a module beside the study: its file, or its package's ``__init__.py`` or folder."""
    return _below([folder], module.split("."))


def installed(module: str) -> bool:
    """Whether a module's first part is installed, the standard library and what is loaded included."""
    top = module.partition(".")[0]
    if top in sys.modules or top in sys.stdlib_module_names:
        return True
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


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
