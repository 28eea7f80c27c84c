"""A retune from top to bottom: prepare, search with the champion's trial, compare on fresh folds, promote or keep.

Everything is found again by its name, so whoever comes after a death goes on where it happened: the search's run and
the confirm run are resumed, and ``champion.json`` changes once, by compare-and-swap (``job/retune/champion.py``).
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import monotonic

from job import confirming
from job.controller import Control
from job.errors import DataError, NotPermittedError, TunejobError, UsageError, WrongStore
from job.plan import planning, stored
from job.plan.plan import Facts
from job.preparing import prepare
from job.report import retune_page, usage
from job.results.aggregate import aggregate
from job.results.table import Ranked, Table
from job.retune import again, gate, notify, putting
from job.retune import champion as in_use
from job.retune.notes import Notes
from job.retune.record import Champion, Record
from job.store import RunKeys, Store, Version, has, probe
from job.study.study import Retune, Study


@dataclass(frozen=True)
class Retuning:
    """One retune of a study.

    Attributes:
        control: of the search: study, launcher, store, watcher and the rest.
        name: of what it comes to: the same for every controller that is in this one's place.
        scheduled: when it was due, ISO time; None for one by hand.
        told: is called once with what it came to, whatever that is.
        began: when this controller of it did, by ``monotonic``.
    """

    control: Control
    name: str
    scheduled: str | None = None
    told: Callable[[Record], None] = lambda _: None
    began: float = field(default_factory=monotonic)

    @property
    def _store(self) -> Store:
        return self.control.store

    @property
    def _study(self) -> Study:
        return self.control.study

    @property
    def _gate(self) -> Retune:
        return self._study.retune or Retune()

    def run(self) -> Record:
        """Retunes to the end, from wherever an earlier controller left it.

        Returns:
            What it came to, which is in the store by then.

        Raises:
            TunejobError: as ``Control.run``; the champion is what it was, and what lasts (a wrong study, wrong data) is
                kept as a retune that failed.
        """
        before = None
        try:
            probe(self._store)
            before, version = in_use.read(self._store, self._study.name)
            in_use.settle(self._store, before)
            record = self._own() or self._decided(before, version)
        except (UsageError, DataError, NotPermittedError, WrongStore) as error:
            stays = f"; the champion stays what it is (number {before.serial})" if before else ""
            self._failed(self._notes().record("failed", f"{error}", before))
            self.control.watcher.say(f"this retune failed{stays}")
            raise
        except BaseException as error:  # a signal too: whoever comes next goes on with it, so nothing is kept
            is_signal = not isinstance(error, Exception)
            why = "it was interrupted" if is_signal else f"{error}" or type(error).__name__
            self._notify(self._notes().record("incomplete", why, before), tries=1 if is_signal else notify.TRIES)
            raise
        self._end(record)
        return record

    def _own(self) -> Record | None:
        """What an earlier controller in this one's place came to already."""
        found = in_use.kept(self._store, self._study.name, self.name)
        return found if found and found.verdict != "failed" else None

    def _end(self, record: Record) -> None:
        in_use.keep(self._store, record)
        try:
            known = self._earlier if record.verdict == "unchanged" else None  # a second ago
            retune_page.store_all(self._store, record, known)
        finally:  # what is in use has changed by now, with a page or without
            self.told(record)
            self._notify(record)

    def _failed(self, record: Record) -> None:
        """Keeps and tells what came of it, as far as the store, of which that may be, lets it."""
        try:
            in_use.keep(self._store, record)
            retune_page.store_all(self._store, record)
        except TunejobError as error:
            self.control.watcher.say(f"what this retune came to is not kept whole: {error}")
        self.told(record)
        self._notify(record)

    def _notify(self, record: Record, tries: int = notify.TRIES) -> None:
        notify.send(self._gate.notify, record, self.control.watcher.say, tries)

    def _decided(self, before: Champion | None, version: Version | None) -> Record:
        facts, folds = self._prepared(before)
        base = gate.base(self._study, facts)
        if before is not None and (last := self._last_decision()) is not None and last.base == base:
            why = f"data, code and study are those of the retune {last.name}, so nothing was trained"
            if self.control.fresh:
                why += "; --fresh trains anew what a new run would take over, and there is none"
            record = self._record("unchanged", why, before, base=base, metric=last.metric, profile=facts.profile)
            return record.model_copy(update={"profile": None})  # of a champion alone it is used; these are many
        why = gate.unusable(before, self._study, facts) if before else ""
        params = before.params if before and not why else None
        facts = facts.model_copy(update={"champion": params})
        facts = again.facts(self._store, self._study, facts, lambda table: again.in_search(table, before))
        table = self._searched(facts, folds, before)
        if before is None:
            return self._first(table, base)
        if params is not None and (why := gate.failed(table, table.plan.trials - 1)):
            return self._undecided(why, before, table, passes=again.in_search(table, before))
        if why:
            return self._record("kept", why, before, base, table)
        return self._compared(table, base, before, version)

    def _searched(self, facts: Facts, folds: bytes, before: Champion | None) -> Table:
        """The table of the search; where the champion's fits alone failed, the study's ``error_score`` ends nothing."""
        try:
            # planned with the champion of now: a plan of before may have another one's trial
            found = replace(self.control, found=(facts, folds), known="", refits=before is None).run()
        except DataError:
            keys = RunKeys(self._study.name, planning.run_name(self._study, facts))
            plan = stored.plan(self._store, keys) if facts.champion is not None else None
            if plan is None:
                raise
            table = aggregate(self._store, keys, plan, self._study)
            number = plan.trials - 1
            own = {number, int(table.trials.twin[number])}
            if not table.failures or not all(own.issuperset(one.trials) for one in table.failures):
                raise
            return table
        # a run that was planned before its study had a gate knows no profile of the rows
        told = found.plan.facts.model_copy(update={"profile": found.plan.facts.profile or facts.profile})
        return replace(found, plan=found.plan.model_copy(update={"facts": told}))

    def _prepared(self, before: Champion | None) -> tuple[Facts, bytes]:
        """The facts and folds of the run that an earlier controller planned, else prepared now.

        No fit is timed but for the first champion: there may be nothing to train.
        """
        control = self.control
        if control.known:
            keys = RunKeys(self._study.name, control.known)
            if has(control.store, keys.plan):
                return stored.facts(control.store, keys), control.store.read(keys.folds)
        measure = control.measure and before is None
        return prepare(control.study, control.launcher, control.store, measure=measure, nonce=control.nonce)

    def _last_decision(self) -> Record | None:
        """The last retune that was decided; one that failed, or had nothing to do, was not."""
        decided = ("first", "promoted", "kept", "refreshed")
        return next((one for one in self._earlier if one.verdict in decided and one.base), None)

    def _first(self, table: Table, base: str) -> Record:
        """The best of the first sound run is put in use."""
        best = table.best
        if best is None:
            raise DataError("no trial has a score, so none can be put in use")
        mean = best.scores[table.metric].mean
        if why := gate.unsound(best, self._gate, table.metric):
            why = f"no model is in use yet, and the best one was not promoted: {why}"
            if again.in_search(table, None):
                return self._undecided(why, None, table, passes=True)
            return self._record("kept", why, None, base, table)
        why = f"nothing was in use; the best of the run {table.plan.run} is the first champion"
        record = self._record("first", why, None, base, table).model_copy(
            update={"params": best.params, "score": mean, "challenger_score": mean}
        )
        return self._put(record, table, best, None, None)

    def _compared(self, table: Table, base: str, before: Champion, version: Version | None) -> Record:
        """Challenger and champion on fresh folds; what follows from it."""
        found = gate.challenger(table, before)
        if found is None:
            alone = "there is no challenger: the search has no other params than the champion's"
            why = alone if gate.is_alone(table, before) else "there is no challenger: no other trial has all its scores"
            record = self._record("kept", why, before, base, table)
            if again.in_search(table, before):
                record = self._undecided(why, before, table, passes=True)
            return self._refreshed(record, table, table.plan.trials - 1, before, version)
        confirmed = confirming.run(self.control, table, (before.params, found.params))
        decision = gate.decide(confirmed, self._gate)
        record = self._record("kept", decision.why, before, base, table, confirmed).model_copy(
            update={
                "params": found.params,
                "evidence": decision.evidence,
                "challenger_score": _mean(confirmed, gate.CHALLENGER),
                "score": _mean(confirmed, gate.CHALLENGER if decision.promotes else gate.CHAMPION),
            }
        )
        if decision.evidence is None and confirmed.failed:
            passes = again.in_confirm(confirmed)
            record = record.model_copy(update={"base": "", "why": again.told(decision.why, passes=passes)})
        if not decision.promotes:
            return self._refreshed(record, confirmed, gate.CHAMPION, before, version)
        self._refit(confirmed, gate.CHALLENGER)
        record = record.model_copy(update={"verdict": "promoted"})
        return self._put(record, confirmed, confirmed.trial(gate.CHALLENGER), before, version)

    def _refreshed(
        self, record: Record, table: Table, number: int, before: Champion, version: Version | None
    ) -> Record:
        """The champion's params trained on the new data, where the study asks for that and they are good enough."""
        facts = table.plan.facts
        is_done = not record.base and (before.data, before.code) == (facts.fingerprint, facts.code_digest)
        if not self._gate.refresh or is_done or int(table.fits.failed[number].sum()):
            return record
        score = _mean(table, number)
        why = "has no score" if score is None else gate.below(score, self._gate, table.metric)
        if why:
            told = f"{record.why}; the champion was not trained again on the new data: there {why}"
            return record.model_copy(update={"why": told})
        self._refit(table, number)
        told = f"{record.why}; the champion was trained again on the new data"
        record = record.model_copy(update={"verdict": "refreshed", "why": told, "score": score})
        return self._put(record, table, table.trial(number), before, version)

    def _refit(self, table: Table, number: int) -> None:
        """Has a trial of the confirm run trained on all rows, unless its model is there."""
        keys = RunKeys(table.plan.study, table.plan.run)
        number = putting.trained_for(table, number)
        if in_use.has_model_of(self._store, keys, number):
            return
        self._store.write(keys.chosen, json.dumps({"trial": number}).encode())
        for key in (keys.model, keys.pipeline):  # another trial's, where the gate was another
            self._store.delete(key)
        self.control.watcher.say("training what goes into use again on all rows")
        self.control.launcher.refit(keys)

    def _undecided(self, why: str, before: Champion | None, table: Table, *, passes: bool) -> Record:
        """Failures left nothing to compare: without a base, so that the next retune does not take it for decided."""
        return self._record("kept", again.told(why, passes=passes), before, "", table)

    @cached_property
    def _earlier(self) -> list[Record]:
        """What earlier retunes came to, the newest first: read once, as there may be many."""
        return [one for one in in_use.history(self._store, self._study.name) if one.name != self.name]

    @property
    def _record(self) -> Callable[..., Record]:
        """What makes the records of this retune."""
        return self._notes(frozenset(run for one in self._earlier for run in (one.run, one.confirm) if run)).record

    def _notes(self, counted: frozenset[str] = frozenset()) -> Notes:
        return Notes(self._study.name, self.name, self.scheduled, self.began, counted)

    def _put(
        self, record: Record, table: Table, chosen: Ranked, before: Champion | None, version: Version | None
    ) -> Record:
        record = self._notes().ended(record)  # what goes into use was trained since
        return putting.put(self._store, record, table, chosen, before, version, usage.champion_text(table, self._store))


def _mean(table: Table, number: int) -> float | None:
    found = table.trial(number).scores[table.metric].mean
    return found if math.isfinite(found) else None
