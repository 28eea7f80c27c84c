"""A study that runs in seconds."""

from pathlib import Path

MODEL = """\
import keras

def build(units, learning_rate=0.01):
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), output])
    model.compile(keras.optimizers.SGD(learning_rate), loss="binary_crossentropy")
    return model
"""
BROKEN = """\


class Broken(keras.Model):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.compile("sgd", loss="binary_crossentropy")

    def call(self, x):
        return self.inner(x)

    def train_step(self, data):
        raise RuntimeError("cannot train")
"""
DATA = """\
import numpy as np

def load():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)).astype("float32")
    return X, (X.sum(axis=1) > 0).astype(int)
"""
STUDY = """\
name: small
model: model:build
data: data:load
search: grid
space:
  units: [2, 3]
  learning_rate: [0.01, 0.1]
cv: 2
fit: {epochs: 2}
"""


def write(folder: Path) -> Path:
    """Writes the study into a folder: 4 trials over 2 folds."""
    folder.mkdir(exist_ok=True)
    for name, text in (("model.py", MODEL), ("data.py", DATA), ("study.yaml", STUDY)):
        (folder / name).write_text(text)
    return folder


def edit(folder: Path, before: str, after: str, file: str = "study.yaml") -> None:
    """Changes one place of a file, which must be there."""
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after))


def break_training(folder: Path, when: str) -> None:
    """Makes fits raise in training where a condition on ``units`` holds; models are built all the same."""
    edit(folder, "    return model\n", f"    return Broken(model) if {when} else model\n", "model.py")
    (folder / "model.py").write_text((folder / "model.py").read_text() + BROKEN)
