"""Nodes that lose workers out of proportion: a bad machine is named before it costs one worker after the other."""

from collections import Counter
from collections.abc import Mapping, Sequence

from job.launch.cluster.api import Object
from job.launch.cluster.job_view import View
from job.launch.cluster.pod_view import disrupted_end, index_of

FEWEST = 3
"""Losses of one node that are told, at least."""
_SHARE = 0.5  # of a node's workers
_TIMES = 2.0  # the share of all other nodes' workers


def counted(view: View) -> tuple[Counter[str], Counter[str]]:
    """How many workers of a Job each node lost, and how many it had."""
    ends = (*view.ends.values(), *view.vanished.values())
    return Counter(end.node for end in ends if end.is_lost and end.node), Counter(view.places.values())


def vanish(view: View, lost: Sequence[Object]) -> None:
    """Takes pods that do not end for lost with their node, but those of indexes whose worker was seen to end."""
    ended = {index_of(pod) for pod in view.lingering}
    gone = [pod for pod in lost if index_of(pod) not in ended]
    view.vanished |= {one["metadata"]["name"]: disrupted_end(one, "NodeLost") for one in gone}


def told(lost: Mapping[str, int], had: Mapping[str, int]) -> list[str]:
    """A sentence for each node that lost at least three workers, half of its own, and twice the share of others."""
    found = []
    for node, count in sorted(lost.items(), key=lambda one: (-one[1], one[0])):
        others = sum(had.values()) - had[node]
        elsewhere = (sum(lost.values()) - count) / others if others else 0.0
        if count >= FEWEST and count / had[node] >= max(_SHARE, _TIMES * elsewhere):
            found.append(f"node {node} lost {count} of its {had[node]} workers: kubectl cordon {node}")
    return found
