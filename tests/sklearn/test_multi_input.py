"""X of several inputs: what the tools of scikit-learn do with it, against plain arrays and Keras's own predictions."""

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from job import GridSearchCV, KerasClassifier, MultiInput


def _network(units=2):
    inputs = {name: keras.Input((3,), name=name) for name in ("left", "right")}
    joined = keras.layers.Concatenate()(list(inputs.values()))
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(keras.layers.Dense(units)(joined)))
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    return model


def _by_place(units=2):
    model = _network(units)
    inputs = [model.inputs[0], model.inputs[1]]
    found = keras.Model(inputs, model(dict(zip(("left", "right"), inputs, strict=True))))
    found.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    return found


FORMS = {
    "dict": (_network, lambda X: {"left": X[:, :3], "right": X[:, 3:]}),
    "tuple": (_by_place, lambda X: (X[:, :3], X[:, 3:])),
    "frames": (_network, lambda X: {"left": pd.DataFrame(X[:, :3]), "right": pd.DataFrame(X[:, 3:], dtype="float32")}),
}


@pytest.mark.parametrize("form", FORMS)
def test_several_inputs_are_searched(form, rows):
    """Folds take rows of each; scores are those of scikit-learn's own search; the best predicts as its Keras model."""
    build, parted = FORMS[form]
    X, y = parted(rows[0]), rows[1]
    how = {"param_grid": {"units": [2, 3]}, "cv": 2, "scoring": "neg_log_loss"}
    estimator = KerasClassifier(build, epochs=2, random_state=0)
    search = GridSearchCV(estimator, **how).fit(X, y)
    theirs = model_selection.GridSearchCV(estimator, **how).fit(MultiInput(X), y)
    assert search.cv_results_["mean_test_score"] == pytest.approx(theirs.cv_results_["mean_test_score"], abs=1e-4)
    given = {name: np.asarray(one) for name, one in X.items()} if isinstance(X, dict) else list(X)
    plain = search.best_estimator_.model_.predict(given, verbose=0)[:, 0]
    assert search.predict_proba(X)[:, 1] == pytest.approx(plain, abs=1e-5)
    assert search.score(X, y) == pytest.approx(theirs.score(MultiInput(X), y), abs=1e-3)


def test_scikit_learns_tools_take_rows_of_a_multi_input(rows):
    """cross_val_score and train_test_split; a dict alone is refused by them, and the wrapped one is what helps."""
    build, parted = FORMS["dict"]
    X, y = parted(rows[0]), rows[1]
    estimator = KerasClassifier(build, random_state=0)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model_selection.cross_val_score(estimator, X, y)
    alone = model_selection.cross_val_score(estimator, MultiInput(X), y, cv=2, scoring="neg_log_loss")
    with joblib.parallel_config("tunejob"):
        met = model_selection.cross_val_score(estimator, MultiInput(X), y, cv=2, scoring="neg_log_loss")
    assert met == pytest.approx(alone, abs=1e-4)
    train, test, of_train, _ = model_selection.train_test_split(MultiInput(X), y, random_state=0)
    plain, _, of_plain, _ = model_selection.train_test_split(rows[0], y, random_state=0)
    assert (len(train), len(test)) == (90, 30)
    assert np.array_equal(np.hstack([train.arrays["left"], train.arrays["right"]]), plain)
    assert np.array_equal(of_train, of_plain)


def test_rows_are_taken_as_of_arrays(rows):
    """By numbers, masks, slices and one number; a Series too."""
    X = MultiInput((rows[0], pd.Series(rows[1], index=range(7, 127))))
    mask = np.arange(120) % 3 == 0
    for key in ([5, 2, 2], mask, slice(3, 90, 4)):
        assert np.array_equal(X[key].arrays[0], rows[0][key])
        assert X[key].arrays[1].tolist() == rows[1][key].tolist()
    assert np.array_equal(X[-1].arrays[0], rows[0][-1:])
    assert repr(X) == "MultiInput(0: (120, 6), 1: (120,))"


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda X, _: MultiInput({"a": X, "b": X[:50]}), r"X\['a'\] has 120, X\['b'\] has 50"),
        (lambda X, _: MultiInput(X), "MultiInput of a ndarray; needed is a dict or tuple"),
        (lambda *_: MultiInput({}), "needed is a dict or tuple of arrays"),
        (lambda *_: MultiInput({"a": 3}), r"X\['a'\] is a int"),
        (lambda *_: MultiInput({"a": pd.DataFrame({"b": ["x"] * 120})}), "DataFrame with words"),
        (lambda X, y: KerasClassifier(_by_place).fit([X[:, :3], X[:, 3:]], y), r"tuple\(X\)"),
        (lambda X, y: GridSearchCV(_by_place, {"units": [2]}).fit([X[:, :3], X[:, 3:]], y), r"tuple\(X\)"),
    ],
)
def test_what_is_no_several_inputs_gets_a_sentence(use, words, rows):
    """It says what was got, and what to give."""
    with pytest.raises(ValueError, match=words):
        use(*rows)


def test_preprocessing_is_told_that_these_are_several(rows):
    """A Pipeline's scaler takes one array."""
    X = {"left": rows[0][:, :3], "right": rows[0][:, 3:]}
    pipeline = make_pipeline(StandardScaler(), KerasClassifier(_network))
    with pytest.raises(TypeError, match=r"X is 2 inputs .*only a Keras estimator takes them"):
        GridSearchCV(pipeline, {"kerasclassifier__units": [2]}, cv=2, error_score="raise").fit(X, rows[1])
