"""Loads ``module:name`` from the study's folder, without installing it and without shadowing anybody's modules.

What the study names is taken from its folder first. What user code itself imports is looked for there last: the
standard library, this package and everything installed come first, so a ``json.py`` beside a study never reaches those
who import ``json``. A file whose name is taken in this way is loaded as ``study_<name>``.
"""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from job.study.mistakes import Mistake, Place, StudyMistakes, listed, nearest
from job.study.usercode import remedies, sources
from job.study.usercode.sources import Beside


def load(spec: str, folder: Path, place: Place = ()) -> Any:
    """What ``module:name`` names.

    Args:
        spec: ``module:name``; the module may be in a package below the folder, or installed.
        folder: the study's.
        place: where in the study it is named, for messages.

    Raises:
        StudyMistakes: there is no such module or name, or importing it fails (where, and what to do).
    """
    module_name, _, name = spec.partition(":")
    folder = folder.resolve()
    try:
        module = _module(module_name, _finder(folder))
    except (Exception, SystemExit) as error:
        raise StudyMistakes("The study", [Mistake(place, _why(error, module_name, folder))]) from error
    if not hasattr(module, name):
        raise StudyMistakes("The study", [Mistake(place, missing_name(module_name, name, _public(module)))])
    return getattr(module, name)


def call(found: Any, spec: str, folder: Path, place: Place, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a class or function of the user's makes of its arguments.

    Raises:
        StudyMistakes: it raises; says in which file and line.
    """
    try:
        return found(*args, **kwargs)
    except (Exception, SystemExit) as error:
        told = f"calling `{spec}` failed{at(error, folder.resolve())}: {type(error).__name__}: {error}"
        raise StudyMistakes("The study", [Mistake(place, told + remedies.remedy(error, folder))]) from error


def missing_module(module: str, folder: Path) -> str:
    """The sentence for a module that is neither beside the study nor installed."""
    there = sources.modules(folder)
    beside = f"beside it are {listed(there)}" if there else "no Python file lies beside it"
    return f"there is no module `{module}` beside the study, nor installed; {beside}.{nearest(module, there)}"


def missing_name(module: str, name: str, there: Sequence[str]) -> str:
    """The sentence for a module that lacks a name."""
    return f"module `{module}` has no `{name}`; it has {listed(there) or 'nothing'}.{nearest(name, there)}"


def _finder(folder: Path) -> Beside:
    """The finder of a folder; modules of another study's folder, loaded before, are forgotten."""
    for finder in list(sys.meta_path):
        if isinstance(finder, Beside):
            if finder.folder == folder:
                return finder
            sys.meta_path.remove(finder)
            for name in list(sys.modules):
                if name.partition(".")[0] in finder.loaded:
                    del sys.modules[name]
    ours = Beside(folder)
    sys.meta_path.append(ours)
    return ours


def _module(name: str, finder: Beside) -> ModuleType:
    top, _, rest = name.partition(".")
    importlib.invalidate_caches()
    spec = PathFinder.find_spec(top, [str(finder.folder)])
    if spec is None:
        return importlib.import_module(name)
    alias = top if _is_free(top, finder) else f"study_{top}"
    if alias not in sys.modules:
        _execute(alias, spec, finder)
    return importlib.import_module(f"{alias}.{rest}" if rest else alias)


def _is_free(top: str, finder: Beside) -> bool:
    """Whether a module beside the study can have its own name: nothing else has it, loaded or installed."""
    if top in finder.loaded:
        return True
    if top == "job" or top in sys.stdlib_module_names:
        return False
    known = [getattr(sys.modules.get(top), "__spec__", None), *sources.elsewhere(top)]
    return all(one is None or _lies_in(one, finder.folder) for one in known) and top != "__main__"


def _lies_in(spec: ModuleSpec, folder: Path) -> bool:
    places = [spec.origin] if spec.has_location and spec.origin else spec.submodule_search_locations or []
    return any(Path(place).resolve().is_relative_to(folder) for place in places)


def _execute(alias: str, spec: ModuleSpec, finder: Beside) -> None:
    spec = spec if alias == spec.name else _renamed(spec, alias)
    module = importlib.util.module_from_spec(spec)
    sys.modules[alias] = module
    finder.loaded.add(alias)
    try:
        if spec.loader is not None:
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[alias]
        raise


def _renamed(spec: ModuleSpec, alias: str) -> ModuleSpec:
    within = spec.submodule_search_locations
    if spec.origin is not None:
        renamed = importlib.util.spec_from_file_location(alias, spec.origin, submodule_search_locations=within)
        if renamed is not None:
            return renamed
    package = ModuleSpec(alias, None, is_package=True)
    package.submodule_search_locations = within
    return package


def _public(module: ModuleType) -> list[str]:
    return sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_"))


def _why(error: BaseException, module: str, folder: Path) -> str:
    place = at(error, folder)
    if isinstance(error, ImportError):
        return _import_failed(error, module, folder, place)
    if isinstance(error, SyntaxError):
        return f"{_short(error.filename, folder)} line {error.lineno} is no Python: {error.msg}."
    return f"importing `{module}` failed{place}: {type(error).__name__}: {error}{remedies.remedy(error, folder)}"


def _import_failed(error: ImportError, module: str, folder: Path, place: str) -> str:
    wanted = (error.name or "").partition(".")[0]
    if not place and wanted == module.partition(".")[0] and not sources.beside(wanted, folder):
        return missing_module(module, folder)
    if wanted and sources.beside(wanted, folder):
        return f"importing `{module}` failed{place}: {error}. {remedies.hidden(wanted)}."
    if isinstance(error, ModuleNotFoundError):
        if error.name != wanted and importlib.util.find_spec(wanted):
            return (
                f"importing `{module}` failed{place}: `{wanted}` is installed here, but this version of it has no "
                f"`{error.name}`: write the import for it, or install one that has it."
            )
        return (
            f"importing `{module}` failed{place}: `{error.name}` is not installed here. Install it "
            f"(`pip install {wanted}`); for a cluster, into the image: `make image REQUIREMENTS=requirements.txt`."
        )
    return f"importing `{module}` failed{place}: {error}"


def at(error: BaseException, folder: Path) -> str:
    """Where in the user's files an exception came from, such as `` (model.py line 3)``, innermost first; or ``""``."""
    folder = folder.resolve()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(folder):
            return f" ({_short(frame.filename, folder)} line {frame.lineno})"
    return ""


def _short(file: str | None, folder: Path) -> str:
    path = Path(file or "")
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
