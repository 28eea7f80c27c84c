"""How many fits one group may hold: bounded by memory, by caches, by row numbers, and by five minutes of work."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import tensorflow as tf

from job.train import memory
from job.train.fits import FitRequest
from job.train.patches import private
from job.train.together.model.blueprint import Blueprint

_COPIES = 6  # of a fit's state: before and after a step, gradients, best, final, one to take parts from
_ACTIVATIONS = 4  # of a layer's output: itself, its gradient, what the gradient is made of
_SHARE = 0.5  # of the memory that is free
_NUMBERS = 128 * 1024 * 1024  # bytes of row numbers, so that many fits on many rows don't take more than the rows
_EACH = 24  # bytes that a row's number takes while an epoch's steps are laid out: its order twice, its steps
_CACHED = 48 * 1024 * 1024  # bytes of state beyond which a processor's caches no longer help
_SECONDS = 150.0  # of work in one group, as far as can be foreseen: half of what is allowed
_OPERATIONS = 1e10  # floating-point operations a second that a small step reaches, at least
_OVERHEAD = 1e-4  # seconds of one fit's step, at most, that are not products
_MOST = 512
_FILLING = 5e9  # operations of one step that take tens of milliseconds on a processor's cores, however many
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")  # of a container, by the versions of Linux's control groups

SHARED = 2e8
"""Operations of one step of a group from which all cores are faster than one thread, for any layer."""
UNSHARED = 5e7
"""Below this, one thread is faster; between the two it depends on the layer, by less than a factor of two."""
SHORT_SECONDS = 5.0
"""Groups expected to train for less than this are not worth restarting the process for."""


@dataclass(frozen=True)
class Room:
    """What there is room for.

    Attributes:
        free: bytes.
        cached: bytes of state that are fast, or None where caches are not what bounds.
    """

    free: float
    cached: float | None


def most(blueprint: Blueprint, request: FitRequest, room: Room) -> int:
    """The most fits of this kind that one group may hold; at least one."""
    each = _COPIES * blueprint.state_bytes + _ACTIVATIONS * request.settings.batch_size * blueprint.activation_bytes
    numbers = _EACH * max(1, len(request.train))
    bounds = [_SHARE * room.free / max(1, each), _SECONDS / seconds(blueprint, request), _NUMBERS / numbers, _MOST]
    if room.cached is not None:
        bounds.append(room.cached / max(1, blueprint.state_bytes))
    return max(1, int(min(bounds)))


def seconds(blueprint: Blueprint, request: FitRequest) -> float:
    """How long one fit's training takes at most, roughly."""
    settings = request.settings
    steps = settings.epochs * -(-len(request.train) // settings.batch_size)
    return steps * (_OVERHEAD + operations(blueprint, request) / _OPERATIONS)


def operations(blueprint: Blueprint, request: FitRequest) -> float:
    """Floating-point operations of one step's products: forwards, and twice that backwards."""
    return 6.0 * request.settings.batch_size * blueprint.products


def fills_machine(blueprint: Blueprint, request: FitRequest) -> bool:
    """Whether one fit's step is so long on any processor that Keras's own work is nothing beside it."""
    return _gpu_bytes() is None and operations(blueprint, request) >= _FILLING


def room() -> Room:
    """What is free on the device: a GPU's memory, or what this process's share of the machine or container leaves.

    A process that was large once has room again for what it gave back, where its system tells what it holds.
    """
    total = _gpu_bytes()
    if total is not None:
        used = tf.config.experimental.get_memory_info("GPU:0")["current"]
        return Room(total - used, None)
    held = memory.resident()
    if held is None:
        held = memory.peak_megabytes() << 20
    return Room(limit() / _workers() - held, _CACHED)


def limit(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that all workers here may have: the container's limit, or the machine's memory where there is none.

    Args:
        groups: where Linux's control groups are told, version 2 or 1.
    """
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in _LIMITS:
        try:
            text = (groups / name).read_text(encoding="ascii").strip()
        except OSError:
            continue  # not this version
        if text.isdigit():
            found.append(int(text))
    return min(found)


def _workers() -> int:
    """How many workers there are on this machine, as who started them says; a pod's is alone in its container."""
    return int(os.environ.get("TUNEJOB_WORKERS_HERE", "1"))


@lru_cache(maxsize=1)
def _gpu_bytes() -> int | None:
    """What TensorFlow may use of the first GPU."""
    if not tf.config.list_physical_devices("GPU"):
        return None
    found = private.gpu_bytes()
    return found[0] if found else None
