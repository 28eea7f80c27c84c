"""A controller that dies at a chosen moment: after its n-th call of the API or its n-th write to the store.

It runs in a process of its own, forked from one that has imported everything, and dies as by SIGKILL.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["cluster.dying", "job.cli.controlling", "job.controller", "job.launch.cluster.launcher", "kubernetes.config"]
)
KILLED = 137

_ONE = threading.Lock()
"""An exit code can be read once, and whoever starts a process looks at those of all others: one thread at a time."""


@dataclass(frozen=True)
class Controller:
    """One controller to be.

    Attributes:
        kubeconfig: of its ServiceAccount.
        job: its own Job's name.
        study: the study's file.
        environment: where its store is.
        log: where it writes what it says.
    """

    kubeconfig: Path
    job: str
    study: Path
    environment: Mapping[str, str]
    log: Path

    def run(self, die_after: int = 0) -> tuple[int, list[str]]:
        """Runs it, to its end or until it has called and written so often; its exit code, and what it did."""
        process = CONTEXT.Process(target=_control, args=(self, die_after))
        with _ONE:
            process.start()
        connection.wait([process.sentinel])
        with _ONE:
            process.join()
        done = self.log.with_suffix(".done").read_text().splitlines()
        return process.exitcode or 0, done


def _control(controller: Controller, die_after: int) -> None:
    from kubernetes.client import Configuration
    from kubernetes.config import load_kube_config

    from job.cli import controlling
    from job.launch.cluster import connection
    from job.launch.cluster.api import Api

    with controller.log.open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.update({**controller.environment, "TUNEJOB_CONTROLLER": controller.job})
    configuration = Configuration()
    load_kube_config(str(controller.kubeconfig), client_configuration=configuration)
    api = Api(configuration, controller.environment["TUNEJOB_NAMESPACE"])
    connection.from_pod = lambda **_: api  # a pod's files of its account are not here
    _count(die_after, controller.log.with_suffix(".done"))
    code = controlling.control(controller.study, None)
    sys.stdout.flush()
    os._exit(code)


def _count(die_after: int, file: Path) -> None:
    """Takes down every call and every write that was done, and dies after the given one."""
    from job.launch.cluster.api import Api
    from job.store.objects import Objects

    done = file.open("w")
    count = 0

    def counted(kind: type, name: str) -> None:
        method = getattr(kind, name)

        def call(self: Any, *args: Any, **named: Any) -> Any:
            nonlocal count
            found = method(self, *args, **named)
            count += 1
            done.write(f"{kind.__name__}.{name} {' '.join(str(one)[:100] for one in args if isinstance(one, str))}\n")
            done.flush()
            if count == die_after:
                os._exit(KILLED)
            return found

        setattr(kind, name, call)

    counted(Api, "_call")
    for name in ("create", "write", "swap", "delete"):
        counted(Objects, name)
