"""Models of fits that were trained: made when something is asked of them, and shared by fits of one recipe."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from job.sklearn.asks import Answer
from job.sklearn.recipes import Recipe
from job.sklearn.turns import unnoticed
from job.train import building, feeding
from job.train.patches import private

_MODELS = 16  # kept


@dataclass(eq=False)
class Models:
    """Some, of the recipes that were last asked for."""

    _kept: dict[tuple[int, str], tuple[Recipe, Any]] = field(default_factory=dict)

    def with_values(self, answer: Answer) -> Any:
        """A model with what training gave, shared by all fits of its recipe: for use at once."""
        key = (id(answer.recipe.maker), answer.recipe.key)
        recipe, model = self._kept.pop(key, (answer.recipe, None))
        while len(self._kept) >= _MODELS:
            self._kept.pop(next(iter(self._kept)))
        model = made(answer) if model is None else put(model, answer)
        self._kept[key] = (recipe, model)
        return model


def made(answer: Answer) -> Any:
    """A new model with what training gave."""
    with unnoticed():
        model = building.fresh(answer.recipe.make, {}, answer.seed)
        if not model.built or not model.variables:
            model(feeding.tensors(answer.sample, np.arange(1)))
    return put(model, answer)


def put(model: Any, answer: Answer) -> Any:
    """Puts a fit's values into a model of its recipe."""
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    for variable, value in zip(variables, answer.variables, strict=True):
        variable.assign(value)
    for layer in private.layers(model):
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None:
            layer.finalize_state()
    return model
