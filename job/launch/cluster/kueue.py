"""Kueue's LocalQueues and Workloads, read in whichever version of Kueue's API the cluster serves."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeVar
from weakref import WeakKeyDictionary

from job.errors import ExitCode, NotPermittedError, TunejobError
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import AbsentError
from job.launch.cluster.wire import selectors

GROUP = "kueue.x-k8s.io"
QUEUE = f"{GROUP}/queue-name"
"""The label by which Kueue queues a Job."""
VERSIONS = ("v1beta2", "v1beta1")
"""The newest first. What is read of LocalQueues and Workloads has the same names in both."""

_served: WeakKeyDictionary[Api, str] = WeakKeyDictionary()
"""The version that each cluster was found to serve."""
_T = TypeVar("_T")


class NotServedError(TunejobError):
    """The cluster serves no version of Kueue's API that is known here.

    Attributes:
        never: whether Kueue is not installed at all, so that no queued Job ever starts.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.STORE

    def __init__(self, message: str, *, never: bool) -> None:
        super().__init__(message)
        self.never = never


def local_queue(api: Api, name: str) -> Object:
    """A LocalQueue of the namespace.

    Raises:
        AbsentError: there is no LocalQueue of this name, though Kueue is installed.
        NotServedError: Kueue is not installed, or in another version.
    """
    return _in_turn(api, "localqueues", lambda kind: api.get(kind, name), name)


def workloads(
    api: Api, labels: Mapping[str, str] | None = None, slim: Callable[[Object], Object] = lambda one: one
) -> Sequence[Object]:
    """The namespace's Workloads that have these labels, ``slim`` of each; raises NotServedError."""
    query = selectors(labels, None)
    return list(_in_turn(api, "workloads", lambda kind: api.list(kind, query, slim))["items"])


def _in_turn(api: Api, kind: str, ask: Callable[[str], _T], name: str | None = None) -> _T:
    """What is answered in the first version that is served; it is asked first from then on."""
    for version in sorted(VERSIONS, key=lambda one: one != _served.get(api)):
        try:
            found = ask(f"{GROUP}/{version}/{kind}")
        except AbsentError as error:
            if name is None or f'"{name}" not found' not in str(error):
                continue  # what is not found is the kind itself, in this version
            _served[api] = version
            raise
        _served[api] = version
        return found
    raise _not_served(api)


def _not_served(api: Api) -> NotServedError:
    try:
        there = api.versions(GROUP)
    except NotPermittedError:
        return NotServedError(
            f"the cluster does not know {' and '.join(VERSIONS)} of Kueue's API: Kueue is not installed, or in another "
            f"version. Look: kubectl api-resources --api-group={GROUP}",
            never=False,
        )
    if there:
        return NotServedError(
            f"Kueue is installed here with the API {', '.join(there)}, of which this tunejob reads "
            f"{' and '.join(VERSIONS)} only: take a newer tunejob to be told what the queue says",
            never=False,
        )
    return NotServedError(
        f"Kueue, whose queues start Jobs, is not installed in this cluster (it serves no {GROUP}), so it never starts: "
        f"install Kueue, or take the label {QUEUE} out of the PodTemplate tunejob-worker",
        never=True,
    )
