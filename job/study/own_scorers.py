"""Scorers of the user's own: loaded, and what is none told from what may be one."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.study import scorer_names, sklearn_private, usercode
from job.study.mistakes import Mistake, StudyMistakes, listed, shown

Scorer = Callable[..., float]
"""scikit-learn's: called with (estimator, X, y), greater is better."""


@dataclass(frozen=True)
class ReadsOutputs:
    """A function of the user's own, called with (y, outputs) of the rows to score; greater is better."""

    function: Callable[[Any, Any], float]


def load(spec: str, folder: Path | None, index: int) -> Scorer:
    """The scorer of that place in ``scoring``; see ``ReadsOutputs`` for those that are given outputs.

    Raises:
        StudyMistakes: it is not there, or is no scorer.
    """
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


def load_of_outputs(spec: str, folder: Path | None, index: int) -> ReadsOutputs:
    """The function of a scorer that is given (y, outputs), likewise."""
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

    known = scorer_names.known()
    made = [name for name in known if sklearn_private.metric(get_scorer(name)).__name__ == metric.__name__]
    if not made:
        return " Make one with make_scorer in a module of your own, and name that."
    return (
        f" Write {listed(made[:1])}{', or ' + listed(made[1:]) if made[1:] else ''}, as scikit-learn calls its scorer."
    )
