"""The version of what is written: an older one is read, a newer one is refused by a sentence."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from job.errors import UsageError

FORMAT = 1
"""The newest format of studies, plans, result lines and ``best.json`` that this version knows."""


def refuse_newer(values: Mapping[Any, Any], where: str) -> None:
    """Refuses values that a newer version wrote.

    Raises:
        UsageError: its ``format`` is newer than ours.
    """
    found = values.get("format", FORMAT)
    if isinstance(found, int) and found > FORMAT:
        raise UsageError(
            f"{where} has format {found}; tunejob {version('tunejob')} reads format {FORMAT} and older. "
            "Update tunejob: `pip install --upgrade tunejob`."
        )
