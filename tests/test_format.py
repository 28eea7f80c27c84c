"""A run read by its public format alone: docs/format.md is followed, its own lines are run, nothing of ours is used."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

PAGE = (Path(__file__).parents[1] / "docs/format.md").read_text()
FOLDS, SEED, ORDER = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
STUDY = """\
name: public
model: model:build
data: data:load
search: grid
space: {units: [3], batch_size: [8]}
cv: {ShuffleSplit: {n_splits: 2, test_size: 0.3, train_size: 0.5, random_state: 1}}
scoring: accuracy
refit: false
seed: 5
fit: {epochs: 2, validation_split: 0.2}
"""
DATA = """\
import numpy as np
def load():
    X = np.random.default_rng(0).normal(size=(80, 4)).astype("float32")
    return X, np.where(X[:, 0] > 0, "yes", "no")
"""
MODEL = """\
import keras
from keras import layers
def build(units):
    hidden = [layers.Dense(units, activation="relu"), layers.Dropout(0.2)]
    model = keras.Sequential([keras.Input((4,)), *hidden, layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy")
    return model
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a small run."""
    folder = tmp_path_factory.mktemp("public")
    for name, text in (("study.yaml", STUDY), ("data.py", DATA), ("model.py", MODEL)):
        (folder / name).write_text(text)
    command = [str(Path(sys.executable).parent / "tunejob"), "run", "study.yaml", "--workers", "1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [plan] = folder.glob("runs/public/runs/*/plan.json")
    return plan.parent


def lines_of(run):
    """All result lines."""
    return [json.loads(line) for file in run.glob("results/**/*.jsonl") for line in file.read_text().splitlines()]


def test_every_field_of_a_line_is_described(run):
    """A field that is new needs a sentence, one that is gone a new number."""
    table = PAGE.partition("## Result lines")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    lines = lines_of(run)
    assert len(lines) == 2
    for line in lines:
        assert set(line) == described
        assert line["format"] == 1


def test_plain_keras_following_the_page_trains_every_fit_again(run, monkeypatch):
    """Folds, seed and order by the page's own lines: losses of every epoch and the score are those in the line."""
    monkeypatch.chdir(run)
    names = {"np": np, "json": json, "hashlib": hashlib, "study_seed": 5}
    exec(FOLDS, names)  # noqa: S102  # the page's own lines
    code = {}
    exec(MODEL + DATA, code)  # noqa: S102  # the study's
    X, words = code["load"]()
    y = (words == "yes").astype("float32")[:, None]  # 1 for the second of two sorted labels
    for line in lines_of(run):
        train, test = names["folds"][line["fold"]]
        names |= {"params": line["params"], "train": train}
        exec(SEED, names)  # noqa: S102
        cut = int(np.floor(len(train) * 0.8))
        seen, held = train[:cut], train[cut:]
        keras.utils.set_random_seed(names["seed"] & 0xFFFFFFFF)
        model = code["build"](line["params"]["units"])
        found = {"loss": [], "val_loss": []}
        for epoch in range(2):
            names |= {"train": seen, "epoch": epoch}
            exec(ORDER, names)  # noqa: S102
            rows = seen[names["order"]]
            history = model.fit(
                X[rows], y[rows], batch_size=8, shuffle=False, validation_data=(X[held], y[held]), verbose=0,
                initial_epoch=epoch, epochs=epoch + 1,
            )  # fmt: skip
            for name, values in history.history.items():
                found[name] += values
        for name, values in found.items():
            assert [place for place, _ in line["history"][name]] == [0, 1]
            np.testing.assert_allclose([value for _, value in line["history"][name]], values, rtol=1e-4)
        assert (line["train_rows"], line["test_rows"], line["epochs"]) == (len(train), len(test), 2)
        labels = np.where(model.predict(X[test], verbose=0)[:, 0] > 0.5, "yes", "no")
        assert line["scores"]["accuracy"] == pytest.approx(np.mean(labels == words[test]))
