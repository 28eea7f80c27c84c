"""Use the model: the lines run as printed, on what a loader returns, and say what the model says."""

import json
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from made_run import MadeRun

from job.data import csv_files, loading
from job.data.given import Given, returned
from job.report import usage
from job.work.bare_facts import input_form

draw = np.random.default_rng(0)
NUMBERS = draw.normal(size=(12, 3))
WORDS = np.array(["red", "green", "blue"] * 4)
FRAME = pd.DataFrame({"age": np.arange(12), "tall": draw.normal(size=12), "has hat": [True, False] * 6})
FOUR = pd.DataFrame({"age": np.arange(12.0), "tint": pd.Categorical(WORDS), 3: draw.normal(size=12)})


def one_input(shape=(3,), dtype=None, last=None):
    """A model of numbers."""
    return keras.Sequential([keras.Input(shape, dtype=dtype), last or layers.Dense(1, "sigmoid")])


def of_columns(words, numbers):
    """A model of a table's columns."""
    inputs = {name: keras.Input((1,), name=name, dtype="string") for name in words}
    inputs |= {name: keras.Input((1,), name=name) for name in numbers}
    lookup = layers.StringLookup(vocabulary=["red", "green"], output_mode="one_hot")
    parts = [lookup(inputs[name]) for name in words] + [inputs[name] for name in numbers]
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Concatenate()(parts)))


def of_texts():
    """A model of one text in each row."""
    vector = layers.TextVectorization(vocabulary=["red", "green", "blue"], output_sequence_length=2)
    parts = [vector, layers.Embedding(8, 4), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")]
    return keras.Sequential([keras.Input((1,), dtype="string"), *parts])


def two_inputs():
    """A model of two arrays, with two outputs."""
    inputs = [keras.Input((3,)), keras.Input((1,))]
    joined = layers.Concatenate()(inputs)
    return keras.Model(inputs, [layers.Dense(1)(joined), layers.Dense(1)(joined)])


def ids():
    """A model of whole numbers."""
    return keras.Sequential([keras.Input((1,), dtype="int64"), layers.Embedding(12, 3), layers.Flatten(), dense()])


def dense():
    """Three classes."""
    return layers.Dense(3, "softmax")


def squash():
    """A layer that only trust loads."""
    return layers.Lambda(lambda x: x[:, :1])


CASES = {
    "array": (NUMBERS, ["no", "yes"] * 6, one_input, {}),
    "logits": (NUMBERS, [0, 1] * 6, lambda: one_input(last=layers.Dense(1)), {"activation": "sigmoid"}),
    "two columns": (NUMBERS, [0, 1] * 6, lambda: one_input(last=layers.Dense(2, "softmax")), {"columns": 2}),
    "ids": (np.arange(12).reshape(-1, 1), [0, 1, 2] * 4, ids, {}),
    "frame": (FRAME, draw.normal(size=12), lambda: one_input(last=layers.Dense(1)), {}),
    "frame with words": (FOUR, [0, 1, 2] * 4, lambda: of_columns(["tint"], ["age", "3"]), {}),
    "dict": ({"tint": WORDS, "x": NUMBERS[:, 0]}, [0, 1, 2] * 4, lambda: of_columns(["tint"], ["x"]), {}),
    "texts": (np.array(["red red", "green"] * 6), [0, 1] * 6, of_texts, {}),
    "tuple": ((NUMBERS, NUMBERS[:, :1]), draw.normal(size=(12, 2)), two_inputs, {"heads": 2, "columns": 2}),
    "lambda": (NUMBERS, [0, 1] * 6, lambda: one_input(last=squash()), {"lambdas": True}),
}


@pytest.mark.parametrize("form", CASES)
@pytest.mark.parametrize("as_dict", [False, True])
def test_lines_run_as_printed(form, as_dict, tmp_path, monkeypatch):
    """On what ``load`` returns, whichever form: the outputs are the model's, and labels are the study's own."""
    X, y, build, refitted = CASES[form]
    model = build()
    model.save(tmp_path / "model.keras")
    given = {"X": X, "y": y} if as_dict else (X, y)
    run = MadeRun([{"x": 1}], {"accuracy": [[1.0, 1.0]]})
    table, rows = (
        run.table(),
        loading.rows(Given(X, np.asarray(y), where="data:load()"), run.study.model_copy(update={"scoring": ()})),
    )
    assert len(returned(given, "data:load()").y) == 12
    classes = None if rows.classes is None else tuple(rows.classes.tolist())
    facts = table.plan.facts.model_copy(update={"form": input_form(rows), "task": rows.task, "classes": classes})
    table = type(table)(table.study, table.plan.model_copy(update={"facts": facts}), table.trials, table.fits)
    run.store.create(run.keys.model, b"model")
    run.store.create(run.keys.refit, json.dumps(refitted).encode())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "data", SimpleNamespace(load=lambda: given))
    found = usage.of(table, run.store)
    said = {}
    exec(found.lines, said)  # noqa: S102  # that is what a user does with them
    keras.config.enable_unsafe_deserialization()
    inputs = list(rows.X) if isinstance(rows.X, tuple) else rows.X
    own = keras.models.load_model("model.keras", compile=False).predict(inputs, verbose=0)
    expected = np.concatenate(own, axis=1) if isinstance(own, list) else own
    np.testing.assert_allclose(said["outputs"], expected, atol=1e-6)
    if rows.task == "regression":
        assert said["predictions"].shape == rows.y.shape
    else:
        assert set(said["labels"]) <= set(rows.classes)
        assert said["labels"].shape == rows.y.shape
    if form == "logits":
        np.testing.assert_array_equal(said["labels"], (expected.ravel() > 0).astype(int))


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"data": "./wine.csv", "target": "kind", "features": ["a", "b"]}, "X = table[['a', 'b']]"),
        ({"data": "s3://bucket/wine.csv", "target": "kind"}, "table = pd.read_csv('wine.csv')"),
        (
            {"data": "./w.csv", "target": "kind", "separator": ";", "decimal": ",", "encoding": "utf-16"},
            "pd.read_csv('w.csv', sep=';', decimal=',', encoding='utf-16')",
        ),
        ({"data": "./train.npz"}, "X = np.load('train.npz')[\"X\"]"),
        ({"data": ("X.npy", "y.npy")}, "X = np.load('X.npy')"),
    ],
)
def test_files_are_read_as_the_study_names_them(fields, lines):
    """A table's columns, arrays of an archive, a pair of arrays."""
    run = MadeRun([{"x": 1}], {"accuracy": [[1.0, 1.0]]}, study_fields=fields)
    run.store.create(run.keys.model, b"model")
    assert lines in usage.of(run.table(), run.store).lines


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("t.csv", {"target": "kind", "separator": ";", "decimal": ",", "encoding": "utf-16"}),
        ("t.tsv", {"target": "kind"}),
        ("t.csv.gz", {"target": "2", "header": False}),
        ("t.csv", {"target": "kind", "header": ["one", "two", "kind"]}),
        ("t.parquet", {"target": "kind"}),
    ],
)
def test_a_table_is_read_as_for_training(name, fields, tmp_path, monkeypatch):
    """By separator, decimal commas, encoding, without a header, from Parquet: X is what the study's own reader has."""
    frame = pd.DataFrame({" one": [1.5, 2.5, 0.5], "two": [3.25, 0.0, 1.0], "kind ": [0, 1, 0]})
    path = tmp_path / name
    if name.endswith(".parquet"):
        frame.rename(columns=str.strip).to_parquet(path)
    else:
        frame.to_csv(
            path, index=False, sep=fields.get("separator", "\t" if "tsv" in name else ","),
            decimal=fields.get("decimal", "."), encoding=fields.get("encoding"), header="header" not in fields,
        )  # fmt: skip
    run = MadeRun([{"x": 1}], {"accuracy": [[1.0, 1.0]]}, study_fields={"data": f"./{name}", **fields})
    run.store.create(run.keys.model, b"model")
    lines = usage.of(run.table(), run.store).lines
    monkeypatch.chdir(tmp_path)
    said = {}
    exec(lines.partition("trained = ")[0], said)  # noqa: S102  # that is what a user does with them
    np.testing.assert_allclose(np.asarray(said["X"]), csv_files.given(path, run.study).X)
