"""Sentences that training says in a study's words, in an estimator's."""

import re

from job.study.scoring import NAME_ONE
from job.train import heads

_STUDY = re.compile(r"change the loss in build, or, if the task was taken wrongly, write `task: (\w+)` in the study; "
                    r"`targets: as_given` gives")  # fmt: skip
_ONE_Y = "an estimator of scikit-learn predicts one y"
_SETTINGS = re.compile(r"\bfit\.(epochs|batch_size|shuffle|class_weight|validation_split|early_stopping)\b")
_SETTING = re.compile(r"`(targets|threshold): ([\w.]+)`")
_WATCHED = re.compile(r"add `validation_split: 0\.2` to fit, or watch what is measured on training rows, such as "
                      r"`monitor: loss`")  # fmt: skip

_PYTHON = {
    "`true` or `false`": "True or False",
    "a mapping": "a dict",
    "there is no such field": "there is no such argument",
    " or own, and the task is": ", and the task is",
}


def told(sentence: str, kind: type | None = None) -> str:
    """What to do about it, where there is an estimator and no study.

    Args:
        sentence: as training said it.
        kind: the estimator's class; None where it is not known, and what depends on it stays as it is.
    """
    found = sentence.replace(heads.NAMED_PARTS, f"or make a study, whose y may be a dict of arrays: {_ONE_Y}")
    found = found.replace(NAME_ONE, f"make a study, whose scorers may read anything: {_ONE_Y}, as numbers or labels")
    found = _WATCHED.sub(
        "give validation_split=0.2 or validation_data=(X, y), or watch what is measured on training rows, such as "
        "{'monitor': 'loss'}",
        found,
    )
    found = found.replace("give sample_weight with the data", "give sample_weight to fit")
    if kind is not None:
        found = _STUDY.sub(lambda match: _of_loss(match, kind), found)
        found = _SETTING.sub(_argument, found)
    return in_python(_SETTINGS.sub(r"\1", found))


def in_python(sentence: str) -> str:
    """The words of YAML as Python's."""
    for study, python in _PYTHON.items():
        sentence = sentence.replace(study, python)
    return sentence


def _argument(match: re.Match[str]) -> str:
    return f"{match[1]}={match[2] if match[2][:1].isdigit() else repr(match[2])}"


def _of_loss(match: re.Match[str], kind: type) -> str:
    other = "KerasRegressor" if match[1] == "regression" else "KerasClassifier"
    known = any(one.__name__ == other for one in kind.__mro__)
    meant = "" if known else f", or, if y is meant so, the estimator to {other}"
    return f"change the loss in build{meant}; targets='as_given' gives"
