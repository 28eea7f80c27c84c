"""Keras's global state, which a build may set: put back when what was built is done with, so no later build sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from keras.src.backend import config
from keras.src.backend.common import global_state

_CAPS = {"_MAX_EPOCHS": "max epochs", "_MAX_STEPS_PER_EPOCH": "max steps per epoch"}
_CONFIG = {"_FLOATX": "floatx", "_EPSILON": "epsilon", "_IMAGE_DATA_FORMAT": "image data format", **_CAPS}
_TRACKED = {
    "dtype_policy": "dtype policy",
    "distribution": "distribution",
    "flash_attention": "flash attention",
    "global_seed_generator": "global seed generator",
    "use_legacy_config": "legacy config",
}


@dataclass(frozen=True, eq=False)
class KerasState:
    """What Keras keeps for a whole process, as it was at one moment."""

    config: dict[str, Any]
    tracked: dict[str, Any]
    eager: bool

    @classmethod
    def now(cls) -> "KerasState":
        """As it is."""
        return cls(
            {name: getattr(config, name) for name in _CONFIG},
            {name: global_state.get_global_attribute(name) for name in _TRACKED},
            tf.config.functions_run_eagerly(),
        )

    def put(self) -> None:
        """Makes it so again."""
        for name, value in self.config.items():
            setattr(config, name, value)
        for name, value in self.tracked.items():
            global_state.set_global_attribute(name, value)
        if tf.config.functions_run_eagerly() != self.eager:
            tf.config.run_functions_eagerly(self.eager)

    def caps(self) -> list[str]:
        """What is set that ends a ``fit`` earlier than it was asked to, in words."""
        return [word for name, word in _CAPS.items() if self.config[name]]

    def changed(self, before: "KerasState") -> list[str]:
        """What differs from an earlier state, in words; the seed generator apart, which every seed makes anew."""
        found = [word for name, word in _CONFIG.items() if self.config[name] != before.config[name]]
        found += [
            word
            for name, word in _TRACKED.items()
            if name != "global_seed_generator" and _told(self.tracked[name]) != _told(before.tracked[name])
        ]
        return found + (["run_functions_eagerly"] if self.eager != before.eager else [])


def _told(value: Any) -> Any:
    """Policies are compared by their names: the default one is only made when someone asks for it."""
    if value is None:
        return None
    name = getattr(value, "name", None)
    return None if name == config.floatx() else name if isinstance(name, str) else value


@contextmanager
def kept() -> Iterator[KerasState]:
    """Whatever is set while this lasts is put back after; yields the state as it was."""
    before = KerasState.now()
    try:
        yield before
    finally:
        before.put()


@contextmanager
def every_step() -> Iterator[None]:
    """While this lasts, no cap on steps holds: it is meant for training, and of what is predicted no row may lack."""
    before = config.max_steps_per_epoch()
    config.set_max_steps_per_epoch(None)
    try:
        yield
    finally:
        config.set_max_steps_per_epoch(before)
