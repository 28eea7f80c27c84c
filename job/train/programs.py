"""Models that Keras has traced, kept for later fits that build the same: a trace takes a second and leaks 5 MB.

``build`` is called for every fit all the same; that is cheap, leaks nothing, and gives the fit's own initial values.
They are copied into the kept model, which then trains exactly as the new one would have.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from job.train.patches import private
from job.train.sameness import NotComparable, Same

_MOST = 32  # models kept
_BYTES = 512 * 1024 * 1024  # of variables kept

# Many models are traced on purpose; TensorFlow takes them for one that is traced again and again by mistake.
logging.getLogger("tensorflow").addFilter(lambda record: "triggered tf.function retracing" not in record.getMessage())


@dataclass
class _Kept:
    model: Any
    variables: list[Any]
    bytes: int


@dataclass
class Programs:
    """The kept models of a process, least recently used first."""

    built: int = 0
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)

    def settle(self, model: Any) -> tuple[Any, str | None]:
        """Finds the model to train in place of a new one, which has its weights, its optimizer's state and no trace.

        Returns:
            The kept model with all variables of the new one, or the new one itself, and its digest: None when it can't
            be compared with others.
        """
        try:
            same = Same(model)
        except NotComparable:
            self.built += 1
            return model, None
        kept = self._kept.get(same.digest)
        if kept is None:
            self.built += 1
            size = sum(_bytes(variable) for variable in same.variables)
            self._kept[same.digest] = _Kept(model, same.variables, size)
            self._trim()
            return model, same.digest
        self._kept.move_to_end(same.digest)
        for variable, fresh in zip(kept.variables, same.variables, strict=True):
            variable.assign(fresh)
        return kept.model, same.digest

    def forget(self, digest: str | None) -> None:
        """Lets go of a model whose state can't be trusted any more: a fit raised, or was stopped from outside."""
        if digest is not None:
            self._kept.pop(digest, None)

    def _trim(self) -> None:
        while len(self._kept) > 1 and (
            len(self._kept) > _MOST or sum(one.bytes for one in self._kept.values()) > _BYTES
        ):
            self._kept.popitem(last=False)


def drew_globally() -> bool:
    """Whether anything drew from Keras's global generator since the seed was set: a trace is tied to it for good."""
    return private.drew_globally()


def _bytes(variable: Any) -> int:
    size = 1
    for one in variable.shape:
        size *= int(one)
    return size * 4
