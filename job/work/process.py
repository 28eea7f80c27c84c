"""The process that trains: started, fed with shards and watched by ``supervisor``."""

import faulthandler
import gc
import importlib
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from job.errors import ExitCode, TunejobError
from job.store import Store, open_store
from job.train import pulse
from job.work import events, forking
from job.work.orders import Orders

_inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
"""Lines of standard input, of which a process has one."""


def main(orders: Orders) -> int:
    """Does what the orders say; tells the watching process how it goes.

    Returns:
        The exit code.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the controller's to answer: it sends SIGTERM
    if orders.task != "shards" or not forking.possible():
        code = _told(partial(_work, orders, forking.AGAIN))
        return 0 if code == forking.AGAIN else code
    code = _told(_import)
    return code or forking.run(lambda asked: _told(partial(_work, orders, asked)), lambda: events.tell("retired"))


def _told(work: Callable[[], int]) -> int:
    """Does work, and tells the watching process of an error."""
    try:
        return work()
    except TunejobError as error:
        events.tell("error", code=int(error.exit_code), message=str(error))
        return int(error.exit_code)
    except SystemExit as error:
        traceback.print_exc()
        message = f"the study's code called sys.exit({error.code!r}), which ends no fit but its worker: let it raise"
        events.tell("error", code=int(ExitCode.DATA), message=message)
        return int(ExitCode.DATA)
    except Exception as error:  # noqa: BLE001  # the watching process must learn of any end
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        events.tell("error", code=int(ExitCode.BUG), message=message)
        return int(ExitCode.BUG)


def _import() -> int:
    """Imports what shards need, TensorFlow above all."""
    importlib.import_module("job.work.run_context")
    importlib.import_module("job.work.shard")
    return 0


def _work(orders: Orders, asked: int) -> int:
    """Does one task; see ``forking`` for what was asked for."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    pulse.listener = events.tell
    threading.Thread(target=_listen, daemon=True).start()
    _check_gpu(orders)
    store = open_store(orders.store)
    if orders.task == "prepare":
        from job.work import prepare_task

        prepare_task.run(orders, store)
    elif orders.task == "refit":
        from job.work import refit

        refit.run(orders, store)
    else:
        return _shards(orders, store, asked)
    return 0


def _shards(orders: Orders, store: Store, asked: int) -> int:
    from job.work import bare_facts, op_threads, run_context
    from job.work.op_threads import Threads
    from job.work.shard import ShardWork

    has = op_threads.begin(Threads.ALL if asked == forking.OTHERWISE else Threads.ONE)

    if not orders.run:
        orders = replace(orders, run=_inbox.get() or "")
        if not orders.run:
            return 0  # there is nothing to do after all
    events.log(worker="imported")  # TensorFlow above all
    shared = run_context.load(store, orders.keys, orders.folder, in_pod=bool(orders.pod))
    gc.freeze()  # what TensorFlow and Keras are made of, and the study's rows, never become garbage here
    if not shared.facts.device:
        store.create(orders.keys.device, bare_facts.device().encode())
    events.tell("ready")
    for number in _numbers():
        wanted = ShardWork(number, shared, store, orders, has).run()
        if wanted is not None:
            return forking.OTHERWISE if wanted is Threads.ALL else forking.AGAIN
        events.tell("done", shard=number)
    return 0


def _numbers() -> Iterator[int]:
    """Shard numbers as the watching process sends them."""
    while (number := _inbox.get()) is not None:
        yield int(number)


def _listen() -> None:
    """Reads what the watching process sends: a run's name or a shard's number a line, an empty line for the end.

    A pipe that closes without an empty line means that the watching process died: then nobody would know what becomes
    of this one, and another may already do its work.
    """
    while (line := sys.stdin.readline()).strip():
        _inbox.put(line.strip())
    if not line:
        os._exit(int(ExitCode.BUG))
    _inbox.put(None)


def _check_gpu(orders: Orders) -> None:
    if orders.require_gpu:
        from job.work import gpu_check

        gpu_check.check()
