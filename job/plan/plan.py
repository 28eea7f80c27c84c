"""The plan's values: trials, shards, and the plan that names a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from job.data.profile import Profile
from job.study.study import Task, Value


@dataclass(frozen=True)
class Trial:
    """One point of the space. A duplicate names its twin, the first trial of equal params, and trains nothing."""

    number: int
    params: Mapping[str, Any]
    twin: int | None = None


@dataclass(frozen=True)
class Shard:
    """What one worker does: every fold of these trials. Duplicates follow their twin's shard."""

    index: int
    trials: tuple[Trial, ...]


class FitTime(Value):
    """What fits took that were timed on the machine that prepared: seconds of one with its scoring, for these params.

    ``trace_seconds`` is what their program took once, tracing above all, ``fits`` how many were timed together,
    ``programs`` how many programs the run's trials need, as far as some of them tell.
    """

    seconds: float
    params: dict[str, Any]
    trace_seconds: float = 0.0
    fits: int = 1
    programs: int = 1


class TraceTime(Value):
    """Seconds that tracing one program of a study's models takes, and from what that is known.

    ``shared`` is whether one trace serves all widths, so that a shape more takes a part of it only; ``steps`` how many
    steps in time recurrent layers take of a row, each of which costs about what a row costs others.
    """

    seconds: float
    why: str
    shared: bool = False
    steps: int = 1


class Tracing(TraceTime):
    """What a plan assumes of tracing: ``cost`` is its seconds in the units of shards' costs.

    ``kept`` is whether a worker keeps what it traced from shard to shard, as on one machine.
    """

    cost: float
    kept: bool


class ForeseenWay(Value):
    """How some fits will be trained: which fits, the way's name, and why."""

    fits: str
    way: str
    why: str


class InputForm(Value):
    """X as models take it: one array, or several by name or by position.

    ``arrays`` has for each its name ("" for one alone), its dtype ("text" for words) and its shape without the rows.
    """

    kind: Literal["array", "mapping", "tuple"]
    arrays: tuple[tuple[str, str, tuple[int, ...]], ...]


class Facts(Value):
    """What ``prepare`` found out with the user's code and data: stored as ``prepare.json``."""

    format: Literal[1] = 1
    fingerprint: str  # sha256 of X, y, groups, sample_weight
    folds_digest: str  # sha256 of the row numbers of every fold
    contents: tuple[str, ...] = ()  # sha256 of each fold's rows, their numbers and content; none of older runs
    code_digest: str  # sha256 of the user's code: of its files' names and contents
    files: dict[str, str] = Field(default_factory=dict)  # sha256 of each file of the code, by its path
    why_files: dict[str, str] = Field(default_factory=dict)  # what makes each of them count
    rows: int
    fold_sizes: tuple[tuple[int, int], ...]  # (train, test) rows of each fold
    task: Task
    why: str  # why that task
    classes: tuple[Any, ...] | None
    scoring: tuple[str, ...]  # with the task's default filled in
    build_parameters: tuple[str, ...]  # what build() takes; ("**",) among them when it takes any
    versions: dict[str, str]  # python, tensorflow, keras, scikit-learn, numpy, scipy, tunejob
    packages: dict[str, str]  # every installed distribution
    trains_by: dict[str, str] = Field(default_factory=dict)  # versions of packages that the model's code imports
    scores_by: dict[str, str] = Field(default_factory=dict)  # of those that only scorers and distributions import
    device: str  # "GPU: <name>" or "CPU: <model>, <n> cores"; empty where prepared on another kind than workers'
    import_seconds: float
    data_seconds: float
    fit_time: FitTime | None = None  # only when one fit was timed
    trace_time: TraceTime | None = None  # by a rule, from the layers of the first model; none of older runs
    ways: tuple[ForeseenWay, ...] | None = None  # only when it was asked for; of the first trials, where there are many
    width: int = 64  # values in one row of X
    form: InputForm | None = None  # of X, for whoever gives the model new rows
    inputs: str = ""  # X in a sentence, so that a column read as text by mistake is seen
    notes: tuple[str, ...] = ()  # what the user should know: folds that lack a class, and the like
    profile: Profile | None = None  # of the rows, for a study that is retuned
    champion: dict[str, Any] | None = None  # params of the model in use, a trial after the search's own
    again: int = 0  # how many runs like this decided nothing in a retune, for failures that may pass
    confirms: str = ""  # the run whose challenger is compared with the champion here
    estimator: bool = False  # whether the user's function makes scikit-learn estimators, and no Keras models
    candidates: tuple[dict[str, Any], ...] | None = None  # all trials' params, where drawing them needs the user's code


class Plan(Value):
    """All trials and how they are divided, fixed before launch: stored as ``plan.json``, once."""

    format: Literal[1] = 1
    study: str
    run: str  # <study>-<first 10 of digest>
    digest: str
    digest_parts: dict[str, str]  # what the digest covers, by name, so that a difference can be told
    trials: int
    duplicates: int
    folds: int
    fits: int  # that train: (trials - duplicates) * folds
    shards: int
    costs: tuple[float, ...]  # expected cost of each shard, in arbitrary units
    workers: int  # that it was balanced for
    tracing: Tracing | None = None  # what was assumed of it when trials were divided; none of older runs
    facts: Facts
    commit: str | None
    created: str  # ISO time, UTC
