"""How many threads TensorFlow's operations are handed to in a process that trains."""

from collections.abc import Mapping

_WITHIN, _BETWEEN = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """On one core, operations run one after the other: a second thread to hand them to makes small steps slower.

    Args:
        given: the environment of the process that trains; what it says itself stays.
    """
    return {_BETWEEN: "1"} if given.get(_WITHIN) == "1" and not given.get(_BETWEEN) else {}
