"""How long one fit takes on this machine, for plans that tell the time to expect."""

from collections.abc import Mapping
from typing import Any

from job.data.rows import Rows
from job.plan.plan import FitTime
from job.train import by_fit, scoring
from job.train.fits import Build, FitRequest, Material


def measure(
    request: FitRequest, build: Build, material: Material, rows: Rows, scorers: Mapping[str, Any]
) -> FitTime | None:
    """Times one fit with its scoring, the first of a process: tracing is in it.

    Returns:
        Seconds and the fit's params; None when the fit failed.
    """
    trained = by_fit.train(request, build, material)
    scored = scoring.score(trained, rows, scorers)
    if scored.failure is not None:
        return None
    return FitTime(seconds=trained.seconds + scored.seconds, params=dict(request.params))
