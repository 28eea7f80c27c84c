"""Splitters: how rows become folds. A count, a scikit-learn splitter by name, or the user's own."""

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from job.errors import UsageError
from job.study import references, usercode
from job.study.forms import SPEC
from job.study.mistakes import Mistake, listed, nearest, shown
from job.study.study import Splitter, Study, Task
from job.study.usercode import signature
from job.study.usercode.signatures import ANY

_TRIED = 10_000
"""Rows made up to try a splitter's arguments."""

FOLDS = "folds"
"""A plain count: stratified for classification, as scikit-learn's ``check_cv``."""


def build(study: Study, task: Task | None, folder: Path | None = None) -> Any:
    """The scikit-learn splitter of a study.

    Args:
        study: a study without mistakes.
        task: decides whether a plain count is stratified.
        folder: where the user's own splitter lies (``module:name``).

    Raises:
        StudyMistakes: user code is missing or broken.
        UsageError: scikit-learn refuses the arguments, or what the user's code gave is no splitter.
    """
    if is_own(study):
        return _own(study, folder)
    name, arguments = study.cv.name, dict(study.cv.arguments)
    if name == FOLDS:
        name = "StratifiedKFold" if task in ("binary", "multiclass") else "KFold"
    try:
        return _catalogue()[name](**_seeded(_catalogue()[name], arguments, study.seed))
    except (TypeError, ValueError) as error:
        raise UsageError(f"cv: {error}") from error


def is_own(study: Study) -> bool:
    """Whether the splitter is the user's own, by ``module:name``."""
    return SPEC.fullmatch(study.cv.name) is not None


def describe(study: Study, task: Task | None) -> str:
    """One sentence: which splitter, and where its randomness comes from."""
    if is_own(study):
        return f"folds by {study.cv.name} of the study's own"
    if study.cv.name == FOLDS:
        kind = {None: "stratified if y is classes", "binary": "stratified", "multiclass": "stratified"}.get(task)
        return f"{study.cv.arguments['n_splits']} folds in the order of the rows, {kind or 'not stratified'}"
    maker = _catalogue()[study.cv.name]
    given = _seeded(maker, study.cv.arguments, study.seed)
    said = f"{study.cv.name}({', '.join(f'{name}={value!r}' for name, value in given.items())})"
    taken = given.get("random_state") is not None and study.cv.arguments.get("random_state") is None
    return f"{said}; random_state is the study's seed" if taken else said


def count(study: Study) -> int | None:
    """The number of folds, where it does not depend on the rows."""
    if study.cv.name == FOLDS:
        return int(study.cv.arguments["n_splits"])
    if is_own(study) or study.cv.name not in _catalogue():
        return None
    try:
        return int(build(study, None).get_n_splits())
    except (TypeError, ValueError, UsageError):
        return None


def draws(study: Study, folder: Path | None = None) -> bool:
    """Whether the study's seed decides its folds; of the user's own splitter, whether it may, as far as is known."""
    if is_own(study):
        try:
            takes = signature(study.cv.name, folder).names if folder is not None else (ANY,)
        except SyntaxError:
            return True
        return ANY in takes or "random_state" in takes
    maker = _catalogue().get(study.cv.name)
    return maker is not None and _seeded(maker, study.cv.arguments, study.seed).get("random_state") is not None


def filled(cv: Splitter) -> dict[str, Any]:
    """A splitter's arguments, with scikit-learn's defaults for those that are not given."""
    maker = _catalogue().get(cv.name)
    known = inspect.signature(maker).parameters.values() if maker is not None else ()
    defaults = {one.name: one.default for one in known if one.default is not inspect.Parameter.empty}
    return {**defaults, **cv.arguments}


def needs_groups(study: Study) -> bool:
    """Whether a scikit-learn splitter keeps groups together, and so needs them."""
    return "Group" in study.cv.name and not is_own(study)


def find(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """The mistakes in a study's ``cv``; user code is not looked at."""
    del folder
    name, arguments = study.cv.name, study.cv.arguments
    if name == FOLDS or is_own(study):
        return
    makers = _catalogue()
    if name not in makers:
        if name.strip().isdigit():
            yield Mistake(("cv", name), f"got {name!r}, which is text: take the quotes off, `cv: {name.strip()}`.")
            return
        yield Mistake(
            ("cv", name),
            f"there is no splitter `{name}`; allowed are a number of folds, `module:name` of your own, and "
            f"{listed(makers)}.{references.meant(name) if ':' in name else nearest(name, makers)}",
        )
        return
    takes = inspect.signature(makers[name]).parameters
    unknown = [one for one in arguments if one not in takes]
    for one in unknown:
        message = f"`{name}` has no argument `{one}`; it takes {listed(takes)}.{nearest(one, takes)}"
        yield Mistake(("cv", name, one), message)
    lacking = [one for one, how in takes.items() if how.default is inspect.Parameter.empty and one not in arguments]
    if lacking:
        message = f"`{name}` needs {listed(lacking)}: `{{{name}: {{{lacking[0]}: …}}}}`."
        yield Mistake(("cv", name), message)
    if not unknown and not lacking:
        yield from _building(study, name, makers[name])


def _building(study: Study, name: str, maker: Any) -> Iterator[Mistake]:
    try:
        splitter = maker(**_seeded(maker, study.cv.arguments, study.seed))
        if name.endswith("ShuffleSplit") and not _counts_rows(study.cv.arguments):
            rows = np.arange(_TRIED)  # shares of the rows are looked at only when rows are split
            next(splitter.split(rows[:, None], rows % 2, rows % 100 if needs_groups(study) else None))
    except (TypeError, ValueError) as error:
        yield Mistake(("cv", name), f"scikit-learn refuses these arguments: {str(error).rstrip('.')}.")


def _counts_rows(arguments: Mapping[str, Any]) -> bool:
    return any(isinstance(arguments.get(one), int) for one in ("test_size", "train_size"))


def find_unfit(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """The mistake of stratifying what has no classes, where the study itself says so."""
    del folder
    if "Stratified" in study.cv.name and study.task in ("regression", "multilabel", "own"):
        right = study.cv.name.replace("Stratified", "") if study.cv.name != "StratifiedShuffleSplit" else "ShuffleSplit"
        yield Mistake(
            ("cv", study.cv.name),
            f"`{study.cv.name}` divides rows by their class, and `task: {study.task}` has no single one; "
            f"use `{right}`.",
        )


def _seeded(maker: Any, arguments: dict[str, Any], seed: int) -> dict[str, Any]:
    """The arguments, with the study's seed as ``random_state`` for a splitter that shuffles and has none."""
    try:
        takes = inspect.signature(maker).parameters
    except ValueError:  # a few built-in functions tell nothing
        return dict(arguments)
    shuffles = bool(arguments.get("shuffle", takes["shuffle"].default)) if "shuffle" in takes else True
    if "random_state" in takes and shuffles and arguments.get("random_state") is None:
        return {**arguments, "random_state": seed}
    return dict(arguments)


def _own(study: Study, folder: Path | None) -> Any:
    from sklearn.model_selection import check_cv

    if folder is None:
        raise UsageError(f"cv: {study.cv.name} is the study's own code, and no user code is here.")
    found = usercode.load(study.cv.name, folder, ("cv",))
    if isinstance(found, type) or (callable(found) and not hasattr(found, "split")):
        arguments = _seeded(found, study.cv.arguments, study.seed)
        found = usercode.call(found, study.cv.name, folder, ("cv",), (), arguments)
    try:
        return check_cv(found)
    except ValueError:
        raise UsageError(
            f"cv: {study.cv.name} gives {shown(found)}; allowed is an object with `split(X, y, groups)` and "
            "`get_n_splits()`, or a list of (train rows, test rows)."
        ) from None


@cache
def _catalogue() -> dict[str, Any]:
    """scikit-learn's splitters by name."""
    import sklearn.model_selection as sklearn  # two seconds to import

    found = {}
    for name in sklearn.__all__:
        one = vars(sklearn).get(name)
        if isinstance(one, type) and hasattr(one, "split") and not name.startswith("Base"):
            found[name] = one
    return dict(sorted(found.items()))
