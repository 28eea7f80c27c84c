"""What one step leaves of a real model's variables, by the places that they have in a program's state."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from job.data.rows import Array
from job.train.patches import private
from job.train.refusals import Alone
from job.train.together.model.blueprint import Blueprint


def variables(model: Any) -> list[Any]:
    """A model's own, in the order of a program's state."""
    return [*model.trainable_variables, *model.non_trainable_variables]


def whole(blueprint: Blueprint, model: Any) -> dict[int, Array]:
    """All variables after a step, by their places in a program's state.

    Raises:
        Alone: this model has other variables than its blueprint.
    """
    own = blueprint.variables
    optimizer = _optimizers(blueprint, model)
    if len(own.model) != len(variables(model)) or len(own.metrics) != len(model.metrics_variables):
        raise Alone("a second build has other variables")
    values = [one.numpy() for one in variables(model)] + optimizer + [one.numpy() for one in model.metrics_variables]
    return dict(enumerate(values))


def _optimizers(blueprint: Blueprint, model: Any) -> list[Array]:
    """The optimizer's variables in the order of a program's, whose small weights are one."""
    its, own = model.optimizer.variables, blueprint.variables.optimizer
    if blueprint.merged is None:
        if len(its) != len(own):
            raise Alone("a second build has another optimizer")
        return [one.numpy() for one in its]
    found = {id(variable): value for variable, value in _slots(blueprint, model)}
    slots = {id(one) for pair in _lists(blueprint.model.optimizer, model.optimizer) for one in pair[1]}
    plain = iter([one.numpy() for one in its if id(one) not in slots])
    return [found[id(one)] if id(one) in found else next(plain) for one in own]


def _slots(blueprint: Blueprint, model: Any) -> list[tuple[Any, Array]]:
    """What the optimizer keeps of each weight: the program's variable, and the real model's values for it."""
    merged, found = blueprint.merged, []
    if merged is None:
        raise Alone("no weights were merged")
    for mine, its in _lists(blueprint.model.optimizer, model.optimizer):
        found += [(one, its[place].numpy()) for one, place in zip(mine, merged.rest, strict=False)]
        found.append((mine[-1], np.concatenate([its[place].numpy().reshape(-1) for place in merged.places])))
    return found


def _lists(mine: Any, its: Any) -> list[tuple[list[Any], list[Any]]]:
    """Lists of variables that two optimizers of one kind keep of the weights they step."""
    own = {id(one) for one in mine.variables}
    names = [name for name, value in vars(mine).items() if isinstance(value, list) and value and id(value[0]) in own]
    return [(list(getattr(mine, name)), list(getattr(its, name))) for name in names if name != private.OPTIMIZERS_OWN]


def partly(blueprint: Blueprint, model: Any, gradients: Sequence[Array]) -> dict[int, Array]:
    """What a step makes of what is no weight, and of the optimizer's first moments, see ``whole``."""
    own = blueprint.variables
    count = len(own.trainable)
    if len(own.other) != len(model.non_trainable_variables) or count != len(gradients):
        raise Alone("a second build has other variables")
    after = {count + place: one.numpy() for place, one in enumerate(model.non_trainable_variables)}
    optimizer, merged = blueprint.model.optimizer, blueprint.merged
    places = {id(one): place for place, one in enumerate(own.all)}
    steps = list(gradients)
    if merged is not None:
        small = np.concatenate([gradients[place].reshape(-1) for place in merged.places])
        steps = [*(gradients[place] for place in merged.rest), small]
    share = 1 - float(model.optimizer.beta_1)
    for moment, step in zip(private.moments(optimizer)[: len(steps)], steps, strict=True):
        after[places[id(moment)]] = share * step
    return after
