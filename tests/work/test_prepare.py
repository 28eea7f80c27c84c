"""What only the user's code and data can tell."""

from pathlib import Path

import numpy as np
import pytest

from job.errors import DataError
from job.study import reading
from job.study.mistakes import StudyMistakes
from job.study.study import Study
from job.work.facts import prepare

MODEL = """
import keras

def build(units=4, activation="sigmoid", fails=False):
    if fails:
        raise ValueError(f"{units} units are too many")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(1, activation)])
    model.compile("sgd", "binary_crossentropy")
    return model
"""

DATA = """
import numpy as np

def load():
    return np.linspace(0, 1, 90, dtype="float32").reshape(30, 3), np.arange(30) % 2

def amounts():
    return load()[0], np.linspace(0, 1, 30)

def broken():
    return load()[0], np.array([0.0, np.nan] * 15)
"""

STUDY = """
name: small
model: model:build
data: data:load
search: grid
space: {units: [2, 4]}
cv: 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study's folder with its code."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "data.py").write_text(DATA)
    return tmp_path


def study(text: str = STUDY) -> Study:
    """A study, read as a worker reads it."""
    return reading.parse(text, "study.yaml")


def test_the_facts_are_what_the_data_and_the_model_say(folder) -> None:
    """Task, classes, folds, scoring, build's parameters, versions; nothing is timed unless asked for."""
    facts, folds = prepare(study(), folder)
    assert (facts.task, facts.classes, facts.scoring) == ("binary", (0, 1), ("accuracy",))
    assert (facts.rows, facts.width) == (30, 3)
    assert facts.fold_sizes == ((20, 10),) * 3 == tuple((len(fold.train), len(fold.test)) for fold in folds)
    assert facts.build_parameters == ("units", "activation", "fails")
    assert {"tensorflow", "keras", "scikit-learn"} <= set(facts.versions)
    assert facts.fit_time is None
    assert facts.candidates is None
    assert (facts.trains_by, facts.scores_by) == ({}, {}), "the loader alone imports numpy"


def test_preparing_again_finds_the_same(folder) -> None:
    """Fingerprint, folds and code have the same digests; another value in the data has another."""
    first, second = (prepare(study(), folder)[0] for _ in range(2))
    names = ("fingerprint", "folds_digest", "code_digest")
    assert [getattr(first, name) for name in names] == [getattr(second, name) for name in names]
    (folder / "data.py").write_text(DATA.replace("linspace(0, 1, 90", "linspace(0, 2, 90"))
    third = prepare(study(STUDY.replace("small", "other")), folder.rename(folder.with_name("moved")))[0]
    assert third.fingerprint != first.fingerprint
    assert third.folds_digest == first.folds_digest


def test_one_fit_is_timed_when_asked_for(folder) -> None:
    """The time is of the first trial, and positive."""
    fit_time = prepare(study(), folder, measure=True)[0].fit_time
    assert fit_time is not None
    assert fit_time.seconds > 0
    assert fit_time.params == {"units": 2}


def test_mistakes_of_all_kinds_come_in_one_list(folder) -> None:
    """No such loader, no such callback, no such scorer of the study's own: told together, each with its place."""
    text = STUDY.replace("data:load", "data:laod") + "scoring: accuracy\nfit: {callbacks: ['model:Nothing']}\n"
    with pytest.raises(StudyMistakes) as raised:
        prepare(study(text), folder)
    assert {one.path for one in raised.value.mistakes} == {"data", "fit.callbacks[0]"}


def test_what_is_wrong_with_the_data_joins_the_mistakes(folder) -> None:
    """A hole in y alone is wrong data; beside a mistake in the study it is told in the same list."""
    holes = STUDY.replace("data:load", "data:broken")
    with pytest.raises(DataError, match="nan in row 1"):
        prepare(study(holes), folder)
    with pytest.raises(StudyMistakes) as raised:
        prepare(study(holes.replace("model:build", "model:biuld")), folder)
    assert [one.path for one in raised.value.mistakes] == ["model", "data"]


def test_a_loss_that_contradicts_the_task_fails_the_study(folder) -> None:
    """Amounts, and a model for two classes: one mistake of the study, not a failure of each fit."""
    with pytest.raises(StudyMistakes) as raised:
        prepare(study(STUDY.replace("data:load", "data:amounts")), folder)
    assert [one.path for one in raised.value.mistakes] == ["model"]
    assert "binary_crossentropy" in str(raised.value)


def test_settings_that_contradict_the_data_are_told_at_their_place(folder) -> None:
    """Class weights for a class that isn't there."""
    with pytest.raises(StudyMistakes) as raised:
        prepare(study(STUDY + "fit: {class_weight: {0: 1, 7: 2}}\n"), folder)
    assert [one.path for one in raised.value.mistakes] == ["fit.class_weight"]


def test_one_bad_corner_of_a_space_is_no_broken_study(folder) -> None:
    """The first trial's model does not build, a later one does: its fits will be failed fits among others."""
    text = STUDY.replace("{units: [2, 4]}", "{fails: [true, false]}")
    assert prepare(study(text), folder)[0].rows == 30


def test_a_build_that_always_raises_is_told_with_its_causes_counted(folder) -> None:
    """No fit could succeed: the exit code of that, each cause with its count, its line and an example."""
    text = STUDY.replace("{units: [2, 4]}", "{units: [2, 4], fails: [true]}")
    with pytest.raises(DataError) as raised:
        prepare(study(text), folder)
    assert "all 2 trials" in str(raised.value)
    assert "1 ×: ValueError: 4 units are too many (model.py, line 6, in build)" in str(raised.value)  # noqa: RUF001


def test_a_lookup_without_a_width_is_told_with_the_remedy(folder) -> None:
    """Left to be adapted, one_hot output has no known width, and Keras's own words name no layer."""
    lookup = 'keras.layers.StringLookup(output_mode="one_hot"PADDED)'
    model = MODEL.replace("keras.Input((3,)), ", f'keras.Input((1,), dtype="string"), {lookup}, ')
    words = "\ndef words():\n    return np.array(['a', 'b', 'c'] * 10, dtype=object), np.arange(30) % 2\n"
    (folder / "data.py").write_text(DATA + words)
    (folder / "model.py").write_text(model.replace("PADDED", ""))
    text = STUDY.replace("data:load", "data:words")
    with pytest.raises(DataError, match="pad_to_max_tokens=True"):
        prepare(study(text), folder)
    (folder / "model.py").write_text(model.replace("PADDED", ", max_tokens=8, pad_to_max_tokens=True"))
    moved = folder.rename(folder.with_name("padded"))  # a module is loaded once from a folder
    assert prepare(study(text), moved)[0].rows == 30


def test_params_that_the_users_code_draws_are_drawn_here(folder) -> None:
    """A controller never imports user code, so the candidates travel with the facts."""
    (folder / "mine.py").write_text("from scipy.stats import randint\n\ndef width():\n    return randint(2, 5)\n")
    text = STUDY.replace("search: grid", "search: {random: {trials: 4, seed: 1}}").replace("[2, 4]", "mine:width")
    candidates = prepare(study(text), folder)[0].candidates
    assert candidates is not None
    assert len(candidates) == 4
    assert all(one["units"] in np.arange(2, 5) for one in candidates)
