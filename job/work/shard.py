"""One shard: the fits that have no result yet, in groups, each stored whole as soon as it is trained and scored."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from job.plan import stored
from job.results import line as lines_format
from job.results import marks, predictions
from job.results.line import FitFailure, FitLine
from job.results.lost_fits import LostFit
from job.store import Store
from job.store.keys import RunKeys
from job.train import lines, memory, requests, scoring, spent
from job.train.estimator_trainer import TrainedEstimator
from job.train.fits import FitRequest, Reading, Trained
from job.train.groups import Group
from job.train.ways import Way
from job.work import attempts, events, op_threads, scoring_anew
from job.work.checkpoints import States, StoredState
from job.work.op_threads import Threads
from job.work.orders import Orders
from job.work.run_context import RunContext


@dataclass(frozen=True)
class ShardWork:
    """The work on one shard: what is missing of it, and where that goes."""

    number: int
    context: RunContext
    store: Store
    orders: Orders
    threads: Threads

    @property
    def keys(self) -> RunKeys:
        """The run's names in the store."""
        return self.orders.keys

    def run(self) -> Threads | None:
        """Does what is missing.

        Returns:
            None when the shard is done; else what a fresh process should have, by which this one should be replaced
            before it goes on: because its memory has grown, or because it has too many threads or too few.
        """
        done = marks.done(self.store, self.keys, self.number)
        missing = [request for request in self._requests() if request.identity not in done]
        known = attempts.lost_fits(self.store, self.keys, self.number, done) if missing else {}
        missing = self._scored_anew(missing, known)
        kept = States(self.store, self.keys, self.number)
        retires = False
        for group in self._groups(missing, known):
            if retires:
                return self.threads
            loss = known.get(group.requests[0].identity, LostFit())
            if loss.forsaken:
                events.log(shard=self.number, left_out=group.requests[0].identity, lost=loss.unseen)
                continue
            if not loss.suspect and (wanted := self._better(group)):
                return wanted
            state = kept.of(group.name)
            trained = [_given_up(group.requests[0], loss)] if loss.hopeless else self._train(group, state)
            self._keep(group, trained)
            state.drop()
            retires = memory.should_retire(len(group.requests), self.context.trainer.traced)
        return None

    def _requests(self) -> list[FitRequest]:
        context = self.context
        return [
            requests.make(context.study, context.facts, trial, index, fold, context.rows)
            for trial in stored.shard(self.store, self.keys, self.number).trials
            if trial.twin is None
            for index, fold in enumerate(context.folds)
        ]

    def _scored_anew(self, missing: Sequence[FitRequest], known: Mapping[str, LostFit]) -> list[FitRequest]:
        """Scores fits of which an earlier run keeps the predictions; returns the others, and those lost before."""
        here = {(one.trial, one.fold): one for one in missing if one.identity not in known}
        done = scoring_anew.score(self.store, self.keys, self.number, self.context, here) if here else set()
        return [one for one in missing if one.identity not in done]

    def _groups(self, missing: Sequence[FitRequest], known: Mapping[str, LostFit]) -> Iterator[Group]:
        """Groups of the fits nothing is known against, then of those lost with a worker, in smaller company.

        Last and alone go those whose loss nobody saw: what is lost again then is known to be of one fit.
        """
        trainer = self.context.trainer
        against = [(request, known.get(request.identity, LostFit())) for request in missing]
        self._look([request for request, loss in against if not loss.suspect])
        yield from trainer.groups([request for request, loss in against if not (loss.deaths or loss.unseen)])
        lost = [request for request, loss in against if loss.deaths and not loss.suspect]
        for group in trainer.groups(lost):
            yield from group.halves() if len(group.requests) > 1 else (group,)
        suspects = [(request, loss) for request, loss in against if loss.suspect]
        yield from (Group((request,)) for request, loss in suspects if not loss.unseen)
        yield from (Group((request,)) for request, loss in suspects if loss.unseen)

    def _look(self, requests: Sequence[FitRequest]) -> None:
        """Builds every model once, announcing each first, so that a build that kills the process is blamed."""
        for request in requests:
            events.tell("look", shard=self.number, fit=request.identity)
            self.context.trainer.look(request)

    def _better(self, group: Group) -> Threads | None:
        """What a process should have for a group, instead of what this one has; its models are known from ``_look``."""
        return op_threads.better(group, self.context.trainer, self.threads)

    def _train(self, group: Group, state: StoredState) -> list[Trained]:
        fits = [request.identity for request in group.requests]
        named = [(request.trial, request.fold) for request in group.requests]
        nonce = attempts.begin(self.store, self.keys, self.number, fits, named, self.orders.place)
        events.tell("group", shard=self.number, nonce=nonce)
        return self.context.trainer.train(group, state)

    def _keep(self, group: Group, trained: Sequence[Trained]) -> None:
        began = perf_counter()
        with _whole():
            kept = self._keep_predictions(group, trained)
            result = [self._line(one, group.name, kept) for one in trained]
            scored = perf_counter()
            self.store.create(self.keys.result(self.number, group.name), lines_format.dump_lines(result))
        events.tell("stored", shard=self.number, fits=len(result))
        events.log(
            shard=self.number,
            group=group.name,
            fits=len(result),
            failed=sum(line.error is not None for line in result),
            way=result[0].way,
            fit_seconds=round(sum(one.seconds for one in trained), 3),
            score_seconds=round(scored - began, 3),
            store_seconds=round(perf_counter() - scored, 3),
            peak_megabytes=memory.peak_megabytes(),
            threads=self.threads.value,
            **spent.taken(),
        )

    def _keep_predictions(self, group: Group, trained: Sequence[Trained]) -> set[str]:
        """Keeps what models predicted where that is small, before scorers see it; the identities of those fits."""
        found = {one.request.identity: scoring_anew.of(one) for one in trained}
        limit = self.context.most_kept
        kept = {name: one for name, one in found.items() if one is not None and predictions.is_kept(one, limit)}
        if kept:
            self.store.create(self.keys.outputs(self.number, group.name), predictions.dump(list(kept.values())))
        return set(kept)

    def _line(self, trained: Trained, group: str, kept: AbstractSet[str]) -> FitLine:
        context = self.context
        if isinstance(trained, TrainedEstimator):
            scored = trained.scored
        else:
            scored = scoring.score(trained, context.rows, context.scorers, context.facts.scoring)
        outputs = trained.request.identity in kept
        return lines.line(trained, scored, group=group, attempt=self.orders.attempt, outputs=outputs)


def _given_up(request: FitRequest, loss: LostFit) -> Trained:
    message = f"ended its worker {loss.deaths} times, one of them while it trained alone: {loss.how}"
    return Trained(
        request=request,
        history={},
        test_outputs=None,
        train_outputs=None,
        reading=Reading(),
        epochs=0,
        seconds=0.0,
        predict_seconds=0.0,
        way=Way.NONE,
        why="it ended its worker",
        failure=FitFailure(kind="killed", message=message),
    )


@contextmanager
def _whole() -> Iterator[None]:
    """Lets no SIGTERM fall between a trained group and its result; the watching process sends it again."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
