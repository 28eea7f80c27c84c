"""What an estimator says is in its own words, and not in those of a study or of Python's attributes."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from job import GridSearchCV, KerasClassifier, KerasRegressor
from job.sklearn import wording
from job.study.scoring import NAME_ONE


def test_properties_say_why_they_are_not_there(build):
    """There is no partial_fit, and no model before a fit."""
    estimator = KerasClassifier(build)
    with pytest.raises(AttributeError, match=r"there is no partial_fit.*model_\.fit"):
        _ = estimator.partial_fit
    with pytest.raises(NotFittedError):
        _ = estimator.model_
    assert not hasattr(estimator, "partial_fit")
    assert not hasattr(estimator, "model_")


@pytest.mark.parametrize("searched", [False, True])
def test_no_estimator_is_told_to_become_itself(searched, for_any_rows, build, rows):
    """Three classes into the loss of two: the loss is to change; amounts into it: the estimator may."""
    X = rows[0]
    three = GridSearchCV(build, {"epochs": [1]}, cv=2, error_score="raise") if searched else KerasClassifier(build)
    with pytest.raises(ValueError, match=r"the task is multiclass.*change the loss in build; targets='as_given'"):
        three.fit(X, [0, 1, 2] * 40)
    with pytest.raises(ValueError, match=r"change the loss in build, or, .* the estimator to KerasClassifier; targets"):
        KerasRegressor(build).fit(X, X[:, 0])


STOPPING = [
    ({"patiense": 5}, r"early_stopping\.patiense: there is no such argument; allowed are `monitor`.*mean `patience`"),
    ({"mode": "x"}, r"early_stopping\.mode: got 'x'; allowed are `auto`, `min` and `max`"),
    (5, r"early_stopping: got 5; allowed are True, or the arguments of Keras's EarlyStopping"),
    (keras.callbacks.EarlyStopping(), r"early_stopping: got a callback of Keras, which goes to callbacks=\[…\]"),
    ({"patience": 5}, r"^early_stopping watches val_loss.*give validation_split=0\.2 or validation_data=\(X, y\)"),
]


@pytest.mark.parametrize(("given", "words"), STOPPING)
def test_early_stopping_says_what_it_takes(given, words, build, rows):
    """Keras's own arguments, with the nearest."""
    with pytest.raises(ValueError, match=words):
        KerasClassifier(build, early_stopping=given).fit(*rows)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([keras.callbacks.EarlyStopping], r"the class EarlyStopping; give an object: EarlyStopping\(…\)"),
        ("early", "callbacks: got 'early'; allowed are objects of Keras"),
        ([3], "callbacks: got 3; allowed are objects of Keras"),
    ],
)
def test_callbacks_are_objects_of_keras(given, words, build, rows):
    """Neither their classes nor their names."""
    with pytest.raises(ValueError, match=words):
        KerasClassifier(build, callbacks=given).fit(*rows)


def test_a_model_is_saved_into_a_folder_that_is_there(build, rows, tmp_path):
    """The sentence names the folder, and nothing of the way it is written."""
    estimator = KerasClassifier(build).fit(*rows)
    with pytest.raises(FileNotFoundError, match=r"none/x\.keras: there is no folder .*none; make it first"):
        estimator.save_model(tmp_path / "none" / "x.keras")


@pytest.mark.parametrize(
    "form", [lambda X: X, pd.DataFrame, lambda X: pd.DataFrame(X).add_prefix("x").assign(word="a"), lambda X: {"a": X}]
)
def test_what_is_beyond_single_precision_is_refused(form, build, rows):
    """It would silently become infinite; in scikit-learn's words."""
    X = rows[0].astype(float)
    X[3, 2] = 1e300
    with pytest.raises(ValueError, match=r"Input X contains a value too large for dtype\('float32'\)"):
        KerasClassifier(build).fit(form(X), rows[1])


def test_amounts_beyond_single_precision_are_refused(build, rows):
    """Of y, by scikit-learn itself or by us."""
    y = np.where(rows[1], 1e300, 0.0)
    with pytest.raises(ValueError, match=r"y contains .*value too large for dtype"):
        KerasRegressor(build).fit(rows[0], y)


@pytest.mark.parametrize("word", [[], ["word"]])
def test_holes_in_a_table_are_told_by_column(word, for_any_rows, rows):
    """Of numbers alone, and with text; never as the estimator's own."""
    table = pd.DataFrame(rows[0]).add_prefix("x").assign(**dict.fromkeys(word, "a"))
    table.loc[3, "x2"] = np.nan
    with pytest.raises(ValueError, match=r"^(Input )?X (contains NaN, in|has values that are missing.*row 3,) column"):
        KerasClassifier(for_any_rows).fit(table, rows[1])


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (KerasClassifier, {"x": 1.0}, "^class_weight: there is no class 'x'; the classes are 0, 1"),
        (
            KerasRegressor,
            "balanced",
            r"^class_weight: the task is regression \(y is of amounts\).*sample_weight to fit",
        ),
    ],
)
def test_settings_are_named_as_the_estimator_has_them(kind, given, words, build, rows):
    """Not as a study's ``fit`` does."""
    with pytest.raises(ValueError, match=words):
        kind(build, class_weight=given).fit(*rows)


def test_an_estimator_is_not_told_to_write_a_study():
    """Scorers of a study's own, and settings in YAML, are put into Python's words."""
    assert "scoring: {" not in wording.told(f"for quantiles, {NAME_ONE}.")
    assert wording.told("write `targets: indices`", KerasClassifier) == "write targets='indices'"
