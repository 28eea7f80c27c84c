"""What a retune came to, and what is in use since: values as they are stored."""

from typing import Any, Literal

from pydantic import Field

from job.data.profile import Change, Profile
from job.study.study import Value

Verdict = Literal["first", "promoted", "kept", "refreshed", "unchanged", "failed", "incomplete", "rolled back"]
"""``first``: there was no champion before. ``unchanged``: nothing was trained. ``failed``: no run came to its end.
``incomplete``: it was interrupted, and whoever comes next goes on with it; told, and never kept."""
CHANGED: tuple[Verdict, ...] = ("first", "promoted", "refreshed", "rolled back")
"""Those after which another model is in use."""


class Evidence(Value):
    """Challenger and champion on the same fresh folds.

    ``champion`` and ``challenger`` have a score for each fold by the metric; the rest is the test's.
    """

    champion: tuple[float, ...]
    challenger: tuple[float, ...]
    ratio: float  # test rows over training rows
    mean: float  # of the differences, challenger's less champion's
    scale: float  # of the posterior, a Student's t
    freedom: int
    worse: float
    equal: float
    better: float
    confidence: float
    margin: float


class Record(Value):
    """One retune: what it came to, and why."""

    format: Literal[1] = 1
    study: str
    name: str
    verdict: Verdict
    why: str
    when: str  # ISO time, UTC
    by: str  # which process
    scheduled: str | None = None  # ISO time that it was due, for one at a schedule; of a Job by hand, its creation
    base: str = ""  # digest of data, code, study and gate: equal for a retune that has nothing to do
    run: str = ""  # of the search
    confirm: str = ""  # the run on fresh folds
    metric: str = ""
    against: int | None = None  # the serial of the champion that was in use
    params: dict[str, Any] | None = None  # of the challenger
    champion_params: dict[str, Any] | None = None  # of the champion that was in use
    score: float | None = None  # the mean of what is in use now, on the folds of this retune
    challenger_score: float | None = None
    evidence: Evidence | None = None
    changes: tuple[Change, ...] | None = None  # of the data, against the champion's; None where that is not known
    profile: Profile | None = None
    seconds: float = 0.0  # device seconds of all fits that it trained
    took: float = 0.0  # seconds from when whoever ended it began to its end
    fits: int = 0  # that it trained
    reused: int = 0  # that earlier runs had trained
    device: str = ""
    notes: tuple[str, ...] = Field(default=())


class Champion(Value):
    """The model in use: ``champion.json``, changed by compare-and-swap only."""

    format: Literal[1] = 1
    study: str
    serial: int  # from 1, one more with each change
    previous: int | None  # the serial of the one to roll back to
    params: dict[str, Any]
    metric: str
    scores: dict[str, float | None]  # means by each scorer, on the folds that decided; None where that is no number
    run: str  # where it was found
    trained: str  # the run that trained its model
    model: str  # key of the model
    model_digest: str  # sha256 of the model's file
    pipeline: str = ""  # key of the estimator around it, where the study's models are scikit-learn estimators
    pipeline_digest: str = ""
    data: str  # fingerprint of the rows it was trained on
    code: str  # digest of the code it was built by
    profile: Profile | None = None
    when: str
    by: str
    why: str
    decided: Record  # the retune that put it in use
