"""What is noted of a retune, whatever it came to."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from job.data import profile
from job.results import status
from job.results.table import Table
from job.retune.record import Champion, Record


@dataclass(frozen=True)
class Notes:
    """One retune as its records have it.

    Attributes:
        study: its study's name.
        name: its own.
        scheduled: when it was due, ISO time; None for one by hand.
        began: when this controller of it did, by ``monotonic``.
        counted: runs that an earlier retune trained, so that their cost was told.
    """

    study: str
    name: str
    scheduled: str | None
    began: float
    counted: frozenset[str] = frozenset()

    def record(  # one part of a record each
        self,
        verdict: Any,
        why: str,
        before: Champion | None,
        base: str = "",
        table: Table | None = None,
        confirmed: Table | None = None,
        **more: Any,
    ) -> Record:
        """What is known of any retune."""
        tables = [one for one in (table, confirmed) if one is not None]
        new = [one for one in tables if one.plan.run not in self.counted]
        facts = table.plan.facts if table is not None else None
        now = more.get("profile") or (facts.profile if facts is not None else None)
        known = {
            "run": table.plan.run if table else "",
            "confirm": confirmed.plan.run if confirmed else "",
            "metric": table.metric if table else "",
            "device": facts.device if facts else "",
            "profile": now,
            "changes": profile.changes(before.profile, now)[:20] if before and before.profile and now else None,
            "seconds": sum(_seconds(one) for one in new),
            "fits": sum(one.done - one.taken for one in new),
            "reused": sum(one.taken if one in new else one.done for one in tables),
        }
        return Record(
            study=self.study, name=self.name, verdict=verdict, why=why, by=status.own(),
            scheduled=self.scheduled, base=base, **self._now(),
            against=before.serial if before else None, champion_params=before.params if before else None,
            **{**known, **more},
        )  # fmt: skip

    def ended(self, record: Record) -> Record:
        """Return a record that ends now."""
        return record.model_copy(update=self._now())

    def _now(self) -> dict[str, Any]:
        return {
            "when": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "took": monotonic() - self.began,
        }


def _seconds(table: Table) -> float:
    """What all fits that a run trained took, summed."""
    seconds = table.fits.fit_seconds[table.trained[:, None] & ~table.fits.taken]
    return float(seconds[seconds == seconds].sum())  # noqa: PLR0124  # fits that are missing are NaN
