"""The whole flow, read from top to bottom: prepare, plan, launch, aggregate, refit, report, verdict.

The same on a laptop and in a cluster: they differ in the launcher, in the store's URL, and in who watches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Protocol

from job.errors import UsageError
from job.launch.launcher import Launcher
from job.plan import planning, stored
from job.plan.plan import Facts, Plan
from job.preparing import prepare
from job.report import storing
from job.results import coverage, earlier, kept, live, lost_fits, marks, runs, status, taking, tracing
from job.results.aggregate import aggregate
from job.results.progress import Progress, Seen
from job.results.table import Table
from job.store import RunKeys, Store, has, probe
from job.study import times
from job.study.study import Study

_LOOK = 1.0
"""Seconds between two looks at the results, at least; a look that takes long is followed by a longer pause."""
_PAUSE = 10.0


class Watcher(Protocol):
    """Whoever follows a run: a terminal, or the annotations of a Job."""

    def say(self, sentence: str) -> None:
        """Takes a sentence worth telling."""

    def planned(self, plan: Plan, study: Study) -> None:
        """Takes the plan, before anything is launched."""

    def seen(self, seen: Seen) -> None:
        """Takes how far the run is, every second or so."""

    def ended(self, table: Table) -> None:
        """Takes the table of the run's end, complete or not, before the verdict."""


@dataclass(frozen=True)
class Control:
    """One run of one study, by one controller.

    Attributes:
        study: what to run.
        launcher: starts workers.
        store: where all of it lies.
        watcher: who follows.
        workers: how many take shards.
        resume: the command that resumes the run.
        commit: the git commit of the study's folder.
        measure: whether one fit is timed.
        known: the run that this controller's Job names already; empty where it names none.
        fresh: whether all fits are trained, though earlier runs have trained some.
        nonce: of what it prepares, where another controller may have to go on with it.
        found: the facts and folds, where somebody had them prepared before.
        judges: whether a complete run of which nothing is ranked is an error; else its table says so.
        refits: whether the best trial is trained again on all rows, if the study does not refuse it.
        pods: whether each shard has a process of its own, which traces for itself.
        job: the identity of the Job that starts this controller, one at a time; empty for none.
        remarks: says at any moment what is to be said of the machines that workers run on.
    """

    study: Study
    launcher: Launcher
    store: Store
    watcher: Watcher
    workers: int
    resume: str
    commit: str | None = None
    measure: bool = False
    known: str = ""
    fresh: bool = False
    nonce: str = ""
    found: tuple[Facts, bytes] | None = None
    judges: bool = True
    refits: bool = True
    pods: bool = False
    job: str = ""
    remarks: Callable[[], Sequence[str]] = tuple

    def run(self) -> Table:
        """Runs the study to its end, from wherever an earlier controller left it.

        Returns:
            The table of a complete run with at least one fit that succeeded.

        Raises:
            StudyMistakes: what of the study does not hold against its code and data.
            DataError: the data is wrong, no fit succeeded, or one failed and ``error_score`` is ``raise``.
            Incomplete: fits are missing; says which, and what resumes the run.
        """
        probe(self.store)
        plan = self._known() or self._planned()
        keys = RunKeys(plan.study, plan.run)
        for sentence in earlier.news(self.store, plan, self.job):
            self.watcher.say(sentence)
        self.watcher.planned(plan, self.study)
        for sentence in taking.take(self.store, plan, self.study, fresh=self.fresh).told():
            self.watcher.say(sentence)
        if not has(self.store, keys.status):  # nobody has run it yet
            self._tell_outdated(plan)
        status.write(self.store, keys, "running", job=self.job)
        live.begin(self.store, keys)
        try:
            return self._to_the_end(keys, plan)
        finally:
            live.end(self.store, keys)
            status.end(self.store, keys, self.remarks())

    def _known(self) -> Plan | None:
        """The run that an earlier controller in this one's place planned: nothing is prepared anew."""
        return stored.plan(self.store, RunKeys(self.study.name, self.known)) if self.known else None

    def _planned(self) -> Plan:
        found = self.found or prepare(self.study, self.launcher, self.store, measure=self.measure, nonce=self.nonce)
        _refuse_without_training(found[0])
        known = partial(tracing.assumed, self.store, self.study, found[0], kept=not self.pods)
        return stored.write(self.store, self.study, *found, self.workers, tracing=known, commit=self.commit)

    def _tell_outdated(self, plan: Plan) -> None:
        """Says which unfinished runs begin anew, because this version computes numbers otherwise."""
        for run in runs.of_study(self.store, plan.study):
            if planning.is_outdated(run.plan, plan) and not run.brief().is_complete:
                self.watcher.say(
                    f"{run.keys.run} is unfinished, and an earlier version of tunejob computed some of its numbers "
                    "otherwise; results of the two are never mixed, so the run starts anew "
                    f"(`tunejob delete {plan.study}/{run.keys.run} --store {self.store.url}` removes it)"
                )

    def _to_the_end(self, keys: RunKeys, plan: Plan) -> Table:
        over = self._search(keys, plan)
        table = aggregate(self.store, keys, plan, self.study)
        kept.end(self.store, keys, table)
        over = over or lost_fits.story(marks.forsaken(self.store, keys, table.trials.shards_of(table.missing)))
        storing.store_all(table, self.store, resume=self.resume)
        if self.refits and self.study.refit is not False and coverage.is_sound(table):
            self._refit(keys, table)
        self.watcher.ended(table)
        if self.judges or len(table.missing):
            coverage.judge(table, self.resume, over)
        return table

    def _search(self, keys: RunKeys, plan: Plan) -> str:
        """Has all missing fits trained; says why it stopped before the end, "" where it did not."""
        table = aggregate(self.store, keys, plan, self.study)
        missing = table.trials.shards_of(table.missing)
        if not missing:
            return ""
        progress = Progress(self.store, keys, plan, self.study)
        looks = _Looks(self.store, keys, progress, self.watcher, self.remarks, self.job)
        looks.look()
        began = self.launcher.running_seconds  # another run's, where this one launcher had one before
        for sentence in self.launcher.shards(keys, plan, missing):
            if sentence is not None:
                self.watcher.say(sentence)
            looks.look_now_and_then()
            if why := self._over(looks, began):
                self.launcher.stop()
                return why
        looks.look()
        return ""

    def _over(self, looks: "_Looks", began: float) -> str:
        if self.study.error_score == "raise" and looks.failed:
            return "a fit failed, and error_score is 'raise'"
        limit = self.study.limits.run
        if limit is not None and self.launcher.running_seconds - began >= limit:
            return f"the run reached its limit of {times.duration(limit)} (limits: {{run: …}}) and was stopped"
        return ""

    def _refit(self, keys: RunKeys, table: Table) -> None:
        """Has the best trial trained on all rows, unless its model is there; then the reports show how to use it."""
        if has(self.store, keys.model):
            return
        self.watcher.say("training the best trial again on all rows")
        self.launcher.refit(keys)
        storing.store_all(table, self.store, resume=self.resume)


@dataclass
class _Looks:
    """Looks at the results now and then: the longer one takes, the rarer they are."""

    store: Store
    keys: RunKeys
    progress: Progress
    watcher: Watcher
    remarks: Callable[[], Sequence[str]]
    job: str
    failed: int = 0
    _next: float = 0.0
    _written: float = 0.0
    _told: set[str] = field(default_factory=set)

    def look(self) -> None:
        began = monotonic()
        seen = self.progress.look()
        self.failed = seen.failed
        if began - self._written >= status.EVERY:
            self._tell_of_others()
            status.write(self.store, self.keys, "running", seen, self.remarks(), job=self.job)
            self._written = began
        self._next = monotonic() + max(_LOOK, _PAUSE * (monotonic() - began))
        self.watcher.seen(seen)

    def _tell_of_others(self) -> None:
        """Says once that another controller has begun on the same run, and which runs of other studies are live."""
        found = status.other(self.store, self.keys, self.job)
        said = {} if found is None else {"this": earlier.twice(found)}
        said |= {keys.prefix: live.told(keys, its) for keys, its in live.others(self.store, self.keys.study)}
        for name, sentence in said.items():
            if name not in self._told:
                self.watcher.say(sentence)
                self._told.add(name)

    def look_now_and_then(self) -> None:
        if monotonic() >= self._next:
            self.look()


def _refuse_without_training(facts: Facts) -> None:
    """Workers that can't train may prepare, for `check` and `plan`; a run would fail in each of them."""
    if "tensorflow" not in facts.versions or "keras" not in facts.versions:
        raise UsageError(
            "TensorFlow is not installed where workers run. On this machine: pip install 'tunejob[cpu]' (or [gpu]); "
            "in a cluster: the workers' image must have it, as this project's trainer has."
        )
