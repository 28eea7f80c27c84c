"""What to do about an exception of the user's code, where the study's folder tells why it was raised."""

import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from job.study.usercode import sources


def remedy(error: BaseException, folder: Path) -> str:
    """What to append to what it says, after a semicolon; "" where the folder tells nothing.

    Args:
        error: as it was raised.
        folder: the study's.
    """
    folder = folder.resolve()
    if isinstance(error, FileNotFoundError):
        return _opened_elsewhere(error, folder)
    return _hidden(error, folder) if isinstance(error, AttributeError) else ""


def hidden(module: str) -> str:
    """Says that another module of its name comes before one beside the study."""
    return f"`{module}` beside the study is hidden by an installed module of that name: rename it"


def _hidden(error: AttributeError, folder: Path) -> str:
    if not isinstance(error.obj, ModuleType):
        return ""
    name, file = error.obj.__name__, getattr(error.obj, "__file__", None)
    is_ours = file is not None and Path(file).resolve().is_relative_to(folder)
    return "" if is_ours or sources.beside(name, folder) is None else f"; {hidden(name)}"


def _opened_elsewhere(error: FileNotFoundError, folder: Path) -> str:
    """Names the file by its module, where a relative path was meant from the study's folder or the module's on."""
    wanted = error.filename
    if not isinstance(wanted, str | os.PathLike) or Path(wanted).is_absolute():
        return ""
    for module in _modules(error, folder):
        for up, place in enumerate(module.parents):
            if place.is_relative_to(folder) and (place / wanted).exists():
                near = "parent" if up == 0 else f"parents[{up}]"
                path = Path(wanted).as_posix()
                return f'; it was looked for in {Path.cwd()}: write `Path(__file__).{near} / "{path}"`'
    return ""


def _modules(error: BaseException, folder: Path) -> Iterator[Path]:
    """The user's modules that an exception came through, innermost first."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(folder):
            yield Path(frame.filename)
