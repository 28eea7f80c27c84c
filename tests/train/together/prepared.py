"""Fits about to be trained as one program, and the plain Keras model of each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from train.together import against

from job.train.groups import Checkpoint, Group
from job.train.order import keras_seed
from job.train.together import engine
from job.train.together.run.group_run import GroupRun
from job.train.together.step import stack
from job.train.together.study_cache import StudyCache


class Prepared:
    """Fits of one program on the first fold, as an engine prepares them.

    Args:
        build: of their models.
        params: of each.
        free: whether dimensions are left unknown.
        weighted: whether rows have weights.
        settings: the study's, of ``fit``.
    """

    def __init__(
        self,
        build: Callable[..., Any],
        params: Sequence[Mapping[str, Any]],
        *,
        free: bool = True,
        weighted: bool = False,
        **settings: Any,
    ) -> None:
        self.case = against.case(build, **settings)
        self.cache = StudyCache(build, self.case.material)
        fold = against.FOLDS[0]
        self.requests = [self.case.request(one, fold, place) for place, one in enumerate(params)]
        self.blueprints = [self.cache.blueprint(one) for one in self.requests]
        self.program = self.cache.program(self.blueprints[0], weighted=weighted, free=free)
        pairs = zip(self.requests, self.blueprints, strict=True)
        self.initial = [blueprint.initial(request, self.cache.learned) for request, blueprint in pairs]

    @property
    def state(self) -> list[Any]:
        """The stack, as it begins."""
        return stack.stacked(self.initial)

    @property
    def numbers(self) -> list[Any]:
        """The settings that differ."""
        leaves = [one.signature.leaves for one in self.blueprints]
        places = self.cache.places(self.blueprints[0])
        return [tf.constant([one[place].value for one in leaves], tf.float64) for place in places]

    @property
    def classes(self) -> Any:
        """Class weights."""
        return self.cache.classes(self.requests)

    def plain(self, fit: int) -> Any:
        """The model of one fit, built as a user would with its seed."""
        request = self.requests[fit]
        keras.utils.set_random_seed(keras_seed(request.seed))
        model = self.case.build(**request.build)
        model.run_eagerly = True
        return model

    def running(self, checkpoint: Checkpoint | None = None) -> GroupRun:
        """A run of the program with these fits."""
        group = Group(tuple(self.requests), tuple(self.blueprints))
        return engine._running(group, self.cache, self.program, checkpoint)


def fitted(model: Any, rows: Any, **more: Any) -> dict[str, float]:
    """An epoch of Keras on some rows in their order, in batches of 16; what its metrics tell."""
    history = model.fit(against.X[rows], against.Y[rows], batch_size=16, shuffle=False, verbose=0, **more).history
    return {name: one[0] for name, one in history.items()}


def values(model: Any) -> list[Any]:
    """Of a real model, in the order of a program's state."""
    return [np.asarray(one) for one in (*model.trainable_variables, *model.non_trainable_variables)]
