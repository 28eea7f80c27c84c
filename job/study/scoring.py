"""Scorers by scikit-learn's names or the user's own, told the labels that a fold may lack."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from job.study import sklearn_private, usercode
from job.study.forms import SPEC
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest, shown
from job.study.scorer_check import refusal
from job.study.study import OfOutputs, Study, Task

Scorer = Callable[..., float]
"""scikit-learn's: called with (estimator, X, y), greater is better."""


@dataclass(frozen=True)
class ReadsOutputs:
    """A function of the user's own, called with (y, outputs) of the rows to score; greater is better."""

    function: Callable[[Any, Any], float]


NAME_ONE = (
    "name a scorer of your own that reads them: `scoring: {outputs: scores:fits}`, for `def fits(y, outputs):` in "
    "scores.py, which returns a number, greater is better"
)
"""What to do about targets or outputs that scikit-learn's scorers can't read."""

_OTHER_WORDS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "log_loss": "neg_log_loss",
    "loss": "neg_log_loss",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "max_error": "neg_max_error",
}
_ENDINGS = ("_macro", "_ovr", "_samples", "_weighted", "_micro")


def default(task: Task) -> str:
    """The scorer where a study names none: ``r2`` for regression, else ``accuracy``."""
    return "r2" if task == "regression" else "accuracy"


def task_of(names: Sequence[str]) -> Literal["regression", "classification"] | None:
    """What the named scorers are for; None where they don't say, or are the user's own."""
    kinds = {_kind(name) for name in names if not SPEC.fullmatch(name)}
    return kinds.pop() if len(kinds) == 1 else None


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
                found[name.outputs] = _of_outputs(name.outputs, folder, index)
                continue
            found[name] = _own(name, folder, index) if SPEC.fullmatch(name) else told(name, task, classes)
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
    known = _names() if study.scoring else ()
    unknown = False
    for index, name in enumerate(study.scorers):
        if not SPEC.fullmatch(name) and name not in known:
            unknown = True
            near = f" Did you mean `{_OTHER_WORDS[name]}`?" if name in _OTHER_WORDS else nearest(name, known)
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
        wrong = refusal(told(name, task, classes), task, classes, outputs, _kind(name))
        if wrong:
            right = _instead(name, task, classes, outputs)
            yield Mistake(("scoring", index), f"`{name}` can't score {_what(task, classes)}: {wrong} Use `{right}`.")


def _contradictions(study: Study) -> Iterator[Mistake]:
    kinds = [(name, _kind(name)) for name in study.scorers if not SPEC.fullmatch(name)]
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
    tried = [f"{base}{ending}" for ending in ("", *_ENDINGS) if f"{base}{ending}" in _names()]
    right = (one for one in tried if not refusal(told(one, task, classes), task, classes, outputs, _kind(one)))
    return next(right, default(task))


def _what(task: Task, classes: Sequence[Any] | None) -> str:
    if task == "regression":
        return "a regression"
    if task == "multilabel":
        return "several labels a row"
    return f"{len(classes)} classes" if classes is not None else "two classes" if task == "binary" else "many classes"


def _own(spec: str, folder: Path | None, index: int) -> Scorer:
    place = ("scoring", index)
    if folder is None:
        raise StudyMistakes("The study", [Mistake(place, f"{spec} is the study's own code, and no user code is here.")])
    found = usercode.load(spec, folder, place)
    if not callable(found):
        allowed = "a scorer is called with (estimator, X, y), such as scikit-learn's make_scorer makes"
        raise StudyMistakes("The study", [Mistake(place, f"{spec} is {shown(found)}; {allowed}.")])
    if told := _no_scorer(found, spec):
        raise StudyMistakes("The study", [Mistake(place, told)])
    return found  # type: ignore[no-any-return]


def _of_outputs(spec: str, folder: Path | None, index: int) -> ReadsOutputs:
    """The function of a scorer that is given (y, outputs)."""
    place = ("scoring", index)
    if folder is None:
        raise StudyMistakes("The study", [Mistake(place, f"{spec} is the study's own code, and no user code is here.")])
    found = usercode.load(spec, folder, place)
    if not callable(found):
        allowed = "a scorer of outputs is called with (y, outputs)"
        raise StudyMistakes("The study", [Mistake(place, f"{spec} is {shown(found)}; {allowed}.")])
    if inspect.isfunction(found) and not _takes_two(found):
        takes = listed(inspect.signature(found).parameters)
        message = f"{spec} takes {takes or 'nothing'}; a scorer of `outputs` is called with two: (y, outputs)."
        raise StudyMistakes("The study", [Mistake(place, message)])
    return ReadsOutputs(found)


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True


def _no_scorer(found: Any, spec: str) -> str:
    """Why something callable is no scorer as scikit-learn takes them; "" where it may be one."""
    old = {"needs_proba": '"predict_proba"', "needs_threshold": '("decision_function", "predict_proba")'}
    for name in sklearn_private.given(found) if sklearn_private.is_scorer(found) else ():
        if name in old:
            remedy = f"`response_method={old[name]}`"
            return f"{spec} is made with `{name}`, which scikit-learn no longer takes: write {remedy} in make_scorer."
    if not inspect.isfunction(found):
        is_class = isinstance(found, type)
        return (
            f"{spec} is a class; name an object or function that scores, such as make_scorer makes." if is_class else ""
        )
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    taken = [one for one in inspect.signature(found).parameters.values() if one.kind in kinds]
    needed = [one for one in taken if one.default is inspect.Parameter.empty]
    if len(needed) == 3 or (len(needed) < 3 <= len(taken) and not taken[1].name.startswith(("y_p", "pred", "y_s"))):
        return ""
    if len(needed) != 2:
        names = listed(one.name for one in taken) or "nothing"
        return f"{spec} takes {names}; a scorer is called with (estimator, X, y)."
    if found.__module__.startswith("sklearn."):
        return f"{spec} is a metric, not a scorer.{_by_name(found)}"
    remedy = f"`scorer = make_scorer({found.__name__})` in that module, and name that"
    return f"{spec} takes two arguments, as a metric does; a scorer takes (estimator, X, y). Write {remedy}."


def _by_name(metric: Any) -> str:
    """The scorers that scikit-learn makes of a metric, by their names."""
    from sklearn.metrics import get_scorer

    made = [name for name in _names() if sklearn_private.metric(get_scorer(name)).__name__ == metric.__name__]
    if not made:
        return " Make one with make_scorer in a module of your own, and name that."
    return (
        f" Write {listed(made[:1])}{', or ' + listed(made[1:]) if made[1:] else ''}, as scikit-learn calls its scorer."
    )


@cache
def _names() -> tuple[str, ...]:
    from sklearn.metrics import get_scorer_names  # two seconds to import

    return tuple(get_scorer_names())


@cache
def _kind(name: str) -> Literal["regression", "classification"]:
    from sklearn.metrics import get_scorer

    module = sklearn_private.metric(get_scorer(name)).__module__
    return "regression" if "regression" in module else "classification"
