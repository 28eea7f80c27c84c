"""What some modules beside a study use: the sources they import, one by way of the other, and the files they open."""

import ast
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from job.study.usercode import imports, mentions, paths
from job.study.usercode.mentions import Mention

_LONGEST = 400
_FEW = 200
"""Files of one folder, at most, that count as code."""
_SPECIFIC = re.compile(r"\w\w")


@dataclass(frozen=True)
class Used:
    """One file that is used.

    Attributes:
        path: below the folder, with slashes.
        by: the path of the module that uses it; "" for a module that was asked for.
        function: the function in which it is opened; "" for modules and outside of any.
        listed: it is opened as one of a folder, or of those like a pattern.
    """

    path: str
    by: str = ""
    function: str = ""
    listed: bool = False


@dataclass
class Closure:
    """The closure of some modules.

    Attributes:
        folder: the study's.
        every: all Python files below it: what a module may import that computes its imports' names.
        modules: the sources found, by path.
        opened: the files they open, but for those they write.
        written: the files they write: their own doing.
    """

    folder: Path
    every: Callable[[], Sequence[Path]]
    modules: dict[str, Used] = field(default_factory=dict)
    opened: dict[str, list[Used]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    _trees: dict[str, ast.Module] = field(default_factory=dict)
    _names: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def follow(self, dotted: str) -> None:
        """Follows a module, and whatever it uses, until nothing is new."""
        waiting = [(one, "") for one in imports.modules(dotted, [self.folder])]
        while waiting:
            for source, by in waiting:
                self._take(source, by)
            self.opened = self._files()
            scripts = [one for path, one in self.opened.items() if path.endswith(".py") and path not in self.modules]
            waiting = [(self.folder / used[0].path, used[0].by) for used in scripts]

    @property
    def imported(self) -> set[str]:
        """The first parts of the names that the modules import, installed or not."""
        return {top for path, tree in self._trees.items() for top in imports.named(tree, self._names[path])}

    def _take(self, source: Path, by: str) -> None:
        waiting = [(source, by)]
        while waiting:
            one, by = waiting.pop()
            path = self._below(one)
            if path is None or path in self.modules:
                continue
            self.modules[path] = Used(path, by)
            tree = imports.parsed(one)
            if tree is None:
                continue
            names = paths.constants(tree, path)
            self._trees[path], self._names[path] = tree, names
            folders = [self.folder, *self._added(tree, path, names)]
            waiting += [(other, path) for other in imports.imported(tree, one, folders, names, self.every)]

    def _added(self, tree: ast.Module, path: str, names: dict[str, list[str]]) -> list[Path]:
        added = [self._place(one, path) for one in imports.added_folders(tree, names)]
        return [one for one in added if one is not None and one.is_dir()]

    def _files(self) -> dict[str, list[Used]]:
        found: dict[str, list[Used]] = {}
        for path, tree in self._trees.items():
            for mention in mentions.found(tree, self._known(path)):
                for file, listed in self._matching(mention, path):
                    if mention.written:
                        self.written.add(file)
                    found.setdefault(file, []).append(Used(file, path, mention.function, listed))
        return {file: used for file, used in found.items() if file not in self.written}

    def _known(self, path: str) -> dict[str, list[str]]:
        """What names hold in a module: its own constants, and those of others where it has none of that name."""
        return {name: value for names in self._names.values() for name, value in names.items()} | self._names[path]

    def _matching(self, mention: Mention, path: str) -> Iterator[tuple[str, bool]]:
        """The files below the folder that a mention means, and whether it lists them."""
        name = mention.path.rpartition("/")[2]
        if len(mention.path) > _LONGEST or not mention.path.isprintable():
            return
        if "*" in mention.path:
            if mention.lists or (mention.sure and _SPECIFIC.search(mention.path.partition(".")[0])):
                yield from ((one, mention.lists) for one in self._few(self._like(mention.path, path)))
        elif (place := self._place(mention.path, path)) is not None:
            if place.is_dir() and mention.sure and mention.path.strip("./"):
                yield from ((one, True) for one in self._few(place.rglob("*")))
            elif place.is_file() and (mention.sure or "." in name.strip(".")):
                yield from ((one, False) for one in [self._below(place)] if one)

    def _few(self, files: Iterator[Path]) -> list[str]:
        """Files of a folder, unless they are so many that they must be data."""
        found = list(islice((one for file in files if file.is_file() and (one := self._below(file))), _FEW + 1))
        return sorted(found) if len(found) <= _FEW else []

    def _place(self, written: str, path: str) -> Path | None:
        """Where a path as written leads: from the study's folder, or from that of the module or one between."""
        below = os.path.normpath(written.lstrip("/") or ".")
        if below.startswith(".."):
            return None
        for place in (self.folder, *(self.folder / one for one in list(Path(path).parents)[:-1])):
            try:
                if (place / below).exists():
                    return place / below
            except OSError:  # a text that can be no file's name
                return None
        return None

    def _like(self, pattern: str, path: str) -> Iterator[Path]:
        below = os.path.normpath(pattern.lstrip("/"))
        if not below.startswith(".."):
            for place in (self.folder, *(self.folder / one for one in list(Path(path).parents)[:-1])):
                yield from place.glob(below)

    def _below(self, file: Path) -> str | None:
        """A file's path below the folder; None for one elsewhere, and for hidden ones and caches."""
        below = os.path.relpath(file, self.folder)
        parts = Path(below).parts
        if parts[0] == ".." or any(part.startswith(".") or part == "__pycache__" for part in parts):
            return None
        return Path(below).as_posix()
