"""One run on this machine, by local worker processes: what ``tunejob run`` and ``job.run`` both do."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from job.controller import Control, Watcher
from job.launch import local_machine
from job.launch.local import LocalLauncher
from job.plan import provenance
from job.results.table import Table
from job.retune.record import Record
from job.retuning import Retuning
from job.store import Store, nonces
from job.study.mistakes import StudyMistakes
from job.study.study import Study


class Follower(Watcher, Protocol):
    """A watcher that also shows what a single worker is at, while it prepares or refits."""

    def doing(self, what: str) -> None:
        """Takes what that worker is at, about once a second."""


@dataclass(frozen=True)
class LocalRun:
    """One run of a study on this machine.

    Attributes:
        study: what to run; its ``store`` is that store's URL.
        folder: where its code lies.
        store: where all of the run goes.
        follower: is told how it goes.
        workers: how many processes; by GPUs or cores where not given.
        resume: what resumes the run, as a person would do it.
        fresh: whether fits that earlier runs trained are trained again.
    """

    study: Study
    folder: Path
    store: Store
    follower: Follower
    workers: int | None
    resume: str
    fresh: bool = False

    def run(self) -> Table:
        """Runs the study to its end, from wherever an earlier run of it stopped.

        Raises:
            TunejobError: as ``Control.run`` says. Of a run that did not end well, the follower is told where the logs
                are.
            KeyboardInterrupt: after the workers have ended in order.
        """
        with self._control(ahead=True) as control:
            return control.run()

    def retune(self) -> Record:
        """Retunes the study once, by hand: as ``run``, and what it found is put in use if it is better."""
        with self._control(ahead=False) as control:
            return Retuning(control, nonces.fresh()).run()

    @contextmanager
    def _control(self, *, ahead: bool) -> Iterator[Control]:
        """A controller of local workers, who end with it; ``ahead``: they start while another prepares."""
        count = self.workers or local_machine.usual_workers()
        launcher = LocalLauncher(self.study.store, self.folder, count, ahead=ahead, doing=self.follower.doing)
        with workers_of(launcher, self.follower.say):
            try:
                yield Control(
                    self.study, launcher, self.store, self.follower, count, self.resume,
                    commit=provenance.commit(self.folder), fresh=self.fresh,
                )  # fmt: skip
            except KeyboardInterrupt:
                self.follower.say(f"stopping; finished fits are stored. To go on: {self.resume}")
                raise


@contextmanager
def workers_of(launcher: LocalLauncher, say: Callable[[str], None]) -> Iterator[LocalLauncher]:
    """End a launcher's workers; where they did not end well, keep their logs and say where they are."""
    keep = True
    try:
        yield launcher
        keep = False
    except (StudyMistakes, KeyboardInterrupt):
        keep = False
        raise
    finally:
        launcher.stop()
        logs = launcher.close(keep=keep)
        if keep and logs is not None:
            say(f"the workers' logs are kept in {logs}")


def resuming(study: Path, store: str | None) -> str:
    """Return the command that resumes a study on this machine."""
    return shlex.join(["tunejob", "run", str(study), *(["--store", store] if store else [])])
