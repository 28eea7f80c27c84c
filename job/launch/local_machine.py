"""What of this machine each worker gets, and how many suit it."""

import os
import shutil
import subprocess
from collections.abc import Mapping


def usual_workers() -> int:
    """How many workers suit this machine where nobody says: one for each GPU, else by cores, four at most."""
    return len(gpus()) or min(4, len(os.sched_getaffinity(0)))


def share(number: int, workers: int) -> Mapping[str, str]:
    """This worker's share of the machine: cores divided evenly, one GPU each where there are several.

    Memory is shared without walls: a worker is told how many there are, and makes its groups no larger than its part.
    """
    cores = str(max(1, len(os.sched_getaffinity(0)) // workers))
    found = {"TF_NUM_INTRAOP_THREADS": cores, "OMP_NUM_THREADS": cores, "TF_CPP_MIN_LOG_LEVEL": "2"}
    found["TUNEJOB_WORKERS_HERE"] = str(workers)
    devices = gpus()
    return found | ({"CUDA_VISIBLE_DEVICES": devices[number % len(devices)]} if devices else {})


def gpus() -> list[str]:
    """The GPUs that may be used: those of CUDA_VISIBLE_DEVICES, else those nvidia-smi lists."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [one for one in visible.split(",") if one not in ("", "-1")]  # -1 hides them all
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False).stdout
    return [str(index) for index, line in enumerate(listed.splitlines()) if line.startswith("GPU ")]
