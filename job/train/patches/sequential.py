"""Sequential models that grow layer by layer: each layer is called once, not again for each that is added after it.

Keras calls all layers anew whenever ``add`` is called, so a model of twenty layers takes two hundred calls, a tenth of
a second. Called on the output of those before, the new layer alone gives the same model: as if all layers had been
given at once. And what a model is as a graph is only made when someone looks at it, at the latest when it is whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import keras
from keras.src.models.functional import Functional
from keras.src.utils import naming

from job.train.patches.patch import replaced


@contextmanager
def growing() -> Iterator[None]:
    """While this lasts, Sequential models are built so."""
    original = keras.Sequential.build
    seen: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()  # the layers of each model when it was built last

    def build(self: Any, input_shape: Any = None) -> None:
        before = seen.get(self, [])
        if len(before) < 2 or list(self._layers[:-1]) != before or not _grown(self, before[-1]):
            original(self, input_shape)
        if self._functional is not None:
            seen[self] = list(self._layers)

    try:
        with replaced([(keras.Sequential, "build", build)]):
            yield
    finally:
        for model in list(seen):
            if isinstance(model._functional, _Later):
                model._functional.made()


def _grown(model: Any, last: Any) -> bool:
    """Calls the newest layer on what the one before it gave; False where that can't be: Keras then says why."""
    try:
        outputs = model._layers[-1](last.output)
    except Exception:  # noqa: BLE001  # it comes again when Keras does the same
        return False
    object.__setattr__(model, "_functional", _Later(model, outputs))  # past Keras, which would look at it
    return True


class _Later:
    """In the place of a model's graph; whoever looks at it gets the graph, which is then in its place."""

    def __init__(self, model: Any, outputs: Any) -> None:
        self._model, self._outputs = model, outputs
        self._name = naming.auto_name(Functional.__name__)  # graphs are counted as Keras counts them

    def made(self) -> Any:
        """The graph."""
        model = self._model
        model._functional = Functional(model._layers[0].output, self._outputs, name=self._name)
        return model._functional

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made(), name)
