"""Lost fits: those that were in flight when their worker ended, and whether that end was theirs.

Before a group begins, its worker stores a mark: the fits, the pod's UID, the node. The fits of a mark that have no
result were lost. What is known of the end lies beside it: the words of the process that watches in the pod (how the
process that trained ended, or that it was told to stop), and what the controller saw of the pod. Only an end that was
seen to be the fit's own counts against it, so that the table of a run depends on fits and never on machines.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Literal

MOST_UNSEEN = 6
"""How often one fit is lost for a cause that nobody saw, after which it is not tried again until the run is resumed."""

KILLED = "killed by SIGKILL"
"""How the end of a process that was killed is told, see ``attempts.ending``."""

NODE = "the loss of its node"

OUT_OF_MEMORY = "killed by SIGKILL (exit code 137: OOMKilled, it took more than the container's memory limit)"


@dataclass(frozen=True)
class Mark:
    """Fits that a worker began as one group.

    Attributes:
        fits: their identities.
        trials: the trial and the fold of each, for people.
        pod: the UID of the worker's pod; empty elsewhere.
        node: where that ran.
    """

    fits: tuple[str, ...]
    trials: tuple[tuple[int, int], ...] = ()
    pod: str = ""
    node: str = ""


@dataclass(frozen=True)
class ToldEnd:
    """What the watching process said of an end: how; None for a worker told to stop; whether the device failed."""

    how: str | None
    device: bool = False


@dataclass(frozen=True)
class Sighting:
    """What the controller saw of a pod's end.

    Attributes:
        pod: its UID.
        node: where it ran.
        reason: the kubelet's, of the worker's own container ("OOMKilled", "Error", …); of a pod that reached a limit
            of its own spec, the pod's reason and message.
        disrupted: whether the pod was evicted, preempted, deleted, taken from a lost node, or without its store.
        with_node: whether it was taken from a lost node, and nobody saw it being stopped.
    """

    pod: str
    node: str
    reason: str
    disrupted: bool
    with_node: bool = False

    @property
    def reached_limit(self) -> bool:
        """Whether a limit of the pod's own spec ended it: disk or time, of which nobody knows whether a fit took it."""
        return self.reason.startswith(("Evicted: ", "DeadlineExceeded: "))


@dataclass(frozen=True)
class Blame:
    """Whose end it was: the fit's ``own``, nobody's (``machine``), or ``unseen``; and how, in words."""

    whose: Literal["own", "machine", "unseen"]
    how: str = ""


def cause(told: ToldEnd | None, sighting: Sighting | None, *, explained: bool = False) -> Blame:
    """Returns whose end a worker's end was.

    Args:
        told: what the watching process said; it saw the end of the very process that trained.
        sighting: what the controller saw of the pod.
        explained: whether an earlier fit of this pod is known to have run out of memory: the kubelet says OOMKilled of
            a container ever after, so that it tells nothing of later ends.
    """
    if sighting is not None and sighting.reached_limit:
        return Blame("unseen", sighting.reason)
    disrupted = sighting is not None and sighting.disrupted
    gone = sighting is not None and sighting.with_node  # a fit may take its machine down, every time
    if told is not None and told.how is not None:
        killed = disrupted and KILLED in told.how  # a machine short of memory kills a process, then evicts its pod
        return Blame("unseen" if told.device or killed else "own", told.how)
    if told is not None or (disrupted and not gone):
        return Blame("machine")
    if sighting is not None and sighting.reason == "OOMKilled" and not (explained or gone):
        return Blame("own", OUT_OF_MEMORY)
    return Blame("unseen", NODE if gone else "")


@dataclass(frozen=True)
class LostFit:
    """What is known against one fit without a result.

    Attributes:
        deaths: how often it ended its worker.
        alone: whether it ever was alone then.
        how: how; alone, if it ever was.
        unseen: how often its worker was lost and nobody saw why.
        nodes: where that was, each as often as it was there.
        last: what was said of the last of these.
        trial: which fit it is, for people: trial and fold.
    """

    deaths: int = 0
    alone: bool = False
    how: str = ""
    unseen: int = 0
    nodes: tuple[str, ...] = ()
    last: str = field(default="", compare=False)
    trial: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def suspect(self) -> bool:
        """It goes alone, and its model is not built before its mark is stored."""
        return self.deaths >= 2 or self.unseen > 0

    @property
    def hopeless(self) -> bool:
        """Two deaths, one of them alone: the fit is the cause."""
        return self.deaths >= 2 and self.alone

    @property
    def forsaken(self) -> bool:
        """Lost too often for causes that nobody saw: tried no more, and no failed fit either."""
        return self.unseen >= MOST_UNSEEN and not self.hopeless

    def after(self, mark: Mark, found: Blame) -> "LostFit":
        """Returns what is known after one more end that was no machine's."""
        if found.whose == "unseen":
            nodes = tuple(sorted((*self.nodes, mark.node)))
            return replace(self, unseen=self.unseen + 1, nodes=nodes, last=found.how or self.last)
        alone = len(mark.fits) == 1
        how = self.how if self.alone and not alone else found.how
        return replace(self, deaths=self.deaths + 1, alone=self.alone or alone, how=how)


def causes(
    marks: Mapping[str, Mark], told: Mapping[str, ToldEnd], sightings: Mapping[str, Sighting]
) -> dict[str, Blame]:
    """Returns whose the end of each mark's worker was, by the mark's nonce.

    Args:
        marks: by nonce.
        told: what watching processes said, by the mark's nonce.
        sightings: what the controller saw, by the pod's UID.
    """
    explained = {marks[nonce].pod for nonce, one in told.items() if nonce in marks and "SIGKILL" in (one.how or "")}
    return {
        nonce: cause(told.get(nonce), sightings.get(mark.pod), explained=mark.pod in explained)
        for nonce, mark in marks.items()
    }


def against(marks: Mapping[str, Mark], found: Mapping[str, Blame], done: AbstractSet[str]) -> dict[str, LostFit]:
    """Returns what is known against each fit; fits that are done, or that nothing is known against, are absent."""
    known: dict[str, LostFit] = {}
    for nonce, mark in marks.items():
        for place, fit in enumerate(mark.fits):
            if fit not in done and found[nonce].whose != "machine":
                named = mark.trials[place] if place < len(mark.trials) else None
                known[fit] = replace(known.get(fit, LostFit()), trial=named).after(mark, found[nonce])
    return known


def story(lost: Iterable[LostFit], most: int = 5) -> str:
    """Says which fits were lost too often, on which nodes, and what to do; "" for none."""
    fits = list(lost)
    if not fits:
        return ""
    more = f"; and {len(fits) - most:,} more" if len(fits) > most else ""
    places = [node for node, _ in Counter(node for one in fits for node in one.nodes if node).most_common(1)]
    nodes = [f"look at the node (kubectl describe node {one}) and take it out (kubectl cordon {one})" for one in places]
    remedies = ", or ".join([*nodes, "give workers more memory"])
    return f"{'; '.join(map(_named, fits[:most]))}{more}. Nobody saw a fit's own fault, so none is blamed: {remedies}"


def _named(one: LostFit) -> str:
    which = "a fit" if one.trial is None else f"fold {one.trial[1]} of trial {one.trial[0]}"
    counts = Counter(node for node in one.nodes if node).most_common()
    where = f" on {', '.join(f'{node} ({count})' for node, count in counts)}" if counts else ""
    why = f", the last time by: {one.last}" if one.last else ""
    return f"{which} was lost with its worker {one.unseen} times{where}{why}"
