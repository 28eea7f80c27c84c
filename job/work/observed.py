"""What the user's code really loads and opens while it is imported and a model is built, seen as it happens."""

import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from job.study.code_files import CodeFile

_SOURCES = (".py", ".pyc")


class Observed:
    """Files of the study's folder that were loaded or read so far, and modules elsewhere that are not installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, str] = {}
        self._written: set[str] = set()
        self._what = ""
        self._before = set(sys.modules)
        sys.addaudithook(self._heard)

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Looks at what is opened inside; ``what`` is going on, in words."""
        self._what = what
        try:
            yield
        finally:
            self._what = ""

    def files(self) -> list[CodeFile]:
        """All that was seen."""
        read = [CodeFile(path, f"opened {what}") for path, what in self._read.items() if path not in self._written]
        loaded = [
            one for name, module in list(sys.modules.items()) if name not in self._before for one in self._of(module)
        ]
        return [*loaded, *read]

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not self._what or not isinstance(arguments[0], (str, os.PathLike)):
            return
        path = self._below(os.fspath(arguments[0]))
        if path is None or path.endswith(_SOURCES) or Path(path).parts[0] == "..":
            return
        mode, flags = arguments[1], arguments[2] or 0
        writes = set("wax+") & set(mode) if isinstance(mode, str) else flags & (os.O_WRONLY | os.O_RDWR)
        if writes:
            self._written.add(path)
        elif (self._folder / path).is_file():
            self._read.setdefault(path, self._what)

    def _of(self, module: ModuleType) -> Iterator[CodeFile]:
        """A module's file, if it is neither installed nor of the standard library."""
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and Path(file).is_file() and not _is_installed(Path(file)):
            path = self._below(file)
            if path is not None:
                yield CodeFile(path, "loaded")

    def _below(self, file: str | bytes) -> str | None:
        """A file's path from the study's folder; None for hidden ones and caches."""
        try:
            path = Path(os.path.relpath(os.fsdecode(file), self._folder))
        except ValueError:  # another drive
            return None
        hidden = any((part.startswith(".") and part != "..") or part == "__pycache__" for part in path.parts)
        return None if hidden else path.as_posix()


def _is_installed(file: Path) -> bool:
    places = [*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()]
    ours = Path(__file__).parents[1]
    named = {"site-packages", "dist-packages"} & set(file.parts)
    return bool(named) or any(file.is_relative_to(place) for place in places) or file.is_relative_to(ours)
