"""Seconds by which a thread's clock is off: it waits while fits of others train, and its own train in another thread.

Who measures a fit adds what ``total`` grew by meanwhile.
"""

import threading


class _Here(threading.local):
    """What this thread knows."""

    total: float = 0.0


_here = _Here()


def add(seconds: float) -> None:
    """Counts seconds that were this thread's work and not on its clock; below zero, those on it that were not."""
    _here.total += seconds


def total() -> float:
    """Return all seconds that were counted in this thread."""
    return _here.total
