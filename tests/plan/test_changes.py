"""Why a run is new, in a line."""

import made_plan
import pytest

from job.plan import changes, planning
from job.study.study import FitSettings

SAME = {name: made_plan.SPACE[name] for name in ("learning_rate", "batch_size")}
FILES = {"model.py": "a", "data.py": "b", "words.txt": "c"}


def plan(study: dict | None = None, **facts):
    """A plan of the made-up study."""
    facts = {"files": FILES, "code_digest": str(facts.get("files", FILES))} | facts
    return planning.make(made_plan.study(**(study or {})), made_plan.facts(**facts), 2)


@pytest.mark.parametrize(
    ("study", "facts", "words"),
    [
        ({}, {"files": FILES | {"model.py": "other"}}, ["model.py changed"]),
        (
            {},
            {"files": {"model.py": "a", "data.py": "b", "new.txt": "d"}},
            ["new.txt is used now", "words.txt is no longer used"],
        ),
        ({}, {"fingerprint": "other", "folds_digest": "other"}, ["data differs"]),
        ({}, {"folds_digest": "other"}, ["folds differ"]),
        ({}, {"files": {}, "code_digest": "of an earlier version"}, ["code differs"]),
        ({}, {"task": "multiclass"}, ["task binary → multiclass"]),
        (
            {},
            {"versions": {"tensorflow": "2.22.0", "keras": "3.15.9", "scikit-learn": "1.9.0"}},
            ["tensorflow 2.21 → 2.22"],
        ),
        ({"fit": FitSettings(epochs=7)}, {}, ["fit.epochs 1 → 7"]),
        ({"seed": 1}, {}, ["seed 0 → 1"]),
        ({"space": ({"units": [*range(40)], **SAME},)}, {}, ["space.units changed"]),
        ({"store": "s3://bucket/elsewhere", "files": ("words.txt",)}, {}, []),
    ],
)
def test_what_differs_is_named(study, facts, words):
    """Each file, the data, a version, a field: by its name and in a few words."""
    told = changes.between(plan(), plan(study, **facts))
    assert told == words


def test_another_arithmetic_is_named():
    """Where nothing of the study differs, what trained it does: that can't be undone, and is not said to be."""
    before = plan().model_copy(update={"digest": "0" * 64, "run": "flowers-0"})
    assert changes.between(before, plan()) == ["trained by an earlier version of tunejob's numbers"]
    said = changes.told(before, plan(), "unfinished")
    assert "flowers-0 (unfinished) was trained by an earlier version of tunejob's numbers" in said
    assert "undo" not in said
    parts = before.digest_parts | {"numbers": "1"}
    after = plan().model_copy(update={"digest_parts": parts | {"numbers": "2"}})
    assert changes.between(before.model_copy(update={"digest_parts": parts}), after) == changes.between(before, plan())


def test_the_line_says_how_the_other_run_is_resumed():
    """One line: what differs, and that undoing it resumes the earlier run."""
    before, after = plan(), plan(files=FILES | {"model.py": "other"})
    told = changes.told(before, after, "3 of 8 fits")
    new = f"this is a new run, not {before.run} (3 of 8 fits)"
    assert told == f"{new}: model.py changed; undo that and tunejob resumes {before.run}"


def test_a_plan_of_before_is_read():
    """A plan without digests of files, as earlier versions stored it, is a plan."""
    stored = plan().model_dump(mode="json")
    del stored["facts"]["files"], stored["facts"]["why_files"]
    assert type(plan()).model_validate(stored).facts.files == {}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"units": 8}, None, "the champion is no trial of it"),
        (None, {"units": 8}, "the champion is a trial of it"),
        ({"units": 8}, {"units": 16}, "the champion's parameters, a trial of a retune's search, are others"),
    ],
)
def test_another_champion_is_told_in_words_and_not_to_be_undone(before, after, words):
    """No internal name, and no advice to undo what the study does not say."""
    said = changes.told(plan(champion=before), plan(champion=after), "complete")
    assert said.endswith(f"(complete): {words}")


def of_before(numbers: str = "3", **facts):
    """A plan as an earlier version made it, which named no packages."""
    found = plan(**facts)
    parts = {name: text for name, text in found.digest_parts.items() if not name.startswith("package ")}
    return found.model_copy(update={"digest_parts": parts | {"numbers": numbers}, "digest": "0" * 64})


def test_what_an_earlier_version_did_not_name_is_nothing_new():
    """A run of before whose code imports NumPy is outdated by the numbers alone, and nothing is there to be undone."""
    before, after = of_before(), plan(trains_by={"numpy": "2.0.1"})
    assert planning.is_outdated(before, after)
    assert len(planning.differences(before, after)) == 1
    assert changes.between(before, after) == ["trained by an earlier version of tunejob's numbers"]
    assert not planning.is_outdated(plan(), after)
    assert changes.between(plan(), after) == ["package numpy: 2.0 is new"]


def test_numbers_of_before_are_never_to_be_undone():
    """Whatever else differs: the earlier run can't be resumed by this version."""
    said = changes.told(of_before(), plan(files=FILES | {"model.py": "other"}), "unfinished")
    assert said.endswith("(unfinished), trained by an earlier version of tunejob's numbers: model.py changed")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"again": 1}, "fits that failed are trained again"),
        ({"again": 1}, {"again": 2}, "fits that failed are trained again"),
        ({"again": 1}, {}, "fits that failed are not trained again"),
        ({"again": 1}, {"fingerprint": "other"}, "data differs"),
    ],
)
def test_another_try_of_a_retune_is_told_as_it_is_and_not_to_be_undone(before, after, words):
    """Which try it is stands in no study; where something else differs, there is nothing that failed."""
    before, after = plan(**before), plan(**after)
    assert changes.told(before, after, "complete").endswith(f"(complete): {words}")
    (sentence,) = planning.differences(before, after)
    assert ("not trained again" in sentence) == ("not" in words)
