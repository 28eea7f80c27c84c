"""The model's module is imported with generators seeded: what it draws is the same in every worker."""

import random

import numpy as np
from plan.made_plan import study

from job.train import importing

MODEL = """
import random

import keras
import numpy as np
import tensorflow as tf

DRAWN = keras.initializers.GlorotUniform().seed, np.random.normal(), random.random(), float(tf.random.uniform(()))

def build():
    return DRAWN
"""


def drawn(folder, seed):
    """What a module draws while a new process imports it."""
    folder.mkdir()
    (folder / "drawing.py").write_text(MODEL)
    return importing.model(study(model="drawing:build", seed=seed), folder)()


def test_two_processes_draw_the_same(tmp_path):
    """Each has its own modules and generators in other states, and one seed; another seed draws other numbers."""
    random.seed(1)
    one = drawn(tmp_path / "one", 7)
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    two, other = drawn(tmp_path / "two", 7), drawn(tmp_path / "three", 8)
    assert one == two
    assert not set(one) & set(other)


def test_the_generators_go_on_as_before(tmp_path):
    """What is drawn later, such as by a loader that was not seeded, does not follow from the study's seed."""
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = random.random(), np.random.normal()  # noqa: NPY002, S311
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    drawn(tmp_path / "four", 7)
    assert (random.random(), np.random.normal()) == expected  # noqa: NPY002, S311
