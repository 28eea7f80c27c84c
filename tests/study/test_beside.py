"""What a study names beside it: code, files, columns; looked at without importing or reading rows."""

import pytest

from job.study import reading
from job.study.mistakes import StudyMistakes

FILES = {
    "model.py": "raise RuntimeError('imported')\ndef build(units): ...\n",
    "data.py": "raise RuntimeError('imported')\ndef load(): ...\n",
    "broken.py": "def build(:\n",
    "star.py": "from somewhere import *\n",
    "train.csv": "age,income,label\n1,2,3\n",
    "empty.csv": "",
    "X.npy": "",
}


@pytest.fixture
def read(text_of, beside):
    """What reading a study in a folder with these files says."""

    def say(**fields):
        folder = beside({**FILES, "study.yaml": text_of(**fields)})
        try:
            reading.read(folder / "study.yaml")
        except StudyMistakes as error:
            return [str(mistake).replace(str(folder), "HERE") for mistake in error.mistakes]
        return []

    return say


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({}, []),
        ({"model": "star:anything"}, []),
        ({"fit": "{callbacks: ['keras.callbacks:TerminateOnNaN']}"}, []),
        ({"scoring": "sklearn.metrics:accuracy_score"}, []),
        (
            {"model": "modle:build"},
            [
                (
                    "line 2: model: there is no module `modle` beside the study, nor installed; beside it are "
                    "`broken`, `data`, "
                    "`model` and `star`. Did you mean `model`?"
                )
            ],
        ),
        (
            {"model": "model:biuld"},
            ["line 2: model: module `model` has no `biuld`; it has `build`. Did you mean `build`?"],
        ),
        ({"model": "broken:build"}, ["line 2: model: broken.py line 1 is no Python: invalid syntax."]),
        (
            {
                "model": "model:buildd",
                "data": "data:loda",
                "cv": "model:split",
                "scoring": "model:score",
                "search": "{random: {trials: 3}}",
                "space": "{units: 'data:dist'}",
                "fit": "{callbacks: ['data:Cb']}",
            },
            [
                "line 2: model: module `model` has no `buildd`; it has `build`. Did you mean `build`?",
                "line 3: data: module `data` has no `loda`; it has `load`. Did you mean `load`?",
                "line 5: space.units: module `data` has no `dist`; it has `load`.",
                "line 6: cv: module `model` has no `split`; it has `build`.",
                "line 7: scoring: module `model` has no `score`; it has `build`.",
                "line 8: fit.callbacks[0]: module `data` has no `Cb`; it has `load`.",
            ],
        ),
    ],
)
def test_missing_code_is_told_without_importing(read, fields, sentences):
    """Modules and functions are looked for in the source; nothing of the user's runs."""
    assert read(**fields) == sentences


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({"data": "train.csv", "target": "label"}, []),
        ({"data": "./train.csv", "target": "label", "features": "[age]", "sample_weight": "income"}, []),
        ({"data": "s3://bucket/train.csv", "target": "anything"}, []),
        (
            {"data": "trian.csv", "target": "label"},
            ["line 3: data: there is no file HERE/trian.csv. Did you mean `train.csv`?"],
        ),
        ({"data": "[X.npy, Y.npy]"}, ["line 3: data[1]: there is no file HERE/Y.npy. Did you mean `X.npy`?"]),
        ({"data": "train.csv"}, ["target: is missing. A CSV's column to predict is named: `target: label`."]),
        ({"data": "empty.csv", "target": "label"}, [
            "line 3: data: HERE/empty.csv is empty; the first line of a CSV file names its columns."]),
        (
            {"data": "train.csv", "target": "[label, lable]", "features": "[age, incom]", "groups": "patient"},
            [
                ("line 6: target[1]: train.csv has no column `lable`; it has `age`, `income` and `label`. "
                "Did you mean `label`?"),
                ("line 7: features[1]: train.csv has no column `incom`; it has `age`, `income` and `label`. "
                "Did you mean `income`?"),
                "line 8: groups: train.csv has no column `patient`; it has `age`, `income` and `label`.",
            ],
        ),
        (
            {"data": "train.csv", "target": "label", "cv": "GroupKFold"},
            ["groups: is missing. `GroupKFold` keeps groups together; name their column: `groups: patient`."],
        ),
        ({"target": "label"}, ["line 6: target: names columns of a CSV file; the data are 'data:load'."]),
    ],
)  # fmt: skip
def test_files_and_columns_are_looked_for(read, fields, sentences):
    """Files that are not there and columns that the first line lacks are told with the nearest."""
    assert read(**fields) == sentences


def test_code_and_files_join_the_other_mistakes(read):
    """What lies beside is told in the same list as what the text says, each by itself."""
    told = read(model="model:biuld", data="trian.csv", search="gird", space="{units: []}", cv="{KFold: {n: 3}}")
    assert [one.split(": ")[1] for one in told[:-1]] == ["model", "data", "search", "space.units", "cv.KFold.n"]
    assert told[-1].startswith("target: is missing.")
