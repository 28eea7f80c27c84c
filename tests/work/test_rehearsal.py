"""Mistakes found before anything is trained, by one batch of training, one saving and one call of each scorer."""

import re
from pathlib import Path

import pytest

from job.cli import declaring
from job.study import reading
from job.study.mistakes import StudyMistakes
from job.work.facts import prepare

MODEL = """
import keras
from keras import layers, ops

def compiled(model, **more):
    model.compile("sgd", "binary_crossentropy", **more)
    return model

def build(units=4):
    layers_ = [keras.Input((3,)), layers.Dense(units), layers.Dense(1, "sigmoid")]
    return compiled(keras.Sequential(layers_), metrics=["accuracy", keras.metrics.AUC(name="auc")])

def inline(units=4):
    first = keras.Input((3,))
    towers = [layers.Dense(units)(first), layers.Dense(units)(first)]
    gap = layers.Lambda(lambda pair: ops.abs(pair[0] - pair[1]))(towers)
    return compiled(keras.Model(first, layers.Dense(1, "sigmoid")(gap)))

class Forgetful(layers.Layer):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, x):
        return x * self.factor[0]

def own(units=4):
    return compiled(keras.Sequential([keras.Input((3,)), Forgetful([2.0]), layers.Dense(1, "sigmoid")]))

def stateful(units=4):
    steps = [keras.Input(batch_shape=(10, 3)), layers.Reshape((3, 1)), layers.GRU(units, stateful=True)]
    return compiled(keras.Sequential([*steps, layers.Dense(1, "sigmoid")]))

def within(units=4):
    inner = keras.Sequential([layers.Reshape((3, 1)), layers.Bidirectional(layers.LSTM(units, stateful=True))])
    return compiled(keras.Sequential([keras.Input(batch_shape=(10, 3)), inner, layers.Dense(1, "sigmoid")]))

def undefined(units=4):
    model = build(units)
    model.compile("sgd", lambda y, p: no_such_name(y, p))
    return model

def lossless(units=4):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, "sigmoid")])
    model.compile("adam")
    return model

class Adds(layers.Layer):
    def call(self, x):
        self.add_loss(ops.mean(x))
        return x

def adds(units=4):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units), layers.Dense(1, "sigmoid"), Adds()])
    model.compile("adam")
    return model

class Steps(keras.Sequential):
    def train_step(self, data):
        return {"loss": ops.mean(self(data[0], training=True))}

def steps(units=4):
    model = Steps([keras.Input((3,)), layers.Dense(1, "sigmoid")])
    model.compile("adam")
    return model

def picky(units=4):
    if units == 2:
        raise ValueError("two are too few")
    return build(units)

class F1(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["val_f1"] = 0.5

class Opens(keras.callbacks.Callback):
    def __init__(self):
        raise OSError("no such device")

def none():
    return None
"""

DATA = """
import numpy as np

def load():
    return np.linspace(0, 1, 90, dtype="float32").reshape(30, 3), np.arange(30) % 2

def amounts():
    return load()[0], np.linspace(0, 1, 30)
"""

SCORES = """
from sklearn.metrics import f1_score, make_scorer, precision_score, roc_auc_score

def many(estimator, X, y):
    found = estimator.predict(X)
    return {"f1": f1_score(y, found, zero_division=0), "precision": precision_score(y, found, zero_division=0)}

def broken(estimator, X, y):
    return estimator.model.evaluate(X, y)

def metric(y_true, y_pred, weight=None):
    return 0.0

def text(estimator, X, y):
    return "good"

def nan(estimator, X, y):
    return float("nan")

def unsure(estimator, X, y):
    if set(estimator.predict_proba(X)[:, 1]) != {0.1, 0.9}:
        raise ValueError("these are no predictions")
    return 1.0

def classwise(estimator, X, y):
    return {f"f1_{name}": f1_score(y, estimator.predict(X), pos_label=name) for name in sorted(set(y))}

def spread(y, outputs):
    assert len(y) == len(outputs)
    return {"mean": float(outputs.mean()), "spread": float(outputs.std())}

def typo(y, outputs):
    return outputs["mean"]

def wide(y, outputs):
    return outputs

def undefined(y, outputs):
    return float("nan")

def divided(y, outputs):
    return 1 // 0

old = make_scorer(roc_auc_score, needs_proba=True)
"""

STUDY = "name: small\nmodel: model:build\ndata: data:load\nsearch: grid\nspace: {units: [2, 4]}\ncv: 3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study's folder with its code."""
    for name, text in (("model", MODEL), ("data", DATA), ("sc", SCORES)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def facts(folder: Path, more: str = "", **changes: str):
    """What is prepared of a study with other fields."""
    lines = [line for line in STUDY.splitlines() if line.split(":")[0] not in changes]
    text = "\n".join([*lines, *(f"{name}: {value}" for name, value in changes.items()), more, ""])
    return prepare(reading.parse(text, "study.yaml"), folder)[0]


def mistakes(folder: Path, more: str = "", **changes: str) -> dict[str, str]:
    """The mistakes of a study by their place."""
    with pytest.raises(StudyMistakes) as raised:
        facts(folder, more, **changes)
    return {one.path: one.message for one in raised.value.mistakes}


def test_a_sound_study_is_told_nothing(folder) -> None:
    """No note, and the scorers are those that were named."""
    found = facts(folder, scoring="[accuracy, roc_auc]", refit="roc_auc")
    assert (found.notes, found.scoring) == ((), ("accuracy", "roc_auc"))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("inline", "can't be loaded again: NotImplementedError: We could not automatically infer the shape.*`ops.abs"),
        ("own", r"can't be (saved|loaded again).*own \(Forgetful\) needs get_config"),
    ],
)
def test_a_model_that_a_file_cant_hold_is_refused_before_it_is_trained(folder, build, said) -> None:
    """With what to write instead; a study that keeps no model is told, and goes on."""
    found = mistakes(folder, model=f"model:{build}")
    assert list(found) == ["model"]
    assert re.search(said, found["model"], re.DOTALL)
    (note,) = facts(folder, model=f"model:{build}", refit="false").notes
    assert "`refit: false`" in note


def test_a_loss_that_was_forgotten_is_a_mistake(folder) -> None:
    """With the line to write; a model that adds its loss itself, or has a step of its own, needs none."""
    told = mistakes(folder, model="model:lossless")["model"]
    assert "compiled without a loss" in told
    assert '`model.compile(optimizer, loss="mean_squared_error")`' in told
    for build in ("adds", "steps"):
        notes = facts(folder, model=f"model:{build}", refit="false").notes
        assert not [one for one in notes if "training one batch" in one]


def test_a_trial_whose_build_raises_is_told_though_another_builds(folder) -> None:
    """As a note, with its parameters."""
    (note,) = facts(folder, model="model:picky").notes
    assert note.startswith("`build` raised for 1 of 2 trials that were tried: ValueError: two are too few (model.py, ")
    assert note.endswith(", in picky), with {'units': 2}")


def test_a_model_that_can_not_be_trained_is_not_said_to_fit(folder) -> None:
    """What ``check`` says of it goes with its note."""
    found = facts(folder, model="model:undefined")
    study = reading.parse(STUDY, "study.yaml")
    assert "can not be trained, see the note" in declaring._model(study, found)
    assert "fits the task" in declaring._model(study, facts(folder))


@pytest.mark.parametrize(("build", "layer"), [("stateful", "GRU layer `gru`"), ("within", "LSTM layer")])
def test_layers_that_keep_state_between_batches_are_refused(folder, build, layer) -> None:
    """Wherever they are in the model, with the remedy."""
    told = mistakes(folder, model=f"model:{build}")["model"]
    assert "is stateful" in told
    assert "Leave `stateful=True` out" in told
    assert layer.split()[0] in told or "Bidirectional" in told


@pytest.mark.parametrize(
    ("monitor", "right"), [("val_acc", "val_accuracy"), ("val_AUC", "val_auc"), ("val_los", "val_loss")]
)
def test_early_stopping_by_what_is_not_measured_names_what_is(folder, monitor, right) -> None:
    """Told before training, with the nearest name."""
    fit = f"{{validation_split: 0.2, early_stopping: {{monitor: {monitor}}}}}"
    told = mistakes(folder, fit=fit)["fit.early_stopping.monitor"]
    assert f"`{monitor}` is not measured; a fit of this model measures" in told
    assert told.endswith(f"Did you mean `{right}`?")


@pytest.mark.parametrize(
    ("callback", "place", "said"),
    [
        ("{'keras.callbacks:ReduceLROnPlateau': {monitor: val_acc}}", "fit.callbacks[0]", "mean `val_accuracy`"),
        ("{'keras.callbacks:ReduceLROnPlateau': {patince: 3}}", "fit.callbacks[0].patince", "mean `patience`"),
        ("'model:Opens'", "fit.callbacks[0]", "failed (model.py line 78): OSError: no such device"),
        ("'model:none'", "fit.callbacks[0]", "makes a NoneType; allowed is a keras.callbacks.Callback"),
    ],
)
def test_callbacks_are_made_and_asked_what_they_watch(folder, callback, place, said) -> None:
    """Arguments that Keras passes over, a monitor that it would only warn of, one that can't be made."""
    found = mistakes(folder, fit=f"{{validation_split: 0.2, callbacks: [{callback}]}}")
    assert said in found[place]


def test_what_a_callback_of_the_users_measures_may_be_watched_by_the_next(folder) -> None:
    """Only running it tells its names."""
    callbacks = "['model:F1', {'keras.callbacks:ReduceLROnPlateau': {monitor: val_f1}}]"
    assert facts(folder, fit=f"{{callbacks: {callbacks}}}").notes == ()


def test_a_batch_that_fails_is_told_with_its_line(folder) -> None:
    """Other trials may do better, so it is a note."""
    note = facts(folder, model="model:undefined").notes[-1]  # after what was guessed of its loss
    assert "training one batch fails, with {'units': 2}: NameError: name 'no_such_name' is not defined" in note
    assert "(model.py, line" in note


def test_a_scorer_that_returns_a_dict_gives_a_score_for_each_name(folder) -> None:
    """As scikit-learn takes it; one of them ranks, and which has to be said."""
    assert facts(folder, scoring="'sc:many'", refit="precision").scoring == ("f1", "precision")
    assert facts(folder, scoring="[accuracy, 'sc:many']", refit="f1").scoring == ("accuracy", "f1", "precision")
    assert facts(folder, scoring="'sc:many'", refit="false").scoring == ("f1", "precision")
    assert "`refit: f1`, or another" in mistakes(folder, scoring="'sc:many'")["refit"]
    assert "Did you mean `precision`?" in mistakes(folder, scoring="'sc:many'", refit="precisoin")["refit"]
    assert "two scorers give a score `f1`" in mistakes(folder, scoring="[f1, 'sc:many']", refit="f1")["scoring"]


def test_a_dict_whose_names_differ_from_fold_to_fold_is_refused(folder) -> None:
    """It would be NaN where one is missing: rows of one class alone tell that it is."""
    y = "np.where(np.arange(30) < 10, 0, np.arange(30) % 2)"
    (folder / "data.py").write_text(f"{DATA}\ndef parted():\n    return load()[0], {y}\n")
    changes = {"data": "data:parted", "cv": "{KFold: {n_splits: 3}}", "refit": "false"}
    told = mistakes(folder, scoring="'sc:classwise'", **changes)["scoring[0]"]
    assert "its scores are `f1_0` on fold 0, and `f1_0` and `f1_1` on fold 1" in told
    assert facts(folder, scoring="'sc:classwise'", refit="f1_0").scoring == ("f1_0", "f1_1")


def test_a_scorer_of_outputs_is_called_with_those_of_an_untrained_model(folder) -> None:
    """Its scores' names are known before training, and what it raises; NaN is a note, as training may mend it."""
    assert facts(folder, scoring="{outputs: 'sc:spread'}", refit="mean").scoring == ("mean", "spread")
    told = mistakes(folder, scoring="{outputs: 'sc:typo'}")["scoring[0]"]
    assert "`sc:typo` fails on an untrained model's outputs (sc.py line" in told
    assert "called with (y, outputs)" in told
    assert "on an untrained" in mistakes(folder, scoring="{outputs: 'sc:wide'}")["scoring[0]"]
    for scorer, said in [("undefined", "`sc:undefined` is NaN on fold 0"), ("divided", "ZeroDivisionError")]:
        (note,) = facts(folder, scoring=f"{{outputs: 'sc:{scorer}'}}").notes
        assert said in note


@pytest.mark.parametrize(
    ("scorer", "said"),
    [
        ("sc:broken", "fails on the labels of the first fold (sc.py line 9): AttributeError: "),
        ("sc:text", "could not convert string to float"),
        ("sc:metric", "Write `scorer = make_scorer(metric)`"),
        ("sc:old", 'write `response_method="predict_proba"` in make_scorer'),
        ("sc:nan", "`sc:nan` is NaN on each of 3 folds, whatever is predicted"),
        ("sklearn.metrics:accuracy_score", "is a metric, not a scorer. Write `accuracy`"),
        ("keras.metrics:AUC", "is a class; name an object or function that scores"),
    ],
)
def test_a_scorer_that_is_none_gets_a_sentence(folder, scorer, said) -> None:
    """Called once with the folds' labels, before a thousand fits are."""
    assert said in mistakes(folder, scoring=f"'{scorer}'")["scoring[0]"]


def test_a_scorer_that_only_an_untrained_model_upsets_is_a_note(folder) -> None:
    """The labels themselves as predictions do: trained models may too."""
    (note,) = facts(folder, scoring="'sc:unsure'").notes
    assert "on an untrained model's predictions sc:unsure fails: ValueError: these are no predictions" in note


def test_a_score_that_is_nan_where_it_ranks_is_refused(folder) -> None:
    """r2 of one row at a time; beside a scorer that ranks it would be a note, were it not so on every fold."""
    model = 'def amounts(units=4):\n    m = build(units)\n    m.compile("sgd", "mse")\n    return m\n'
    (folder / "model.py").write_text(MODEL + model)
    changes = {"data": "data:amounts", "model": "model:amounts", "cv": "LeaveOneOut"}
    told = mistakes(folder, scoring="r2", **changes)["scoring[0]"]
    assert "`r2` is NaN on each of 30 folds" in told
    assert "`neg_mean_absolute_error`" in told
    assert facts(folder, scoring="neg_mean_absolute_error", **changes).notes == ()
