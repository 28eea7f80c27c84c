"""The clock that steps and compiling are compared by."""

import os
from time import perf_counter, process_time


def cores() -> int:
    """This worker's share of the machine's cores, as TensorFlow is told it, or all it may run on."""
    return int(os.environ.get("TF_NUM_INTRAOP_THREADS") or len(os.sched_getaffinity(0)))


def now() -> float:
    """Seconds; of one core alone, only those that no other process had."""
    return process_time() if cores() == 1 else perf_counter()
