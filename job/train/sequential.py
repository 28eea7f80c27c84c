"""Sequential models that grow layer by layer: each layer is called once, not again for each that is added after it.

Keras calls all layers anew whenever ``add`` is called, so a model of twenty layers takes two hundred calls, a tenth of
a second. Called on the output of those before, the new layer alone gives the same model: as if all layers had been
given at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import keras
from keras.src.models.functional import Functional


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

    keras.Sequential.build = build
    try:
        yield
    finally:
        keras.Sequential.build = original


def _grown(model: Any, last: Any) -> bool:
    """Calls the newest layer on what the one before it gave; False where that can't be: Keras then says why."""
    try:
        outputs = model._layers[-1](last.output)  # noqa: SLF001
    except Exception:  # noqa: BLE001  # it comes again when Keras does the same
        return False
    model._functional = Functional(inputs=model._layers[0].output, outputs=outputs)  # noqa: SLF001
    return True
