"""Workers as local processes: the same command as in a pod, started, fed and ended here."""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from job.errors import ExitCode, TunejobError, UsageError, error_of
from job.launch import local_machine
from job.launch.local_forks import ADDRESS, ForkServer
from job.launch.local_worker import FRUITLESS, Worker, kept_logs
from job.plan.plan import Plan
from job.results.lost_fits import MOST_UNSEEN
from job.store import shared_between_processes
from job.store.keys import RunKeys
from job.study.study import Study

_GRACE = 20.0  # seconds a worker has to end


@dataclass
class LocalLauncher:
    """Starts ``workers`` processes that share this machine's cores and GPUs.

    Implements ``Launcher``; ``code`` is the folder of the user's code, ``explain`` whether preparing also tells how
    fits will be trained, ``ahead`` whether workers start while another prepares: importing TensorFlow takes seconds.
    ``doing`` is called about once a second with what the worker that prepares or refits is at.
    """

    store: str
    code: Path
    workers: int
    explain: bool = False
    ahead: bool = False
    doing: Callable[[str], None] = lambda _: None
    _ahead: list[Worker] = field(default_factory=list)
    _running: list[Worker] = field(default_factory=list)
    _messages: "queue.SimpleQueue[tuple[Worker, dict[str, Any] | None]]" = field(default_factory=queue.SimpleQueue)
    _began: float | None = None
    _logs: Path = field(default_factory=lambda: kept_logs() or Path(tempfile.mkdtemp(prefix="tunejob-logs-")))
    _forks: ForkServer | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if not shared_between_processes(self.store):
            raise UsageError(
                f"the store {self.store} is kept in one process, and workers are processes of their own; "
                "use a folder, such as ./runs, or s3://, gs://, az://"
            )
        if not os.environ.get(ADDRESS):  # else somebody has one for several runs
            self._forks = ForkServer.start(local_machine.share(0, self.workers), self._logs / "imports.log")

    @property
    def running_seconds(self) -> float:
        """Seconds since the first worker started."""
        return 0.0 if self._began is None else monotonic() - self._began

    def prepare(self, study: Study, nonce: str, *, measure: bool) -> None:
        """Runs the worker that prepares; raises its error."""
        wishes = [*(["--measure"] if measure else []), *(["--explain"] if self.explain else [])]
        worker = self._start(0, ["--study-name", study.name, "--prepare", nonce, *wishes])
        if self.ahead:
            waits = ["--study-name", study.name, "--shards-from-input"]
            self._ahead = [self._start(number, waits) for number in range(self.workers)]
        self._end(worker)

    def refit(self, keys: RunKeys) -> None:
        """Runs the worker that trains the best trial on all rows; raises its error."""
        self._end(self._start(0, ["--study-name", keys.study, "--run", keys.run, "--refit"]))

    def shards(self, keys: RunKeys, plan: Plan, missing: Sequence[int]) -> Iterator[str | None]:
        """Feeds shards to the workers, the costliest first, and starts a worker anew that was lost."""
        waiting = sorted(missing, key=lambda number: plan.costs[number])
        arguments = ["--study-name", keys.study, "--run", keys.run, "--shards-from-input"]
        for number in range(min(self.workers, len(missing))):
            self._feed(self._begun(keys.run) or self._start(number, arguments), waiting)
        while self._ahead:
            self._feed(self._ahead.pop(), [])  # more than there are shards
        while self._running:
            try:
                worker, message = self._messages.get(timeout=0.5)
            except queue.Empty:
                yield None
                continue
            if message is None:
                yield self._ended(worker, waiting, arguments)
            elif "done" in message:
                worker.shard, worker.fruitless, worker.most = None, 0, FRUITLESS
                self._feed(worker, waiting)
                yield None
            elif "error" in message and message["error"]["code"] == ExitCode.INCOMPLETE:  # its device failed it
                worker.most = MOST_UNSEEN + 1
                yield str(message["error"]["message"])
            elif "error" in message:
                self.stop()
                raise error_of(message["error"]["code"], message["error"]["message"])

    def stop(self) -> None:
        """Ends all workers; what they had finished is stored."""
        for worker in self._running:
            worker.process.terminate()
        for worker in self._running:
            try:
                worker.process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.hang_up()
        self._running.clear()

    def close(self, *, keep: bool = False) -> Path | None:
        """Removes the workers' logs, unless they are to be kept; what a fit printed is kept with its result.

        Returns:
            Where they are, if they are kept and anything is in them.
        """
        if self._forks is not None:
            self._forks.close()
        if kept_logs() is None and not keep:
            shutil.rmtree(self._logs, ignore_errors=True)
            return None
        return self._logs if any(one.stat().st_size for one in self._logs.iterdir()) else None

    @property
    def _forking(self) -> dict[str, str]:
        return {} if self._forks is None else self._forks.environment

    def _begun(self, run: str) -> Worker | None:
        """A worker that has begun ahead, told the run; None where there is none."""
        if not self._ahead:
            return None
        worker = self._ahead.pop(0)
        worker.tell(run)
        return worker

    def _end(self, worker: Worker) -> None:
        """Waits for the end of a worker with one task; raises its error."""
        worker.hang_up()
        error: TunejobError | None = None
        for message in self._of(worker):
            if "error" in message:
                error = error_of(message["error"]["code"], message["error"]["message"])
        self._running.remove(worker)
        if error is None and worker.process.wait() != 0:
            error = TunejobError(f"{worker.how}\n{worker.last_words}")
        if error is not None:
            raise error

    def _of(self, worker: Worker) -> Iterator[dict[str, Any]]:
        """What one worker says until it ends; what others say meanwhile is kept for later."""
        others = []
        doing = ""
        while True:
            self.doing(doing)
            try:
                who, message = self._messages.get(timeout=1.0)
            except queue.Empty:
                continue
            if message is not None and "doing" in message:
                doing = str(message["doing"]) if who is worker else doing
            elif who is not worker:
                others.append((who, message))
            elif message is None:
                break
            else:
                yield message
        for one in others:
            self._messages.put(one)

    def _start(self, number: int, task: Sequence[str]) -> Worker:
        if self._began is None:
            self._began = monotonic()
        log = self._logs / f"worker-{number}.log"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "job", "work", "--store", self.store, "--code", str(self.code), *task],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **local_machine.share(number, self.workers), **self._forking},
                start_new_session=True,  # Ctrl-C reaches the controller alone, which ends workers in order
            )
        worker = Worker(number, process, log)
        self._running.append(worker)
        threading.Thread(target=self._listen, args=(worker, process.stdout), daemon=True).start()
        return worker

    def _listen(self, worker: Worker, output: TextIO) -> None:
        with output:
            for line in output:
                self._messages.put((worker, json.loads(line)))
        worker.process.wait()
        self._messages.put((worker, None))

    def _feed(self, worker: Worker, waiting: list[int]) -> None:
        worker.shard = waiting.pop() if waiting else None
        worker.tell("" if worker.shard is None else str(worker.shard))

    def _ended(self, worker: Worker, waiting: list[int], arguments: Sequence[str]) -> str | None:
        """A worker's process is gone: done, or lost and started again while there is hope."""
        self._running.remove(worker)
        worker.hang_up()
        if worker.shard is None:
            return None
        waiting.append(worker.shard)
        how = worker.how
        if worker.fruitless + 1 >= worker.most:
            often = f"{worker.fruitless + 1} times"
            return f"{how}, {often} without finishing a shard; going on without it\n{worker.last_words}"
        again = self._start(worker.number, arguments)
        again.fruitless, again.most = worker.fruitless + 1, worker.most
        self._feed(again, waiting)
        return f"{how}; started again"
