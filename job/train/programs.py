"""Models that Keras has traced, kept for later fits that build the same: a trace takes a second and leaks 5 MB.

``build`` is called for every fit all the same; that is cheap, leaks nothing, and gives the fit's own initial values.
They are copied into the kept model, which then trains exactly as the new one would have.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from job.train.patches import private
from job.train.sameness import NotComparable, Same

_MOST = 32  # models kept
_BYTES = 512 * 1024 * 1024  # of variables kept


@dataclass
class _Kept:
    model: Any
    variables: list[Any]
    bytes: int


@dataclass
class Programs:
    """The kept models of a study, least recently used first.

    Attributes:
        built: how many models had to be traced.
    """

    built: int = 0
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)

    def settle(self, model: Any, params: str) -> tuple[Any, str | None]:
        """Finds the model to train in place of a new one, which has its weights, its optimizer's state and no trace.

        A trace of the user's own code may hold what no comparison of models shows, such as a module's attribute that
        ``build`` set; so a model with such code is kept for the same params alone.

        Args:
            model: as built.
            params: what it was built with, canonical.

        Returns:
            The kept model with all variables of the new one, or the new one itself, and its key: None when it can't
            be compared with others.
        """
        try:
            same = Same(model)
        except NotComparable:
            return self.own(model), None
        key = f"{same.digest} {params}" if same.is_own else same.digest
        kept = self._kept.get(key)
        if kept is None:
            size = sum(_bytes(variable) for variable in same.variables)
            self._kept[key] = _Kept(model, same.variables, size)
            self._trim()
            return self.own(model), key
        self._kept.move_to_end(key)
        for variable, fresh in zip(kept.variables, same.variables, strict=True):
            variable.assign(fresh)
        return kept.model, key

    def own(self, model: Any) -> Any:
        """Counts a model that is traced for one fit at least."""
        self.built += 1
        return model

    def forget(self, key: str | None) -> None:
        """Lets go of a model whose state can't be trusted any more: a fit raised, or was stopped from outside."""
        if key is not None:
            self._kept.pop(key, None)

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
