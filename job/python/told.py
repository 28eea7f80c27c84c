"""What is said of a run while it goes on, wherever that is shown."""

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from job.study.times import duration

if TYPE_CHECKING:
    from job.plan.plan import Plan
    from job.results.progress import Seen
    from job.study.study import Study


@dataclass
class Told:
    """Puts a run's progress into words; remembers where it began.

    What words are made with is imported when there is something to say, so that a run shows at once that it began.
    """

    began: float = field(default_factory=monotonic)
    first: int | None = None
    """Fits that were stored when we began; None before the first look."""

    def planned(self, plan: "Plan", study: "Study") -> list[str]:
        """Say what will run."""
        from job.report.words import counted

        self.began, self.first = monotonic(), None
        again = f" ({counted(plan.duplicates, 'duplicate')}, trained once)" if plan.duplicates else ""
        whole = (
            f"{study.name}: {counted(plan.trials, 'trial')}{again} × {counted(plan.folds, 'fold')} = "  # noqa: RUF001
            f"{counted(plan.fits, 'fit')} in {counted(plan.shards, 'shard')}; run {plan.run}"
        )
        return [whole, *(f"note: {note}" for note in plan.facts.notes)]

    def resumed(self, seen: "Seen") -> str:
        """Say at the first look what was there already; "" later, and where nothing was."""
        if self.first is not None:
            return ""
        self.first = seen.done
        return f"resumed: {seen.done:,} of {seen.fits:,} fits are stored already" if seen.done else ""

    def seen(self, seen: "Seen") -> list[str]:
        """Say the best so far, what failed, and how long the rest will take."""
        from job.report.words import short

        told = []
        if seen.best is not None:
            told.append(f"best {short(seen.best.score)} (trial {seen.best.trial})")
        if seen.failed:
            told.append(f"{seen.failed:,} failed")
        done = seen.done - (self.first or 0)
        if done > 0 and seen.done < seen.fits:
            left = (monotonic() - self.began) * (seen.fits - seen.done) / done
            told.append(f"about {duration(left)} left")
        return told
