"""What people get wrong, after public reports and questions, and what each must be told: no frame of ours, no colours.

Each is a small study that would run, but for one thing. Those that need no TensorFlow never import it.
"""

import gzip

import pytest
from mistakes.built import BUILT
from mistakes.told import CSV, DATA, MODEL, TABLE, is_theirs, told

YAML = [
    ({"cv:3": None}, "cv", "A space is missing after the colon: `cv: 3`"),
    ({"fit": "\n\tepochs: 3"}, None, "begins with a tab, and YAML is indented by spaces alone"),
    ({"space": "{lr: [1e-3 1e-2]}"}, None, "set apart by commas: `[1e-3, 1e-2]`"),
    ({"space": "{units: [16; 32]}"}, None, "set apart by commas: `[16, 32]`"),
    ({"space": '{learning_rate: ["0.001"]}'}, None, "take the quotes off, `0.001`"),
    ({"space": '{epochs: ["20"]}'}, None, "take the quotes off, `20`"),
    ({"space": "{bias: [yes, no]}"}, None, "bias[1]: got the text `no`; for a boolean write `false`, for the text"),
    ({"space": "{bias: [true, Off]}"}, None, "got the text `Off`; for a boolean write `false`"),
    ({"space": "{bias: [y, n]}"}, None, "got the text `y`; for a boolean write `true`"),
    ({"space": "{w: [None, balanced]}"}, None, "space.w[0]: `None` is text here; write `null`, or quote it: `'None'`"),
    ({"cv": "{KFold: {shuffle: no}}"}, None, "cv.KFold.shuffle: got the text `no`; for a boolean write `false`"),
    ({"fit": "{callbacks: [{'keras.callbacks:EarlyStopping': {baseline: None}}]}"}, None, "write `null`, or quote it"),
    ({"seed": "None"}, None, "got the text `None`; allowed is a whole number. To give none, write `null`"),
    ({"fit": '{epochs: "20"}'}, None, "Take the quotes off: `20`"),
    ({"fit": "{epochs:20}"}, None, "A space is missing after the colon: `epochs: 20`"),
    ({"fit": "\n  epochs:20"}, None, "A space is missing after the colon: `epochs: 20`"),
    ({"space": "\n  units:[2, 4]"}, None, "A space is missing after the colon: `units: [2, 4]`"),
    ({"cv": '"5"'}, None, "take the quotes off, `cv: 5`"),
    ({"space": "{units: [2, 4}"}, None, "a bracket `[` is not closed by its `]`"),
    ({"space": "{units: [2, 4]"}, None, "a bracket `{` is not closed by its `}`"),
    ({"space": "\n  units: [2]\n   lr: [3]"}, None, "this line is indented otherwise than those it belongs to"),
    ({"scoring": "accuracy, f1"}, None, "Several are a list: `scoring: [accuracy, f1]`"),
    ({"space": "{units: 32}"}, None, "a single value is a list of one: `[32]`"),
    ({"space": "{units: []}"}, None, "got an empty list; a parameter has at least one value"),
    ({"space": "[]"}, None, "allowed is a mapping of parameters"),
    ({"seach": "grid"}, "search", "Did you mean `search`?"),
    ({"epochs": "20"}, None, "it belongs to `fit`: `fit: {epochs: …}`"),
    ({"batch_size": "32"}, None, "it belongs to `fit`"),
    ({"fit": "{epoch: 3}"}, None, "Did you mean `epochs`?"),
    ({"fit": "{early_stoping: {patience: 3}}"}, None, "Did you mean `early_stopping`?"),
    ({"fit": "{early_stopping: true}"}, None, "allowed is a mapping"),
    ({"fit": "{early_stopping: {patience: -1}}"}, None, "got -1; allowed is 0 or more"),
    ({"fit": "{validation_split: 20}"}, None, "got 20"),
    ({"fit": "{shuffle: never}"}, None, "`true` or `false`"),
    ({"fit": "{class_weight: balance}"}, None, "Did you mean `balanced`?"),
    ({"name": "My Study"}, None, "Did you mean `my-study`?"),
    ({"name": None}, None, "name: is missing"),
    ({"search": "random"}, None, "a random search is written `{random: {trials: 60, seed: 0}}`"),
    ({"search": "{random: 20}"}, None, "a random search is written"),
    ({"search": "bayesian"}, None, "allowed are `grid` and `{random: {trials: 60, seed: 0}}`"),
    ({"search": "Grid"}, None, "Did you mean `grid`?"),
    ({"space": "{units: {loguniform: [1, 10]}}"}, None, "a grid has no end of its values"),
    ({"space": "{units: {loguniforn: [1, 10]}}", "search": "{random: {trials: 3}}"}, None, "mean `loguniform`?"),
    (
        {"space": "{units: {loguniform: [0, 10]}}", "search": "{random: {trials: 3}}"},
        None,
        "got 0, which has no logarithm",
    ),
    ({"space": "{batch_size: {uniform: [8, 32]}}", "search": "{random: {trials: 3}}"}, None, "`randint: [low, high]`"),
    ({"space": "{epochs: [1.5]}"}, None, "`epochs` goes to the fit: got 1.5; allowed is a whole number"),
    ({"space": "{unit: [4]}"}, None, "Did you mean `units`?"),
    ({"space": "{model__units: [4]}"}, None, "route names such as `model__units`; here it is plain `units`"),
    ({"space": "{fit__epochs: [4]}"}, None, "here it is plain `epochs`"),
    ({"cv": "1"}, None, "the number of folds is a whole number of at least 2"),
    ({"cv": "0.2"}, None, "the number of folds is a whole number"),
    ({"cv": "StratifiedKfold"}, None, "Did you mean `StratifiedKFold`?"),
    ({"cv": "{KFold: {n_folds: 5}}"}, None, "`KFold` has no argument `n_folds`"),
    ({"cv": "{KFold: {n_splits: 3, random_state: 1}}"}, None, "scikit-learn refuses these arguments"),
    ({"cv": "LeavePOut"}, None, "`LeavePOut` needs `p`"),
    ({"scoring": "acc"}, None, "Did you mean `accuracy`?"),
    ({"scoring": "mse"}, None, "Did you mean `neg_mean_squared_error`?"),
    ({"scoring": "auc"}, None, "Did you mean `roc_auc`?"),
    ({"scoring": "[accuracy, f1]"}, None, "one ranks the trials: `refit: accuracy`"),
    ({"scoring": "accuracy", "refit": "f1"}, None, "got 'f1'; allowed are `accuracy`"),
    ({"scoring": "[accuracy, r2]", "refit": "r2"}, None, "a study has one task"),
    ({"model": "model.py:build"}, None, "Did you mean `model`?"),
    ({"model": "model"}, None, "allowed is `module:name`"),
    ({"model": "my-model:build"}, None, "rename the file to my_model.py and write `my_model:build`"),
    ({"model": "./01_model.py:build"}, None, "rename the file to model_01.py and write `model_01:build`"),
    ({"model": "./model.py:build"}, None, "Did you mean `model:build`?"),
    ({"model": "/home/me/model.py:build"}, None, "Did you mean `model:build`, of a file beside the study?"),
    ({"data": "./data.py:load"}, None, "Did you mean `data:load`?"),
    ({"scoring": "my-scores:best"}, None, "rename the file to my_scores.py and write `my_scores:best`"),
    ({"cv": "my-folds:split"}, None, "rename the file to my_folds.py and write `my_folds:split`"),
    ({"search": "{random: {trials: 2}}", "space": "{units: {'my-draws:few': 3}}"}, None, "write `my_draws:few`"),
    ({"fit": "{callbacks: ['src/my-stops.py:Stop']}"}, None, "to src/my_stops.py and write `src.my_stops:Stop`"),
    ({"model": "model:biuld"}, None, "Did you mean `build`?"),
    ({"model": "modle:build"}, None, "Did you mean `model`?"),
    ({"data": "data:laod"}, None, "Did you mean `load`?"),
    ({"data": "train.xlsx"}, None, "a .npz, .csv or .parquet file"),
    ({"data": "trian.csv", "target": "label"}, None, "Did you mean `t.csv`?"),
    ({"data": "t.csv"}, None, "target: is missing. A CSV's column to predict is named: `target: label`"),
    ({**TABLE, "target": "lable"}, None, "Did you mean `label`?"),
    ({"target": "label"}, None, "names columns of a CSV file; the data are 'data:load'"),
    ({"separator": '";"'}, None, "says how a CSV file is written; the data are 'data:load'"),
    ({"limits": "{fit: 10 minutes}"}, None, "allowed is a time above zero such as `90s`"),
    ({"limits": "{fits: 1}", "space": "{units: [1, 2]}"}, None, "limits"),
    ({"seed": "-1"}, None, "got -1; allowed is 0 or more"),
    ({"error_score": "ignore"}, None, "allowed are `nan`, a number, or `raise`"),
    ({"task": "classification"}, None, "allowed are `binary`"),
    ({"fit": "{callbacks: [EarlyStopping]}"}, None, "allowed is `module:name`"),
    ({"fit": "{callbacks: [{'keras.callbacks:CSVLogger': {filename: log.csv}}]}"}, None, "`filename: log-{fold}.csv`"),
]
"""Fields, those left out for them, and what must be said."""


def table(text: str | bytes, name: str = "t.csv") -> dict[str, bytes]:
    """A file beside the study."""
    return {name: text if isinstance(text, bytes) else text.encode()}


FILES = [
    (TABLE, table(CSV.replace(",", ";")), 'separated by semicolons: write `separator: ";"`'),
    (TABLE, table(CSV.replace(",", ";").replace(".", ",")), 'write `separator: ";"` and `decimal: ","`'),
    (TABLE, table(CSV.replace(",", "\t")), "write `separator: tab`"),
    (TABLE, table(CSV.encode("utf-16")), "write `encoding: utf-16`"),
    (TABLE, table(CSV.replace("a,", "ä,").encode("cp1252")), "most likely `encoding: cp1252`"),
    (TABLE, table(CSV.partition("\n")[2]), "has no line of names"),
    (TABLE, table(CSV.replace("b,", "a,")), "more than one column called `a`"),
    (TABLE, table(""), "is empty; the first line of a CSV file names its columns"),
    (TABLE, table(CSV + "1.5,,0\n"), "missing or infinite: row 12 (line 14), column 'b'"),
    (TABLE, table(CSV + "1,2,0,9,9\n"), "is not a readable CSV file"),
    ({**TABLE, "data": "t.csv.gz"}, table(gzip.compress(CSV.encode())[:20], "t.csv.gz"), "can"),
    ({"data": "t.npz"}, table(b"no zip", "t.npz"), "it is no .npz as np.savez writes it"),
    ({}, {"model.py": MODEL.replace("units=4", "hp").encode()}, "is written for KerasTuner"),
    ({}, {"model.py": MODEL.replace("units=4", "units, rate").encode()}, "`build` needs `rate`"),
    ({}, {"model.py": MODEL.replace("):\n", ")\n").encode()}, "is no Python"),
    ({}, {"data.py": DATA.replace("load()", "load(path)").encode()}, "`load` is called without arguments"),
]
"""Fields, files beside the study, and what must be said; TensorFlow is needed for none."""


def test_there_are_as_many_as_people_were_seen_to_make() -> None:
    """Eighty-one were, by one new user."""
    assert len(YAML) + len(FILES) + len(BUILT) >= 81


@pytest.mark.parametrize(("fields", "left_out", "said"), YAML, ids=[said for *_, said in YAML])
def test_a_mistake_in_a_study_is_told(tmp_path, fields, left_out, said) -> None:
    """Without importing the user's code."""
    found = told(tmp_path, fields, left_out, {})
    assert said in found
    assert is_theirs(found)


@pytest.mark.parametrize(("fields", "files", "said"), FILES, ids=[said for *_, said in FILES])
def test_a_mistake_in_a_file_is_told(tmp_path, fields, files, said) -> None:
    """With the field or the change that mends it."""
    found = told(tmp_path, fields, None, files)
    assert said in found
    assert is_theirs(found)
