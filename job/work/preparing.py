"""The task ``prepare``: what only the user's code and data can tell, found once and left in the store."""

from job.data import folds as fold_numbers
from job.store import Store
from job.store.keys import prepared
from job.study import reading
from job.work.orders import Orders
from job.work.prepare import prepare


def run(orders: Orders, store: Store) -> None:
    """Reads the study that the controller left, and leaves its facts and folds beside it; the facts come last."""

    def key(name: str) -> str:
        return prepared(orders.study, orders.nonce, name)

    study = reading.parse(store.read(key("study.yaml")).decode(), key("study.yaml"))
    facts, folds = prepare(study, orders.folder, measure=orders.measure)
    store.write(key("folds.npz"), fold_numbers.save(folds))
    store.write(key("prepare.json"), facts.model_dump_json().encode())
