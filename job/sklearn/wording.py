"""Sentences that training says in a study's words, in an estimator's."""

import re

from job.train import heads

_STUDY = re.compile(r"change the loss in build, or, if the task was taken wrongly, write `task: (\w+)` in the study; "
                    r"`targets: as_given` gives")  # fmt: skip


def told(sentence: str) -> str:
    """What to do about it, where there is an estimator and no study."""
    found = sentence.replace(
        heads.NAMED_PARTS,
        "or make a study, whose y may be a dict of arrays: an estimator of scikit-learn predicts one y",
    )
    return _STUDY.sub(_of_loss, found)


def _of_loss(match: re.Match[str]) -> str:
    kind = "KerasRegressor" if match[1] == "regression" else "KerasClassifier"
    return f"change the loss in build, or, if y is meant so, the estimator to {kind}; targets='as_given' gives"
