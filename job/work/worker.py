"""The command ``tunejob work``: one worker, on a laptop or in a pod, from its orders to its exit."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from job.errors import UsageError
from job.plan import launches
from job.results import termination
from job.store import open_store
from job.study import archive
from job.work.orders import Orders
from job.work.supervisor import Supervisor, Terminated, exit_code

INDEX = "JOB_COMPLETION_INDEX"
"""Where Kubernetes tells a pod of an Indexed Job which one it is."""


def work(orders: Orders, *, shards_from_input: bool = False) -> int:
    """Does what the orders say, and tells it: lines of JSON on standard output, the reason of an end in a pod.

    Args:
        orders: the task.
        shards_from_input: take shards' numbers from standard input, a line each, until an empty one; before them the
            run's name, where the orders don't have it.

    Returns:
        The exit code.
    """
    try:
        store = open_store(orders.store)
        supervisor = Supervisor(orders, store, announce=lambda shard: _say({"done": shard}), tell=_doing)
        if orders.task != "shards":
            shards: Iterator[int | None] = iter([None])
        elif shards_from_input:
            shards = _fed()
        else:
            shards = iter([launches.shards(store, orders.keys, orders.attempt)[_index()]])
        supervisor.run(shards, _line if orders.task == "shards" and not orders.run else None)
    except (Terminated, Exception) as error:  # noqa: BLE001  # whoever started this process must learn of any end
        code, message = exit_code(error), str(error) or "told to stop (SIGTERM); finished work is stored"
        _say({"error": {"code": code, "message": message}})
        _leave(message)
        return code
    return 0


def opened(code: Path) -> str:
    """The folder of the user's code, unpacked where it came as an archive.

    That folder is then where this process and those that it starts work: the user's code finds the files beside it by
    relative paths, as it did when it was run from the study's folder.
    """
    folder = archive.opened(code)
    if folder != code:
        os.chdir(folder)
    return str(folder)


def _fed() -> Iterator[int]:
    while line := _line():
        yield int(line)


def _line() -> str:
    return sys.stdin.readline().strip()


def _index() -> int:
    text = os.environ.get(INDEX, "")
    if not text.isdecimal():
        raise UsageError(
            f"which shard is this worker's? {INDEX} is {text!r}; Kubernetes sets it in pods of an Indexed Job, and "
            "elsewhere --shards-from-input takes shards' numbers"
        )
    return int(text)


def _say(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _doing(what: str) -> None:
    _say({"doing": what})


def _leave(message: str) -> None:
    """Leaves the reason of the end where Kubernetes shows it with the pod."""
    if INDEX in os.environ:
        termination.leave(message)
