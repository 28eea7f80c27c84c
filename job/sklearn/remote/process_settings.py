"""What scikit-learn and Keras are set to in a process: read where a search is called, set where it is trained."""

from collections.abc import Mapping
from typing import Any

import keras
import sklearn

from job.sklearn import meeting

_OF_HERE = ("display", "print_changed_only", "enable_metadata_routing")
"""What changes no numbers, and how weights are passed on, which a run knows by itself."""


def read() -> dict[str, Any]:
    """Return what they are set to, as JSON has it."""
    config = sklearn.get_config()
    plain = {name: value for name, value in config.items() if value is None or isinstance(value, str | bool | int)}
    return {
        "sklearn": {name: value for name, value in plain.items() if name not in _OF_HERE},
        "dtype_policy": keras.config.dtype_policy().name,
        "floatx": keras.config.floatx(),
    }


def enter(given: Mapping[str, Any]) -> None:
    """Sets them for this thread, and Keras for the thread that builds this one's models: each thread has its own."""
    known = sklearn.get_config()
    sklearn.set_config(**{name: value for name, value in given["sklearn"].items() if name in known})
    meeting.set_there(lambda: _enter_keras(given["floatx"], given["dtype_policy"]))


def _enter_keras(floatx: str, policy: str) -> None:
    keras.config.set_floatx(floatx)
    if keras.config.dtype_policy().name != policy:
        keras.config.set_dtype_policy(policy)
