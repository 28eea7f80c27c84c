"""The one crossing to bytes: object storage behind a few calls, the same on a folder, in memory and in the clouds."""

from job.errors import Missing, StoreError
from job.store.contract import Entry, Store, Version, has, place
from job.store.keys import RunKeys
from job.store.opening import open_store, shared_between_processes
from job.store.probe import probe

__all__ = [
    "Entry",
    "Missing",
    "RunKeys",
    "Store",
    "StoreError",
    "Version",
    "has",
    "open_store",
    "place",
    "probe",
    "shared_between_processes",
]
