"""Following objects of the cluster through lost connections, forgotten histories and restarts of the API server."""

import json
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Literal, Self

import urllib3
from urllib3.exceptions import HTTPError

from job.errors import TunejobError
from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import ClusterError, GoneError, error
from job.launch.cluster.wire import each_line, selectors

_SHORT = 0.2  # seconds before what failed is tried again, at first
_STEADY = 10.0  # seconds after which a watch that is cut is no sign that the next will be
_SERVED = 270.0  # seconds of one watch; servers end them after five to ten minutes anyway


@dataclass(frozen=True)
class WatchEvent:
    """What was seen of one kind.

    ``listed`` gives all objects that there are, so that what is not among them is gone; ``changed`` and ``deleted``
    give one; ``lost`` none: the cluster does not answer, ``fault`` says why.
    """

    kind: str
    what: Literal["listed", "changed", "deleted", "lost"]
    objects: Sequence[Object] = ()
    fault: TunejobError | None = None


class Watching:
    """Follows several kinds at once, each in a thread of its own; a context manager that ends them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._seen: queue.SimpleQueue[WatchEvent] = queue.SimpleQueue()
        self._followed: list[_Followed] = []

    def follow(
        self,
        kind: str,
        labels: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        slim: Callable[[Object], Object] = lambda one: one,
    ) -> None:
        """Begins to follow the objects of a kind that match; of each, what ``slim`` makes is kept."""
        followed = _Followed(self._api, kind, selectors(labels, fields), self._seen, slim)
        self._followed.append(followed)
        followed.start()

    def within(self, seconds: float) -> Iterator[WatchEvent]:
        """What is seen within these seconds, as it is seen.

        Raises:
            NotPermittedError: we may not see it.
        """
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            try:
                seen = self._seen.get(timeout=left)
            except queue.Empty:
                return
            if seen.fault is not None and seen.what != "lost":
                raise seen.fault
            yield seen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for followed in self._followed:
            followed.stop()


class _Followed(threading.Thread):
    """One kind: lists, watches from there, and lists again whenever the watch can't go on."""

    def __init__(
        self,
        api: Api,
        kind: str,
        query: dict[str, str],
        seen: "queue.SimpleQueue[WatchEvent]",
        slim: Callable[[Object], Object],
    ) -> None:
        super().__init__(name=f"tunejob-watch-{kind}", daemon=True)
        self._api, self._kind, self._query, self._seen = api, kind, query, seen
        self._slim = slim
        self._ended = threading.Event()
        self._answer: urllib3.BaseHTTPResponse | None = None

    def run(self) -> None:
        wait = _SHORT
        while not self._ended.is_set():
            began = monotonic()
            try:
                version = self._list()
                while version and not self._ended.is_set():
                    version = self._watch(version)
            except ClusterError as fault:  # after all patience
                self._seen.put(WatchEvent(self._kind, "lost", fault=fault))
            except TunejobError as fault:  # nothing that passes by itself
                self._seen.put(WatchEvent(self._kind, "changed", fault=fault))
                return
            if monotonic() - began >= _STEADY:
                wait = _SHORT
            self._ended.wait(wait)
            wait = min(2 * wait, 5.0)

    def stop(self) -> None:
        """Ends the thread; a watch in flight is cut."""
        self._ended.set()
        answer = self._answer
        if isinstance(answer, urllib3.HTTPResponse) and not answer.closed:
            answer.shutdown()

    def _list(self) -> str:
        listed = self._api.list(self._kind, query=self._query, slim=self._slim)
        self._seen.put(WatchEvent(self._kind, "listed", listed["items"]))
        return str(listed["metadata"]["resourceVersion"])

    def _watch(self, version: str) -> str:
        """Watches from a version on; returns the version to go on from, empty if it must be listed again.

        So it must where the watch is cut, as by what balances loads in front of the server: that alone is no trouble.
        """
        try:
            return self._watched(version)
        except ClusterError:
            return ""
        except (HTTPError, OSError):
            self._api.away()
            return ""

    def _watched(self, version: str) -> str:
        query = {**self._query, "resourceVersion": version}
        answer = self._answer = self._api.watch(self._kind, query, seconds=_SERVED)
        try:
            for line in each_line(answer):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return self._refused(event["object"])
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    what: Literal["changed", "deleted"] = "deleted" if event["type"] == "DELETED" else "changed"
                    self._seen.put(WatchEvent(self._kind, what, [self._slim(event["object"])]))
        except ValueError:  # cut in the middle of a line
            return ""
        finally:
            answer.close()
        return version

    def _refused(self, status: Object) -> str:
        """What an error within a watch means: its history is forgotten, most often."""
        fault = error(int(status.get("code", 500)), json.dumps(status).encode(), "GET", self._api.namespace)
        if isinstance(fault, GoneError | ClusterError):
            return ""
        raise fault
