"""A long group's state, kept every five minutes, so that a lost worker costs no more than that."""

import io
import json
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from job.train.fits import Checkpoint

if TYPE_CHECKING:
    from job.train.together.run.group_run import Running

EVERY = 300.0
"""Seconds between two states."""

_CALLBACK = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")
_ENDS = ("final", "best")


class Keeper:
    """Keeps one group's state, and restores it."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self._checkpoint = checkpoint
        self._last = monotonic()

    def keep(self, running: "Running", epoch: int) -> None:
        """Stores the state after an epoch, when the last one stored is old; ``epoch`` is the next."""
        if self._checkpoint is None or monotonic() - self._last < EVERY:
            return
        self._checkpoint.save(packed(running, epoch))
        self._last = monotonic()

    def restore(self, running: "Running") -> None:
        """Puts a stored state in place, if there is one."""
        data = None if self._checkpoint is None else self._checkpoint.load()
        if data is not None:
            unpack(running, data)


def packed(running: "Running", epoch: int) -> bytes:
    """The state of a group between two epochs: an NPZ archive of arrays, and JSON."""
    stacks = {"state": running.state, **{name: getattr(running.ends, name) for name in _ENDS}}
    arrays = {f"{name}/{place}": np.asarray(one) for name, part in stacks.items() for place, one in enumerate(part)}
    told = {
        "fits": [request.identity for request in running.requests],
        "epoch": epoch,
        "seats": [{"history": seat.history, "callback": _callback(seat.callback)} for seat in running.seats],
    }
    file = io.BytesIO()
    np.savez(
        file, allow_pickle=False, told=np.array(json.dumps(told)), slots=running.slots, idle=running.idle, **arrays
    )
    return file.getvalue()


def unpack(running: "Running", data: bytes) -> None:
    """Puts a stored state in place; one of other fits is left alone."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        told = json.loads(str(archive["told"]))
        if told.get("fits") != [request.identity for request in running.requests]:
            return
        running.state = _stacks(archive, "state")
        for name in _ENDS:
            setattr(running.ends, name, _stacks(archive, name))
        running.slots, running.idle, running.begin = archive["slots"], archive["idle"], told["epoch"]
    for seat, kept in zip(running.seats, told["seats"], strict=True):
        seat.history = kept["history"]
        if seat.callback is not None:
            vars(seat.callback).update(kept["callback"])


def _stacks(archive: Any, name: str) -> list[Any]:
    places = sorted(int(key.partition("/")[2]) for key in archive.files if key.startswith(f"{name}/"))
    return [tf.constant(archive[f"{name}/{place}"]) for place in places]


def _callback(callback: Any) -> dict[str, Any] | None:
    if callback is None:
        return None
    return {name: getattr(callback, name) for name in _CALLBACK}
