"""The ways a fit can be trained, by the names that result lines hold."""

from enum import StrEnum
from typing import Literal

Compiled = Literal["no", "midway", "at once"]


class Way(StrEnum):
    """How a fit was trained. The values are persisted: they stay, and new ways get new ones.

    Together: by one trace for models of any shape or of one, whose steps run as a graph or compiled by XLA, from the
    first step or from some epoch on.
    """

    FIT = "fit"
    ANY_GRAPH = "any-shape graph"
    ANY_XLA = "any-shape XLA"
    ANY_BOTH = "any-shape graph, then XLA"
    ONE_GRAPH = "one-shape graph"
    ONE_XLA = "one-shape XLA"
    ONE_BOTH = "one-shape graph, then XLA"
    NONE = "none"
    """Not at all: its worker ended before."""


_TOGETHER: dict[tuple[bool, Compiled], Way] = {
    (True, "no"): Way.ANY_GRAPH,
    (True, "at once"): Way.ANY_XLA,
    (True, "midway"): Way.ANY_BOTH,
    (False, "no"): Way.ONE_GRAPH,
    (False, "at once"): Way.ONE_XLA,
    (False, "midway"): Way.ONE_BOTH,
}


def together(*, free: bool, compiled: Compiled) -> Way:
    """The way of a group trained as one program, of unknown dimensions (``free``) or of one shape."""
    return _TOGETHER[free, compiled]
