"""What scikit-learn's ``_fit_and_score`` returns, from a run's table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from job.results.table import Table
from job.sklearn.remote import declared, rows
from job.sklearn.remote.backend import Asked


@dataclass(frozen=True)
class Answers:
    """What one round's run says of its fits.

    Attributes:
        table: the run's.
        names: the study's scorers by their names in the search.
        search: whose ``scoring`` and ``error_score`` say what scores look like.
    """

    table: Table
    names: Mapping[str, str]
    search: Any

    def of(self, asked: Sequence[Asked]) -> Iterator[dict[str, Any]]:
        """Yield each fit's.

        Raises:
            ValueError: one failed, and the search's ``error_score`` is "raise".
        """
        fits = self.table.fits
        if self.search.error_score == "raise" and fits.failed.any():
            raise ValueError(self._why(int(fits.cause[fits.failed][0])))
        for one in asked:
            place = one["candidate_progress"][0], one["split_progress"][0]
            failed = bool(fits.failed[place])
            yield {
                "fit_error": self._why(int(fits.cause[place])) if failed else None,
                "test_scores": self._scores(fits.scores, place, failed=failed),
                **(
                    {"train_scores": self._scores(fits.train_scores, place, failed=failed)}
                    if one.get("return_train_score")
                    else {}
                ),
                "n_test_samples": len(rows.numbers(one["test"], len(one["y"]))),
                "fit_time": float(fits.fit_seconds[place]),
                "score_time": float(fits.score_seconds[place]),
            }

    def _scores(self, found: Mapping[str, Any], place: tuple[int, int], *, failed: bool) -> Any:
        """A number, or one for each name where the search has several, or its function returns several."""
        error = self.search.error_score
        if declared.is_several(self.search):
            return {name: error if failed else float(found[spec][place]) for name, spec in self.names.items()}
        if failed:
            return error
        several = {name: float(scores[place]) for name, scores in found.items()}
        is_dict = callable(self.search.scoring) and set(several) != set(self.names.values())
        return several if is_dict else next(iter(several.values()))

    def _why(self, code: int) -> str:
        """Why a fit failed, as a traceback has it; fits of one cause have one example's."""
        (cause,) = self.table.fits.failures.causes(np.array([[code]]))
        return cause.failure.traceback or f"{cause.failure.kind}: {cause.failure.message}\n"
