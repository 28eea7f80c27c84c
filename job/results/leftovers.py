"""What commands that were killed left in a store: no part of any run, and taken away by whoever comes next."""

from collections.abc import Iterator

from job.results import runs
from job.store import Store, nonces
from job.store.keys import prepared_prefix, searched_prefix
from job.store.probe import PREFIX as PROBES


def of_study(store: Store, study: str, older: float = nonces.DAY) -> Iterator[str]:
    """Yields the keys that preparations of a study left this many seconds ago or more."""
    prefix = prepared_prefix(study)
    for entry in store.list(prefix):
        if nonces.age(entry.key.removeprefix(f"{prefix}/").partition("/")[0]) >= older:
            yield entry.key


def of_searches(store: Store, study: str) -> Iterator[str]:
    """Yields the keys of what searches in Python sent, once no run of theirs is left, nor one being prepared."""
    if runs.names(store, study) or store.list(prepared_prefix(study)):
        return
    for entry in store.list(searched_prefix(study)):
        yield entry.key


def of_probes(store: Store, older: float = nonces.DAY) -> Iterator[str]:
    """Yields the keys that trying a store left this many seconds ago or more."""
    for entry in store.list(PROBES):
        if nonces.age(entry.key.rpartition("/")[2]) >= older:
            yield entry.key
