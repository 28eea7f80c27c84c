"""The process that trains: started, fed with shards and watched by ``supervisor``."""

import faulthandler
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace

from job.errors import ExitCode, NoGpuError, TunejobError
from job.store import Store, open_store
from job.train import pulse
from job.work import events
from job.work.orders import Orders

_inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()


def main() -> int:
    """Does what the first argument (``Orders``, as JSON) says; tells the watching process how it goes."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the controller's to answer: it sends SIGTERM
    orders = Orders.loads(sys.argv[1])
    pulse.listener = events.tell
    threading.Thread(target=_listen, daemon=True).start()
    try:
        _check_gpu(orders)
        _run(orders)
    except TunejobError as error:
        events.tell("error", code=int(error.exit_code), message=str(error))
        return int(error.exit_code)
    except Exception as error:  # noqa: BLE001  # the watching process must learn of any end
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        events.tell("error", code=int(ExitCode.BUG), message=message)
        return int(ExitCode.BUG)
    return 0


def _run(orders: Orders) -> None:
    store = open_store(orders.store)
    if orders.task == "prepare":
        from job.work import preparing

        preparing.run(orders, store)
    elif orders.task == "refit":
        from job.work import refit

        refit.run(orders, store)
    else:
        _shards(orders, store)


def _shards(orders: Orders, store: Store) -> None:
    from job.work import setting
    from job.work.shard import ShardWork

    if not orders.run:
        orders = replace(orders, run=_inbox.get() or "")
        if not orders.run:
            return  # there is nothing to do after all
    events.log(worker="imported")  # TensorFlow above all
    shared = setting.load(store, orders.keys, orders.folder)
    events.tell("ready")
    for number in _numbers():
        finished = ShardWork(number, shared, store, orders.keys, orders.attempt).run()
        events.tell("done" if finished else "retire", shard=number)
        if not finished:
            return


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
    if not orders.require_gpu:
        return
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        raise NoGpuError(
            "a GPU was asked for (TUNEJOB_REQUIRE_GPU=1) and TensorFlow sees none. The pod needs nvidia.com/gpu in its "
            "limits, a node with NVIDIA's driver and device plugin, and an image with tensorflow[and-cuda], such as "
            "this project's trainer. To train on the CPU, leave the gpu component out."
        )


if __name__ == "__main__":
    sys.exit(main())
