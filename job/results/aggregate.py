"""From result objects to the table, object by object; at any moment of a run."""

from collections.abc import Iterator

from job.errors import Missing
from job.plan import stored
from job.plan.plan import Plan, Shard
from job.results.fits import Fits
from job.results.table import Table
from job.results.trials import Trials
from job.store import Store
from job.store.keys import RunKeys
from job.study.study import Study


def aggregate(store: Store, keys: RunKeys, plan: Plan, study: Study) -> Table:
    """Read all shards and all results that are stored, and return the table of the run.

    Of a fit that was stored twice, by two workers on one shard, the object of the lower key counts, whichever
    is read first.

    Raises:
        StoreError: the store is out of reach, or holds what is no result of this run.
        UsageError: a newer tunejob wrote the results.
    """
    plan = _with_device(store, keys, plan)
    fits = empty(plan, study)
    for key, data in store.read_many(entry.key for entry in store.list(keys.results_prefix)):
        fits.add(key, data)
    trials = Trials.of(plan.trials, _shards(store, keys, plan))
    fits.repeat(trials.twin)
    return Table(study, plan, trials, fits)


def _with_device(store: Store, keys: RunKeys, plan: Plan) -> Plan:
    """The plan with the workers' device, where whoever prepared it had another."""
    if plan.facts.device:
        return plan
    try:
        device = store.read(keys.device).decode()
    except Missing:
        return plan
    return plan.model_copy(update={"facts": plan.facts.model_copy(update={"device": device})})


def empty(plan: Plan, study: Study) -> Fits:
    """Return places for all fits of a run, none of them filled."""
    return Fits(plan.trials, plan.folds, plan.facts.scoring, train=study.return_train_score)


def _shards(store: Store, keys: RunKeys, plan: Plan) -> Iterator[Shard]:
    for key, data in store.read_many(keys.shard(number) for number in range(plan.shards)):
        yield stored.shard_of(data, key)
