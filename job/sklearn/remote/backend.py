"""A joblib backend whose calls are the fits of a search: all of them are one run, trained elsewhere.

scikit-learn's own classes do all else: candidates, folds, ``cv_results_``, ranks, errors. What they call for each fit
is answered with what the run says of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from job.sklearn.at_once import AllAtOnce, Done
from job.study import sklearn_private

Asked = Mapping[str, Any]
"""What scikit-learn's ``_fit_and_score`` would be called with, by name."""
Answer = Callable[[Sequence[Asked]], Sequence[dict[str, Any]]]
"""Gives, for each, what that function would return."""


class Elsewhere(AllAtOnce):
    """Has the calls that fit answered together; runs any other here.

    Args:
        answer: of the search.
    """

    def __init__(self, answer: Answer | None = None, **more: Any) -> None:
        super().__init__(**more)
        self._answer = answer

    def do(self, calls: Sequence[tuple[Any, Done]]) -> None:
        """Answers all calls.

        Raises:
            Exception: the run did not end well.
        """
        asked = [one for func, _ in calls for one in _fits(func)]
        answers = iter(self._answer(asked) if asked and self._answer is not None else ())
        for func, done in calls:
            fits = _fits(func)
            try:
                result = [next(answers) for _ in fits] if fits else func()
            except Exception as error:  # noqa: BLE001  # raised to whoever called Parallel
                done(None, error)
            else:
                done(result, None)


def _fits(func: Any) -> list[Asked]:
    """The fits that a batch of calls asks for; none where it does something else."""
    items = getattr(func, "items", ())
    names = [getattr(getattr(wrapper, "function", wrapper), "__name__", "") for wrapper, _, _ in items]
    if not items or any(name != sklearn_private.FIT_AND_SCORE for name in names):
        return []
    return [dict(zip(("estimator", "X", "y"), args, strict=False)) | kwargs for _, args, kwargs in items]
