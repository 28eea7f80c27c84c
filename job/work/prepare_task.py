"""The task ``prepare``: what only the user's code and data can tell, found once and left in the store."""

import json

from job.data import folds as fold_numbers
from job.store import Store
from job.store.keys import prepared
from job.study import reading
from job.study.mistakes import StudyMistakes
from job.work.facts import prepare
from job.work.orders import Orders


def run(orders: Orders, store: Store) -> None:
    """Reads the study that the controller left, and leaves its facts and folds beside it; the facts come last.

    Mistakes are left there too, as values: whoever has the study's file can tell their lines.
    """

    def key(name: str) -> str:
        return prepared(orders.study, orders.nonce, name)

    study = reading.parse(store.read(key("study.yaml")).decode(), key("study.yaml"))
    try:
        facts, folds = prepare(study, orders.folder, measure=orders.measure, explain=orders.explain)
    except StudyMistakes as error:
        found = [mistake.to_json() for mistake in error.mistakes]
        store.write(key("mistakes.json"), json.dumps(found, ensure_ascii=False).encode())
        raise
    if orders.apart:
        facts = facts.model_copy(update={"device": ""})  # the workers' own is told by the first of them
    store.write(key("folds.npz"), fold_numbers.save(folds))
    store.write(key("prepare.json"), facts.model_dump_json().encode())
