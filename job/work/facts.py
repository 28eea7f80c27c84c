"""What only the user's code and data can tell, found before anything is planned; every mistake in one list."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from pydantic import ValidationError

from job.data import fingerprint, inputs, loading, profile
from job.data import folds as fold_numbers
from job.data.rows import Fold, Rows
from job.errors import DataError
from job.plan import provenance
from job.plan.plan import Facts, InputForm
from job.study import code_files, params, scoring, search, space, usercode
from job.study.forms import SPEC
from job.study.mistakes import Mistake, StudyMistakes, listed, nearest
from job.study.study import Study
from job.study.usercode.signatures import ANY
from job.train import pulse
from job.work import model_check, scorer_fit
from job.work.findings import Findings
from job.work.observed import Observed
from job.work.second_load import SecondLoad

_OF_TASK = (("scoring",), ("model",), ("cv",), ("data",), ("task",))
"""Where a scorer of the wrong kind shows itself."""


def prepare(study: Study, folder: Path, *, measure: bool = False, explain: bool = False) -> tuple[Facts, list[Fold]]:
    """Loads the user's model and data, makes the folds, and checks that one model can be trained on them.

    Where TensorFlow is not installed, the model is not looked at.

    Args:
        study: a study without mistakes in itself.
        folder: where its code lies.
        measure: whether one fit is timed.
        explain: whether it is told how fits will be trained.

    Raises:
        StudyMistakes: whatever of the study does not hold against its code and data, all at once.
        DataError: the data alone is wrong, or ``build`` raised for every trial that was tried.
    """
    with ExitStack() as ends:
        try:
            return _prepared(study, folder, ends, measure=measure, explain=explain)
        except (StudyMistakes, DataError) as error:
            mistake = scorer_fit.instead(study, folder, _bare)
            if mistake is None:
                raise
            others = [one for one in getattr(error, "mistakes", ()) if one.place[:1] not in _OF_TASK]
            raise StudyMistakes("The study", [mistake, *others]) from error


def _prepared(study: Study, folder: Path, ends: ExitStack, *, measure: bool, explain: bool) -> tuple[Facts, list[Fold]]:
    found, seen = Findings(), Observed(folder)
    with seen.during("while the model's code was imported"):
        build, import_seconds = _model(study, folder, found)
        estimator = _makes_estimators(study, folder, build, found)
    rows, data_seconds = _rows(study, folder, found, seen, frames=estimator)
    again = None if rows is None else SecondLoad.begun(study, folder, rows, data_seconds, frames=estimator)
    if again is not None:
        ends.callback(again.end)
    folds, notes = _folds(study, rows, folder, found)
    candidates = _candidates(study, folder, len(folds), found)
    scorers = _scorers(study, rows, folder, found)
    if rows is None or not folds:
        raise found.error()
    facts = _bare(study, folder, rows, folds, build).model_copy(
        update={
            "import_seconds": import_seconds,
            "data_seconds": data_seconds,
            "candidates": candidates,
            "profile": None if study.retune is None else profile.of(rows),
            "estimator": estimator,
        }
    )
    looked = _Looked(model_check.Loaded(study, facts, build, rows, folds, folder, scorers), found)
    if build is not None:
        look = looked.at_estimators if estimator else looked.at_models
        facts = look(notes, seen, measure=measure, explain=explain)
    if found:
        raise found.error()
    return _with_code(study, folder, seen, _with_note(facts, again)), folds


@dataclass(frozen=True, eq=False)
class _Looked:
    """What of the study's models is looked at before any is trained in earnest."""

    loaded: model_check.Loaded
    found: Findings

    def at_models(self, notes: list[str], seen: Observed, *, measure: bool, explain: bool) -> Facts:
        """The facts with what a Keras model and the scorers told, or with what is wrong among the findings."""
        given, facts, found = self.loaded, self.loaded.facts, self.found
        untrained = None
        if not any(one.place[:1] == ("space",) for one in found.mistakes):
            with found.at(("model",)), seen.during("while a model was built"):
                untrained, said = model_check.one_model(given)
                notes = [*notes, *said]
                if measure and not found:
                    facts = facts.model_copy(update={"fit_time": model_check.measured(given)})
                if explain and not found:
                    facts = facts.model_copy(update={"ways": model_check.ways(given)})
        if given.scorers:
            from job.work import scoring_check  # reads outputs with Keras, which a laptop can do without

            with found.at(("scoring",)):
                names, said = scoring_check.look(
                    given.study, given.scorers, given.rows, given.folds, given.folder, untrained
                )
                facts = facts.model_copy(update={"scoring": names, "notes": (*notes, *said)})
        return facts

    def at_estimators(self, notes: list[str], seen: Observed, *, measure: bool, explain: bool) -> Facts:
        """The facts with what a scikit-learn estimator told, or with what is wrong among the findings."""
        from job.work import estimator_check

        told = ["fits of estimators are not timed beforehand"] if measure else []
        more: dict[str, Any] = {"ways": estimator_check.ways()} if explain else {}
        with self.found.at(("model",)), seen.during("while an estimator was made"):
            names, said = estimator_check.one_estimator(self.loaded)
            told = [*said, *told]
            more["scoring"] = names
        return self.loaded.facts.model_copy(update={"notes": (*notes, *told), **more})


def _bare(study: Study, folder: Path, rows: Rows, folds: Sequence[Fold], build: Any = None) -> Facts:
    """The facts of rows, folds and code, before anything is tried."""
    takes = usercode.parameters_of(build) if build else usercode.parameters(study, folder)
    return _facts(study, rows, folds).model_copy(update={"build_parameters": takes})


def scorers_of(study: Study, rows: Rows, folder: Path) -> dict[str, Any]:
    """The study's scorers for these rows, told their labels.

    Raises:
        StudyMistakes: a scorer can't score them.
    """
    labels = rows.classes.tolist() if rows.classes is not None and rows.task != "multilabel" else None
    outputs = rows.y.shape[1] if rows.task != "own" and rows.y.ndim == 2 else 1
    return scoring.scorers(study.scoring, rows.task, labels, folder, outputs)


def input_form(rows: Rows) -> InputForm:
    """X as models take it."""
    kind: Literal["array", "mapping", "tuple"] = "array"
    if isinstance(rows.X, Mapping):
        kind, several = "mapping", list(rows.X.items())
    elif isinstance(rows.X, tuple):
        kind, several = "tuple", [(str(place), one) for place, one in enumerate(rows.X)]
    else:
        several = [("", rows.X)]
    arrays = [(name, "text" if one.dtype.kind == "O" else str(one.dtype), one.shape[1:]) for name, one in several]
    return InputForm(kind=kind, arrays=tuple(arrays))


def _model(study: Study, folder: Path, found: Findings) -> tuple[Any, float]:
    """The user's ``build``, and how long importing it took with TensorFlow; None where that is not installed."""
    began = perf_counter()
    build = None
    if find_spec("tensorflow") is not None:
        with found.at(("model",)):
            with pulse.excused("importing TensorFlow"):
                import tensorflow as tf  # noqa: F401
            with pulse.excused(f"importing {study.model}"):
                build = _function(study.model, usercode.load(study.model, folder, ("model",)))
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


def _with_note(facts: Facts, again: SecondLoad | None) -> Facts:
    """The facts, with what there is to say of a second load of the data."""
    note = None if again is None else again.note(facts.fingerprint)
    return facts if note is None else facts.model_copy(update={"notes": (*facts.notes, note)})


def _with_code(study: Study, folder: Path, seen: Observed, facts: Facts) -> Facts:
    """The facts, with the files that are the study's code."""
    code = code_files.find(study, folder, seen.files())
    why = {one.path: one.why for one in code.files}
    known = {"files": code.digests, "why_files": why, "code_digest": code_files.digest(code.digests)}
    return facts.model_copy(update=known)


def _makes_estimators(study: Study, folder: Path, build: Any, found: Findings) -> bool:
    """Whether the user's function makes scikit-learn estimators; else its parameters are compared with the space."""
    if build is None:
        return False
    from job.work import estimator_check

    if estimator_check.is_meant(build, study, folder):
        return True
    found.mistakes += _not_taken(study, usercode.parameters_of(build))
    return False


def _rows(study: Study, folder: Path, found: Findings, seen: Observed, *, frames: bool) -> tuple[Rows | None, float]:
    began = perf_counter()
    rows = None
    with found.at(("data",)):
        if isinstance(study.data, str) and SPEC.fullmatch(study.data):
            with seen.during("while the data's code was imported"):
                usercode.load(study.data, folder, ("data",))
        with pulse.excused("loading data"):
            rows = loading.load(study, folder, frames=frames)
    return rows, perf_counter() - began


def _folds(study: Study, rows: Rows | None, folder: Path, found: Findings) -> tuple[list[Fold], list[str]]:
    if rows is not None:
        with found.at(("cv",)):
            return fold_numbers.split(study, rows, folder)
    return [], []


def _scorers(study: Study, rows: Rows | None, folder: Path, found: Findings) -> Mapping[str, Any]:
    if rows is not None:
        with found.at(("scoring",)):
            return scorers_of(study, rows, folder)
    return {}


def _candidates(study: Study, folder: Path, folds: int, found: Findings) -> tuple[dict[str, Any], ...] | None:
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


def _facts(study: Study, rows: Rows, folds: Sequence[Fold]) -> Facts:
    return Facts(
        fingerprint=fingerprint.of(rows),
        folds_digest=fold_numbers.digest(folds),
        contents=fingerprint.of_folds(rows, folds),
        code_digest="",
        rows=len(rows),
        fold_sizes=tuple((len(fold.train), len(fold.test)) for fold in folds),
        task=rows.task,
        why=rows.why,
        classes=None if rows.classes is None else tuple(rows.classes.tolist()),
        scoring=study.scorers or (scoring.default(rows.task),),
        build_parameters=(),
        versions=provenance.versions(),
        packages=provenance.packages(),
        device=device(),
        import_seconds=0.0,
        data_seconds=0.0,
        width=inputs.width(rows.X),
        inputs=inputs.described(rows.X),
        form=input_form(rows),
    )


def device() -> str:
    """The device that TensorFlow trains on here."""
    if find_spec("tensorflow") is not None:
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "unnamed")
            return f"GPU: {name}" if len(gpus) == 1 else f"GPU: {len(gpus)} × {name}"  # noqa: RUF001
    return f"CPU: {provenance.processor()}, {len(os.sched_getaffinity(0))} cores"
