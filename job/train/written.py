"""Files that a fit's callbacks write: where two fits write one, that is told, as the first one's is lost."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any

import keras

from job.train.patches.patch import replaced

MOST = 20
"""Files of one fit that are told; one for each epoch has a name of its own each time."""
_HEARD = 500  # that are taken down: most may be temporary
_NO_FILES = ("/dev/", "/proc/", "/sys/")
_CACHES = ("__pycache__", "site-packages")


class _Heard:
    """What Python tells of files that it opens, for as long as the process lives: nobody can end listening."""

    def __init__(self) -> None:
        self.paths: dict[str, None] | None = None  # None while nobody asks
        sys.addaudithook(self._heard)

    def put(self, path: Any) -> None:
        """Takes down a file that is written."""
        if self.paths is None or len(self.paths) >= _HEARD or not isinstance(path, (str, bytes, os.PathLike)):
            return
        file = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  # links stay as they are written
        if not file.startswith(_NO_FILES) and not set(_CACHES) & set(Path(file).parts):
            self.paths[file] = None

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and self.paths is not None and len(arguments) == 3:
            path, mode, flags = arguments
            given = set("wax+") & set(mode) if isinstance(mode, str) else (flags or 0) & (os.O_WRONLY | os.O_RDWR)
            if given:
                self.put(path)


_heard: _Heard | None = None
"""Of the process, as its audit hooks are."""


def left(files: Iterable[str]) -> tuple[str, ...]:
    """The first of them that are there: temporary ones are gone."""
    return tuple(islice((file for file in files if Path(file).exists()), MOST))


@contextmanager
def watched() -> Iterator[dict[str, None]]:
    """Yields the files that are written inside, in the order in which they are first opened.

    HDF5 opens files by itself, so Keras is asked for those of ``save_weights``.
    """
    global _heard  # noqa: PLW0603  # an audit hook is for the whole process
    _heard = _heard or _Heard()
    heard, before = _heard, _heard.paths
    save = keras.Model.save_weights

    @wraps(save)
    def saved(self: Any, filepath: Any, *given: Any, **more: Any) -> Any:
        heard.put(filepath)
        return save(self, filepath, *given, **more)

    found = heard.paths = {}
    try:
        with replaced([(keras.Model, "save_weights", saved)]):
            yield found
    finally:
        heard.paths = before
