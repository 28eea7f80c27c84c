"""Whether two built models are the same program: compared by what was built, object by object, not by how.

A model's objects are walked from the model itself, in one order, and all that a trace could bake in is written down:
classes, settings, topology, shapes, the code and closures of functions, vocabularies, constants. Values of variables
are not: they are copied. Two models with the same digest have their variables in the same order and train alike from
the same values.
"""

from typing import Any

from job.train import own_code  # noqa: F401  # teaches the walk functions and classes
from job.train.walking import NotComparable, Walk

__all__ = ["NotComparable", "Same", "Walk"]


class Same:
    """What was found of a model.

    Attributes:
        digest: equal for models that are the same program.
        variables: all its variables, in one order.
        is_own: whether there is code of the user's own in it.
    """

    def __init__(self, model: Any) -> None:
        walk = Walk()
        walk.run(model)
        self.digest = walk.hash.hexdigest()
        self.variables = walk.variables
        self.is_own = walk.is_own
