"""Scorers by scikit-learn's names or the user's own, told the labels that a fold may lack."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from job.study import own_scorers, references, scorer_names, sklearn_private
from job.study.forms import SPEC
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest, shown
from job.study.own_scorers import ReadsOutputs, Scorer
from job.study.scorer_check import refusal
from job.study.study import OfOutputs, Study, Task

NAME_ONE = (
    "name a scorer of your own that reads them: `scoring: {outputs: scores:fits}`, for `def fits(y, outputs):` in "
    "scores.py, which returns a number, greater is better"
)
"""What to do about targets or outputs that scikit-learn's scorers can't read."""

_ENDINGS = ("_macro", "_ovr", "_samples", "_weighted", "_micro")


def default(task: Task) -> str:
    """The scorer where a study names none: ``r2`` for regression, else ``accuracy``."""
    return "r2" if task == "regression" else "accuracy"


def scorers(
    names: Sequence[str | OfOutputs],
    task: Task,
    classes: Sequence[Any] | None,
    folder: Path | None = None,
    outputs: int = 1,
) -> dict[str, Scorer | ReadsOutputs]:
    """Ready scorers by the study's names, in their order; the task's default where it names none.

    Those that score probabilities are told all labels, so that a test fold may lack one; those of one positive class
    are told the second of two classes where 1 is no label (scikit-learn's own default is 1).

    Args:
        names: the study's ``scoring``.
        task: how y is read.
        classes: the sorted labels of the whole y; None for regression and multilabel.
        folder: where the user's own scorers lie.
        outputs: columns of y, for regression and multilabel.

    Raises:
        StudyMistakes: a scorer can't work with these labels (one that can is named), or user code is missing or broken.
    """
    names = tuple(names) or (default(task),)
    found: dict[str, Scorer | ReadsOutputs] = {}
    mistakes: list[Mistake] = []
    for index, name in enumerate(names):
        try:
            if isinstance(name, OfOutputs):
                found[name.outputs] = own_scorers.load_of_outputs(name.outputs, folder, index)
                continue
            found[name] = own_scorers.load(name, folder, index) if SPEC.fullmatch(name) else told(name, task, classes)
        except StudyMistakes as error:
            mistakes += error.mistakes
    mistakes += find_unfit(names, task, classes, outputs)
    if mistakes:
        raise StudyMistakes("The study", mistakes)
    return found


def told(name: str, task: Task, classes: Sequence[Any] | None) -> Scorer:
    """scikit-learn's scorer of a name, with ``labels`` and ``pos_label`` where it can't know them."""
    from sklearn.metrics import get_scorer

    scorer = get_scorer(name)
    if classes is None or task not in ("binary", "multiclass"):
        return scorer  # type: ignore[no-any-return]
    labels = list(classes)
    takes, given = sklearn_private.takes(scorer), sklearn_private.given(scorer)
    if "labels" in takes and not sklearn_private.wants_labels(scorer):
        given["labels"] = labels
    if "pos_label" in takes and "pos_label" not in given and task == "binary" and 1 not in labels:
        given["pos_label"] = labels[-1]
    return sklearn_private.with_given(scorer, given)  # type: ignore[no-any-return]


def find(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """The mistakes in a study's ``scoring``: names, and what contradicts its task or itself."""
    del folder
    unknown = False
    for index, name in enumerate(study.scorers):
        if not SPEC.fullmatch(name) and name not in scorer_names.COMMON and name not in (known := scorer_names.known()):
            unknown = True
            meant = scorer_names.OTHER_WORDS.get(name)
            near = f" Did you mean `{meant}`?" if meant else nearest(name, known)
            if ":" in name:
                near = references.meant(name)
            if "," in name:
                near = f" Several are a list: `scoring: [{', '.join(name.replace(',', ' ').split())}]`."
            allowed = "scikit-learn's names, such as `accuracy`, `f1`, `roc_auc`, `neg_log_loss`, `r2`"
            message = f"there is no scorer `{name}`; allowed are {allowed}, and `module:name` of your own.{near}"
            yield Mistake(("scoring", index), message)
        if name in study.scorers[:index]:
            yield Mistake(("scoring", index), f"`{name}` is named twice.")
    if not unknown:
        yield from _contradictions(study)


def find_refit(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """The mistake of a ``refit`` that names no scorer, or none among several.

    A scorer of the user's own may give scores of other names than its own: those are known when it is called.
    """
    del folder
    names = study.scorers
    is_own = any(SPEC.fullmatch(name) for name in names)
    if isinstance(study.refit, str) and study.refit not in names and not is_own:
        allowed = listed([*names, "true", "false"])
        scoring = "" if names else " (the study names no `scoring`)"
        message = f"got {shown(study.refit)}; allowed are {allowed}{scoring}.{nearest(study.refit, names)}"
        yield Mistake(("refit",), message)
    if study.refit is True and len(names) > 1:
        yield Mistake(
            ("refit",),
            f"with several scorers, one ranks the trials: `refit: {names[0]}`, or another of "
            f"{listed(names)}; `refit: false` ranks by none and trains none again.",
        )


def find_unfit(
    names: Sequence[str | OfOutputs], task: Task, classes: Sequence[Any] | None, outputs: int = 1
) -> Iterator[Mistake]:
    """Scorers that can't score such labels, found by scoring some; each names one that can."""
    for index, name in enumerate(names):
        if isinstance(name, OfOutputs) or (SPEC.fullmatch(name) and task != "own"):
            continue
        if task == "own":
            said = f"`{name}` reads labels, probabilities or amounts, and the task is own: {NAME_ONE}."
            yield Mistake(("scoring", index), said)
            continue
        wrong = refusal(told(name, task, classes), task, classes, outputs, scorer_names.kind(name))
        if wrong:
            right = _instead(name, task, classes, outputs)
            yield Mistake(("scoring", index), f"`{name}` can't score {_what(task, classes)}: {wrong} Use `{right}`.")


def _contradictions(study: Study) -> Iterator[Mistake]:
    kinds = [(name, scorer_names.kind(name)) for name in study.scorers if not SPEC.fullmatch(name)]
    first = {kind: name for name, kind in reversed(kinds)}
    if study.task == "own" and not study.scoring:
        yield Mistake(("scoring",), f"`task: own` says that no scorer of scikit-learn's reads y: {NAME_ONE}.")
    if study.task is not None:
        yield from find_unfit(study.scoring, study.task, None)
    elif len(first) == 2:
        yield Mistake(
            ("scoring",),
            f"`{first['regression']}` scores a regression and `{first['classification']}` a classification; "
            "a study has one task.",
        )


def _instead(name: str, task: Task, classes: Sequence[Any] | None, outputs: int) -> str:
    base = name
    for ending in _ENDINGS:
        base = base.removesuffix(ending)
    tried = [f"{base}{ending}" for ending in ("", *_ENDINGS) if f"{base}{ending}" in scorer_names.known()]
    kinds = {one: scorer_names.kind(one) for one in tried}
    right = (one for one in tried if not refusal(told(one, task, classes), task, classes, outputs, kinds[one]))
    return next(right, default(task))


def _what(task: Task, classes: Sequence[Any] | None) -> str:
    if task == "regression":
        return "a regression"
    if task == "multilabel":
        return "several labels a row"
    return f"{len(classes)} classes" if classes is not None else "two classes" if task == "binary" else "many classes"
