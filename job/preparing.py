"""Preparing a study: a worker finds out what only the user's code and data tell."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread

from job.errors import Incomplete, Missing, StoreError, UsageError
from job.launch.launcher import Launcher
from job.plan import stored
from job.plan.plan import Facts
from job.results import leftovers
from job.store import Store, has, nonces
from job.store.keys import prepared
from job.study import reading
from job.study.mistakes import Mistake, StudyMistakes
from job.study.study import Study

_PREPARED = ("prepare.json", "mistakes.json", "study.yaml", "folds.npz")
"""In the order in which they are taken away: what says that all is there goes first, as a controller may die amid."""


def prepare(
    study: Study, launcher: Launcher, store: Store, *, measure: bool = False, nonce: str = ""
) -> tuple[Facts, bytes]:
    """Has a worker find out what only the user's code and data tell; takes away what others left of it long ago.

    Args:
        study: what to prepare.
        launcher: starts the worker.
        store: where it leaves what it found.
        measure: whether one fit is timed.
        nonce: names what it leaves: with the same one, another controller goes on where this one is.

    Returns:
        The facts, and the folds as they are stored (``folds.npz``).

    Raises:
        StudyMistakes: what of the study does not hold against its code and data.
        DataError: the data is wrong.
    """
    nonce = nonce or nonces.fresh()
    _tidy(store, leftovers.of_study(store, study.name))
    key = {one: prepared(study.name, nonce, one) for one in _PREPARED}
    store.create(key["study.yaml"], reading.dump(study).encode())
    try:
        if not has(store, key["prepare.json"]):
            with _importing("sklearn.model_selection"):
                launcher.prepare(study, nonce, measure=measure)
        return stored.read(Facts, store.read(key["prepare.json"]), key["prepare.json"]), store.read(key["folds.npz"])
    except UsageError as error:
        raise _mistakes(store, key["mistakes.json"], error) from None
    except Missing as error:
        raise Incomplete(f"the worker that prepares the run ended without writing its result: {error}") from error
    finally:
        _tidy(store, key.values())


@contextmanager
def _importing(module: str) -> Iterator[None]:
    """Imports what takes long and is needed after, while something else is waited for."""
    thread = Thread(target=import_module, args=(module,), daemon=True)
    thread.start()
    yield
    thread.join()


def _tidy(store: Store, keys: Iterable[str]) -> None:
    for key in keys:
        with suppress(StoreError):  # whoever may not delete has some small objects more
            store.delete(key)


def _mistakes(store: Store, key: str, error: UsageError) -> UsageError:
    """The mistakes as values, where the worker left them; else what it said."""
    try:
        found = json.loads(store.read(key))
    except Missing:
        return error
    return StudyMistakes("The study", [Mistake.from_json(one) for one in found])
