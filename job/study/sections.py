"""The small sections of a study: limits, cluster, and what is named with arguments."""

from typing import Annotated, Any, Literal

from pydantic import Field

from job.study.field_types import Bound, Count, Duration, Number, Seed, Spec, Value


class Limits(Value):
    """Bounds of one fit, of the whole run, and of the number of fits."""

    fit: Annotated[Duration, Field(description="A fit that takes longer is a failed fit.", examples=["30m"])] = None
    run: Annotated[
        Duration, Field(description="A run that takes longer stops cleanly and can be resumed.", examples=["8h"])
    ] = None
    fits: Annotated[
        Count | None, Field(description="A study of more fits is refused; 1,000,000 if not given.", examples=[500])
    ] = None


class Cluster(Value):
    """How a run goes through a Kubernetes cluster; no score depends on it. Pods themselves are the PodTemplate's."""

    image: Annotated[
        str | None,
        Field(
            description="The workers' image, best by digest; the installed PodTemplate's if not given.",
            examples=["registry.example.com/trainer@sha256:…"],
        ),
    ] = None
    parallelism: Annotated[Count, Field(description="Worker pods at once.", examples=[8])] = 4
    deadline: Annotated[
        Bound,
        Field(description="A Job whose workers run for longer is ended; the run can be resumed.", examples=["2d"]),
    ] = 7 * 86400.0
    startDeadline: Annotated[  # noqa: N815  # Kubernetes' spelling among Kubernetes' words
        Bound,
        Field(description="How long to wait for a first worker, in queues or for nodes.", examples=["2h"]),
    ] = 86400.0
    stall: Annotated[
        Bound, Field(description="A worker that shows no sign of life for this long is ended and replaced.")
    ] = 900.0
    ttl: Annotated[Bound, Field(description="How long finished Jobs and their logs are kept.", examples=["1d"])] = (
        7 * 86400.0
    )


class Splitter(Value):
    """How rows are split into folds: a count, or a splitter by name with its arguments."""

    name: str  # "folds" for a plain count, a scikit-learn splitter's name, or module:name
    arguments: dict[str, Any] = Field(default_factory=dict)


class Search(Value):
    """``grid``, or ``random`` with its count; the seed is the study's unless it has its own.

    ``around_champion``: which share of the trials ``tunejob retune`` draws near the model in use.
    """

    kind: Literal["grid", "random"]
    trials: Count | None = None
    seed: Seed | None = None
    around_champion: Annotated[Number | None, Field(gt=0.0, le=1.0)] = None


class OfOutputs(Value):
    """A scorer of the user's own that is given (y, outputs): y as the data has it, outputs as the model gave them."""

    outputs: Spec
