"""The task ``refit``: the best trial trained on all rows, checked, and left in the store as ``model.keras``."""

import json
import tempfile
from pathlib import Path
from typing import Any

from job.errors import DataError, Missing
from job.plan import stored
from job.plan.plan import Plan, Trial
from job.results.aggregate import aggregate
from job.results.files import ranked
from job.results.table import Ranked, Table
from job.store import RunKeys, Store, has
from job.train import estimator_saving, requests, saving
from job.work import run_context
from job.work.orders import Orders


def run(orders: Orders, store: Store) -> None:
    """Trains the best trial of a run, or the chosen one, on all rows and stores the model, unless it is there already.

    Of an estimator, its pipeline without the model is stored first.

    Raises:
        DataError: no trial has all its scores, or the refit failed.
        UsageError: the model can't be saved and loaded again.
    """
    keys = orders.keys
    if has(store, keys.model):
        return
    shared = run_context.load(store, keys, orders.folder)
    plan = stored.plan(store, keys)
    best = None if plan is None else _chosen(store, keys, aggregate(store, keys, plan, shared.study))
    if plan is None or best is None:
        raise DataError(f"there is nothing to refit in {keys.prefix}: no trial has all its scores")
    request = requests.refit(shared.study, shared.facts, Trial(best.number, best.params), shared.rows)
    with tempfile.TemporaryDirectory(prefix="tunejob-refit-") as folder:
        path = Path(folder) / estimator_saving.MODEL
        origin = _origin(plan, best)
        if shared.facts.estimator:
            estimator_saving.refit(request, shared.build, shared.study, shared.rows, Path(folder), origin)
            store.write(keys.pipeline, path.with_name(estimator_saving.PIPELINE).read_bytes())
        else:
            saving.refit(request, shared.build, shared.material, shared.rows, path, origin)
        store.write(keys.refit, json.dumps(saving.provenance(path), ensure_ascii=False).encode())
        store.write(keys.model, path.read_bytes())


def _chosen(store: Store, keys: RunKeys, table: Table) -> Ranked | None:
    """The trial that is named, where one is; else the best."""
    try:
        number = int(json.loads(store.read(keys.chosen))["trial"])
    except Missing:
        return table.best
    return table.trial(number)


def _origin(plan: Plan, best: Ranked) -> dict[str, Any]:
    return {
        "study": plan.study,
        "run": plan.run,
        "digest": plan.digest,
        "trial": best.number,
        "scores": ranked(best)["scores"],
        "data": plan.facts.fingerprint,
        "code": plan.facts.code_digest,
        "commit": plan.commit,
        "versions": plan.facts.versions,
    }
