"""What only the user's code and data can tell, found before anything is planned; every mistake in one list."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.data import profile
from job.data.rows import Fold
from job.errors import DataError
from job.plan.plan import Facts
from job.study import code_files, packages
from job.study.mistakes import StudyMistakes
from job.study.study import Study
from job.work import model_check, scorer_fit
from job.work.bare_facts import bare
from job.work.findings import Findings
from job.work.observed import Observed
from job.work.second_load import SecondLoad
from job.work.study_parts import candidates_of, folds_of, makes_estimators, model, rows_of, scorers_or_none

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
            mistake = scorer_fit.instead(study, folder, bare)
            if mistake is None:
                raise
            others = [one for one in getattr(error, "mistakes", ()) if one.place[:1] not in _OF_TASK]
            raise StudyMistakes("The study", [mistake, *others]) from error


def _prepared(study: Study, folder: Path, ends: ExitStack, *, measure: bool, explain: bool) -> tuple[Facts, list[Fold]]:
    found, seen = Findings(), Observed(folder)
    with seen.during("while the model's code was imported"):
        build, import_seconds = model(study, folder, found)
        estimator = makes_estimators(study, folder, build, found)
    rows, data_seconds = rows_of(study, folder, found, seen, frames=estimator)
    again = None if rows is None else SecondLoad.begun(study, folder, rows, data_seconds, frames=estimator)
    if again is not None:
        ends.callback(again.end)
    folds, notes = folds_of(study, rows, folder, found)
    candidates = candidates_of(study, folder, len(folds), found)
    scorers = scorers_or_none(study, rows, folder, found)
    if rows is None or not folds:
        raise found.error()
    facts = bare(study, folder, rows, folds, build).model_copy(
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
                untrained, said, tracing = model_check.one_model(given)
                notes = [*notes, *said]
                facts = facts.model_copy(update={"trace_time": tracing})
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


def _with_note(facts: Facts, again: SecondLoad | None) -> Facts:
    """The facts, with what there is to say of a second load of the data."""
    note = None if again is None else again.note(facts.fingerprint)
    return facts if note is None else facts.model_copy(update={"notes": (*facts.notes, note)})


def _with_code(study: Study, folder: Path, seen: Observed, facts: Facts) -> Facts:
    """The facts, with the files that are the study's code and the packages that these import."""
    observed = seen.files()
    code = code_files.find(study, folder, observed)
    trains, scores = packages.find(study, folder, [one.path for one in observed])
    why = {one.path: one.why for one in code.files}
    known = {"files": code.digests, "why_files": why, "code_digest": code_files.digest(code.digests)}
    return facts.model_copy(update=known | {"trains_by": trains, "scores_by": scores})
