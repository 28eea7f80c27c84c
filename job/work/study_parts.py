"""What a study names, loaded: model, rows, folds, scorers, candidates; each mistake goes among the findings."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import ValidationError

from job.data import folds as fold_numbers
from job.data import loading
from job.data.rows import Fold, Rows
from job.study import params, scoring, search, space, usercode
from job.study.forms import SPEC
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest
from job.study.study import Study
from job.study.usercode.signatures import ANY
from job.train import pulse
from job.work.findings import Findings
from job.work.observed import Observed


def scorers_of(study: Study, rows: Rows, folder: Path) -> dict[str, Any]:
    """The study's scorers for these rows, told their labels.

    Raises:
        StudyMistakes: a scorer can't score them.
    """
    labels = rows.classes.tolist() if rows.classes is not None and rows.task != "multilabel" else None
    outputs = rows.y.shape[1] if rows.task != "own" and rows.y.ndim == 2 else 1
    return scoring.scorers(study.scoring, rows.task, labels, folder, outputs)


def model(study: Study, folder: Path, found: Findings) -> tuple[Any, float]:
    """The user's ``build``, and how long importing it took with TensorFlow; None where that is not installed."""
    began = perf_counter()
    build = None
    if find_spec("tensorflow") is not None:
        with found.at(("model",)):
            with pulse.excused("importing TensorFlow"):
                from job.train import importing
            with pulse.excused(f"importing {study.model}"):
                build = _function(study.model, importing.model(study, folder))
        for place, callback in enumerate(study.fit.callbacks):
            with found.at(("fit", "callbacks", place)):
                usercode.load(callback.path, folder, ("fit", "callbacks", place))
    return build, perf_counter() - began


def _function(spec: str, found: Any) -> Any:
    """What makes models, if it is a function or class.

    Raises:
        StudyMistakes: it is a model already, or something else that makes none.
    """
    import keras

    module, _, name = spec.partition(":")
    if isinstance(found, keras.Model):
        told = (
            f"`{spec}` is a model; needed is a function that makes one, as each fit trains a new one. In {module}:\n"
            f"    def build(units):  # what varies, by name\n"
            f"        {name} = ...  # the lines that make it now, compile() too\n"
            f"        return {name}\n"
            f"and `model: {module}:build` in the study."
        )
    elif not callable(found):
        told = f"`{spec}` is a {type(found).__name__}; needed is a function that returns a compiled Keras model."
    else:
        return found
    raise StudyMistakes("The study", [Mistake(("model",), told)])


def _not_taken(study: Study, taken: Sequence[str]) -> list[Mistake]:
    """Parameters of the space that ``build``, now at hand, does not take: its source alone may not have told."""
    known = [*taken, *params.FIT]
    said = f"`{study.model}` takes {listed(taken) or 'nothing'}, the fit {listed(params.FIT)}"
    return [
        Mistake(("space", index, name), f"neither takes `{name}`: {said}.{nearest(name, known)}")
        for index, one in enumerate(study.space)
        for name in one
        if ANY not in taken and name not in known
    ]


def makes_estimators(study: Study, folder: Path, build: Any, found: Findings) -> bool:
    """Whether the user's function makes scikit-learn estimators; else its parameters are compared with the space."""
    if build is None:
        return False
    from job.work import estimator_check

    if estimator_check.is_meant(build, study, folder):
        return True
    found.mistakes += _not_taken(study, usercode.parameters_of(build))
    return False


def rows_of(study: Study, folder: Path, found: Findings, seen: Observed, *, frames: bool) -> tuple[Rows | None, float]:
    """The study's rows, and how long loading them took; None where something is wrong with them."""
    began = perf_counter()
    rows = None
    with found.at(("data",)):
        if isinstance(study.data, str) and SPEC.fullmatch(study.data):
            with seen.during("while the data's code was imported"):
                usercode.load(study.data, folder, ("data",))
        with pulse.excused("loading data"):
            rows = loading.load(study, folder, frames=frames)
    return rows, perf_counter() - began


def folds_of(study: Study, rows: Rows | None, folder: Path, found: Findings) -> tuple[list[Fold], list[str]]:
    """The folds, and sentences for the user; none where there are no rows, or they can't be split so."""
    if rows is not None:
        with found.at(("cv",)):
            return fold_numbers.split(study, rows, folder)
    return [], []


def scorers_or_none(study: Study, rows: Rows | None, folder: Path, found: Findings) -> Mapping[str, Any]:
    """The study's scorers for these rows; none where there are no rows, or a scorer can't score them."""
    if rows is not None:
        with found.at(("scoring",)):
            return scorers_of(study, rows, folder)
    return {}


def candidates_of(study: Study, folder: Path, folds: int, found: Findings) -> tuple[dict[str, Any], ...] | None:
    """All trials' params where drawing them needs the user's code, which a controller never imports."""
    if space.needs_user_code(study):
        with found.at(("space",)):
            mistake = search.too_large(study, folds or 1, folder)
            if mistake is not None:
                raise StudyMistakes("The study", [mistake])
            drawn = tuple(search.candidates(study, folder))
            for one in drawn:
                _check_values(study, one)
            return drawn
    return None


def _check_values(study: Study, drawn: Mapping[str, Any]) -> None:
    try:
        params.split(study, (ANY,), drawn)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        message = f"{drawn[name]!r} was drawn, which the fit can't take: {first['msg']}."
        raise StudyMistakes("The study", [Mistake(("space", 0, name), message)]) from error
