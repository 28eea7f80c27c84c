"""Metrics as people say them: an error is a positive number of which less is better, beside scikit-learn's sign."""

from dataclasses import dataclass

_SHORT = {
    "neg_root_mean_squared_error": "RMSE",
    "neg_mean_squared_error": "MSE",
    "neg_mean_absolute_error": "MAE",
    "neg_median_absolute_error": "median absolute error",
    "neg_mean_absolute_percentage_error": "MAPE",
    "neg_mean_squared_log_error": "MSLE",
    "neg_root_mean_squared_log_error": "RMSLE",
    "neg_brier_score": "Brier score",
    "neg_log_loss": "log loss",
    "neg_max_error": "largest error",
    "r2": "R²",
}


@dataclass(frozen=True)
class Said:
    """How a scorer is told.

    Attributes:
        scorer: scikit-learn's name, of which greater is better.
        name: people's.
        sign: 1, or -1 where people turn the score around.
    """

    scorer: str
    name: str
    sign: int

    @property
    def better(self) -> str:
        """Which way is better, where it is not plain."""
        return "less is better" if self.sign < 0 else ""

    def value(self, score: float) -> float:
        """Returns a score as people say it; an error of nothing is 0 and not -0."""
        return score if self.sign > 0 else 0.0 - score


def said(scorer: str) -> Said:
    """Returns how a scorer of this name is told."""
    is_error = scorer.startswith("neg_") and scorer != "neg_"
    plain = scorer.removeprefix("neg_").replace("_", " ") if is_error else scorer
    return Said(scorer, _SHORT.get(scorer, plain), -1 if is_error else 1)
