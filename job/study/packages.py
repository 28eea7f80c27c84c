"""The installed packages that a study's code stands on: those that it names, and those that its own modules import."""

from collections.abc import Iterable
from pathlib import Path

from job.study import code, code_files
from job.study.study import Study
from job.study.usercode import imports, installed

_TRAINING = ("model", "fit")
_BESIDES = ("space", "scoring")
"""Fields whose code decides scores, though no fit. What the loader and the splitter make is told by rows and folds."""


def find(study: Study, folder: Path, loaded: Iterable[str] = ()) -> tuple[dict[str, str], dict[str, str]]:
    """Return the versions of what fits are trained by, and of what only scores or draws, by their distributions' names.

    Args:
        study: what names its code.
        folder: where the study lies.
        loaded: paths from there of modules that were seen to be loaded: their imports count too.
    """
    known = code_files.closure(study, folder, code.FIELDS).modules
    unforeseen = {top for path in loaded if path not in known for top in _imported(folder / path)}
    training = _tops(study, folder, _TRAINING) | unforeseen
    trains = installed.versions(training, folder)
    others = installed.versions(_tops(study, folder, _BESIDES) - training, folder)
    return trains, {name: version for name, version in others.items() if name not in trains}


def _tops(study: Study, folder: Path, fields: tuple[str, ...]) -> set[str]:
    named = {spec.partition(".")[0].partition(":")[0] for field, spec in code.specs(study) if field in fields}
    return named | code_files.closure(study, folder, fields).imported


def _imported(source: Path) -> set[str]:
    tree = imports.parsed(source) if source.suffix == ".py" else None
    return set() if tree is None else set(imports.named(tree, {}))
