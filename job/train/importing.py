"""The user's model code, imported: what it draws meanwhile is the same in every process, as what ``build`` draws is."""

import random
from pathlib import Path
from typing import Any

import keras
import numpy as np

from job.study import usercode
from job.study.study import Study


def model(study: Study, folder: Path) -> Any:
    """What ``model`` of a study names, imported with all generators seeded by the study's seed.

    A module's own initializer takes its seed while it is imported, and a module's own projection its numbers: without
    this they would be others in each worker, and for the refitted model. The generators of Python and NumPy go on after
    it as if nothing had been drawn.

    Raises:
        StudyMistakes: there is no such module or name, or importing it fails.
    """
    python, numpy = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    keras.utils.set_random_seed(study.seed & 0xFFFFFFFF)
    try:
        return usercode.load(study.model, folder, ("model",))
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
