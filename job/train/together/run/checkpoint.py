"""A group between two epochs, as a state that another worker goes on from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from job.data.rows import Array
from job.train.state_archive import Keeper


@dataclass(frozen=True, eq=False)
class GroupState:
    """A group between two epochs; see ``GroupRun``.

    Attributes:
        epoch: the next one.
        state: the stack.
        final, best: weights of all its fits.
        slots, idle: which fits are in the stack, and which of them have stopped.
        fits: of each, see ``WatchedFit.kept``.
    """

    epoch: int
    state: list[Any]
    final: list[Any]
    best: list[Any]
    slots: Array
    idle: Array
    fits: Sequence[Mapping[str, Any]]


def keep(keeper: Keeper, group: GroupState) -> None:
    """Stores a state."""
    stacks = {"state": group.state, "final": group.final, "best": group.best}
    # "seats" is what earlier versions wrote
    keeper.keep({"epoch": group.epoch, "seats": group.fits}, {**stacks, "places": [group.slots, group.idle]})


def restored(keeper: Keeper) -> GroupState | None:
    """The state that was stored last, if there is one."""
    found = keeper.kept()
    if found is None:
        return None
    told, arrays = found
    state, final, best = ([tf.constant(one) for one in arrays[name]] for name in ("state", "final", "best"))
    slots, idle = arrays["places"]
    return GroupState(told["epoch"], state, final, best, slots, idle, told["seats"])
