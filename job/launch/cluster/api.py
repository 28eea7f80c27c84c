"""The one crossing to the cluster: raw JSON to and from the Kubernetes API.

The client library finds the cluster and proves who we are; its models are not used, because they refuse what people
write (a GPU count as a number) and what a newer server knows. The server itself checks every field, strictly.
"""

import json
import math
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from job.errors import TunejobError
from job.launch.cluster import names
from job.launch.cluster.api_errors import (
    PASSING,
    AbsentError,
    ClusterError,
    ExistsError,
    GoneError,
    IdentityError,
    TokenError,
    error,
)
from job.launch.cluster.wire import each_line, selectors

Object = dict[str, Any]

ASTRAY = "Is it up, and is the kubeconfig's context the right one (kubectl config current-context)?"
"""What a person looks at whose command does not reach the cluster."""
PATIENCE = 60.0
"""Seconds of trying to reach the API server where the caller does not say."""
_GROUPS = {"jobs": "/apis/batch/v1", "cronjobs": "/apis/batch/v1"}
_AGENT = "tunejob"
REFUSED = 600.0
"""Seconds for which a refused token is read again and tried again."""
_SILENCE = 8.0
"""Seconds of trying after which it is told that the cluster does not answer."""
_WAKING = 30.0
"""Seconds after the server was away in which it may not know yet who may do what: it refuses what it will allow."""


class Api:
    """One namespace of one cluster. A kind is its plural name, after ``GROUP/VERSION/`` where it is not Kubernetes'.

    A call that fails in passing (no connection, 429, 5xx, a refusal just after one of these) is repeated until patience
    ends; a creation whose answer was lost may therefore find its own object there: names are ours, so ``ExistsError``
    says no more than that it exists.

    Args:
        configuration: the client library's.
        namespace: of all objects.
        patience: seconds of trying.
        renew: reads the token from its file again, where there is one: a token that is refused is then tried for ten
            minutes, and ``IdentityError`` raised.
        say: takes a sentence when the cluster has not answered for some seconds.
        unreached: what to look at where it can't be reached.
    """

    def __init__(
        self,
        configuration: Any,
        namespace: str,
        *,
        patience: float = PATIENCE,
        renew: Callable[[], None] | None = None,
        say: Callable[[str], None] = lambda _: None,
        unreached: str = ASTRAY,
    ) -> None:
        from kubernetes.client import ApiClient  # half a second that most commands need not spend

        client = ApiClient(configuration)
        self._configuration = configuration
        self._pool: urllib3.PoolManager = client.rest_client.pool_manager
        self.namespace = namespace
        self.patience = patience
        self._renew, self._say, self._unreached = renew, say, unreached
        self._away, self._refused, self._silent, self._asked = -_WAKING, math.inf, False, False

    def away(self) -> None:
        """Takes note that the server is away, or was a moment ago: a token was then not refused all the time."""
        self._away, self._refused = time.monotonic(), math.inf

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self._configuration.host)

    def say(self, sentence: str) -> None:
        """Tells a sentence to whoever waits for a call."""
        self._say(sentence)

    def versions(self, group: str) -> Sequence[str]:
        """The versions that are served of a group of kinds; none where it is not installed."""
        try:
            return [str(one["version"]) for one in self._call("GET", f"/apis/{group}")["versions"]]
        except AbsentError:
            return []

    def get(self, kind: str, name: str) -> Object:
        """One object; raises AbsentError."""
        return self._call("GET", self._path(kind, name))

    def list(
        self, kind: str, query: Mapping[str, str] | None = None, slim: Callable[[Object], Object] = lambda one: one
    ) -> Object:
        """All objects that match (``selectors``), as one list; a watch goes on from its ``resourceVersion``.

        ``slim`` makes less of each as it comes: ten thousand pods are as many manifests.
        """
        found: Object = {"metadata": {}, "items": []}
        fields: dict[str, str] = {**(query or {}), "limit": "500"}
        while True:
            page = self._call("GET", self._path(kind), fields)
            found["items"] += map(slim, page["items"])
            found["metadata"] = page["metadata"]
            if not page["metadata"].get("continue"):
                return found
            fields["continue"] = page["metadata"]["continue"]

    def items(
        self,
        kind: str,
        labels: Mapping[str, str | Collection[str]] | None = None,
        fields: Mapping[str, str] | None = None,
        slim: Callable[[Object], Object] = lambda one: one,
    ) -> Sequence[Object]:
        """All objects whose labels and fields match; of each, what ``slim`` makes."""
        return tuple(self.list(kind, selectors(labels, fields), slim)["items"])

    def create(self, kind: str, body: Object) -> Object:
        """A new object, every field of which the server must know."""
        return self._call("POST", self._path(kind), {"fieldValidation": "Strict"}, body)

    def patch(self, kind: str, name: str, body: Object) -> Object:
        """Merges ``body`` into one object."""
        return self._call("PATCH", self._path(kind, name), {"fieldValidation": "Strict"}, body)

    def delete(self, kind: str, name: str, *, uid: str | None = None, propagation: str = "Background") -> None:
        """Deletes one object (only if it is still that one) and what it owns; fine when there is none."""
        options: Object = {"propagationPolicy": propagation}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        try:
            self._call("DELETE", self._path(kind, name), {}, options)
        except AbsentError:
            return
        except ExistsError:  # another object of that name by now
            return

    def log(self, pod: str, *, container: str = "", lines: int | None = None, follow: bool = False) -> Iterator[str]:
        """The lines that a pod's container (its only one) wrote, and with ``follow`` those that it will write."""
        asked = {"container": container, "follow": "true" * follow, "tailLines": "" if lines is None else str(lines)}
        query = {name: value for name, value in asked.items() if value}
        answer = self._open("GET", f"{self._path('pods', pod)}/log", query, None, read=None if follow else 60.0)
        try:
            for line in each_line(answer):
                yield line.decode(errors="replace")
        finally:
            answer.release_conn()

    def watch(self, kind: str, query: Mapping[str, str], seconds: float) -> urllib3.BaseHTTPResponse:
        """An open watch, a JSON event a line; whoever reads it closes it."""
        fields = {**query, "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(int(seconds))}
        return self._open("GET", self._path(kind), fields, None, read=seconds + 15)

    def _path(self, kind: str, name: str | None = None) -> str:
        group, _, plural = kind.rpartition("/")
        place = f"/apis/{group}" if group else _GROUPS.get(plural, "/api/v1")
        return f"{place}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def _call(self, verb: str, path: str, query: Mapping[str, str] | None = None, body: Object | None = None) -> Object:
        began = patient = time.monotonic()
        wait = 0.2
        while True:
            try:
                answer = self._open(verb, path, query or {}, body, read=30.0)
                return dict(json.loads(answer.data or b"{}"))
            except (ClusterError, HTTPError, OSError, ValueError) as fault:
                if isinstance(fault, (AbsentError, ExistsError, GoneError)):
                    raise
                if isinstance(fault, (HTTPError, OSError)):
                    self.away()
                now = time.monotonic()
                if not self._silent and now - began >= _SILENCE:
                    self._silent = True
                    self._say(self._silence(fault))
                if isinstance(fault, TokenError):
                    patient = now  # it has a time of its own; an outage after it has all of its patience
                elif now + wait > patient + self.patience:
                    raise ClusterError(
                        f"the cluster at {self.server} can't be reached: {fault}. {self._unreached}"
                    ) from fault
            time.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311  # spreads retries; no secret
            wait = min(wait * 2, 5.0)

    def _silence(self, fault: Exception) -> str:
        """What is said when a call has been tried for some seconds, and for how long it will be."""
        if isinstance(fault, TokenError):
            return f"the cluster at {self.server} refuses our token; tried for {REFUSED / 60:.0f} minutes ({fault})"
        return f"the cluster at {self.server} does not answer; tried for {self.patience:.0f} s ({fault})"

    def _open(
        self, verb: str, path: str, query: Mapping[str, str], body: Object | None, *, read: float | None
    ) -> urllib3.BaseHTTPResponse:
        content = "application/merge-patch+json" if verb == "PATCH" else "application/json"
        answer = self._pool.request(
            verb,
            f"{self.server}{path}?{urlencode(query)}",
            body=None if body is None else json.dumps(body),
            headers={
                "Accept": "application/json",
                "Content-Type": content,
                "User-Agent": _AGENT,
                **self._identity(),
            },
            preload_content=False,
            retries=False,
            timeout=urllib3.Timeout(connect=5.0, read=read),
        )
        if answer.status != 401:
            self._refused = math.inf
        if answer.status < 400:
            self._silent = False
            return answer
        if answer.status == 401 and self._renew is not None:
            raise self._unknown(self._renew, answer.data)
        fault = error(answer.status, answer.data, verb, self.namespace)
        if answer.status in PASSING:
            self.away()
        if answer.status == 403 and self._is_waking():
            raise ClusterError(str(fault)) from fault
        raise fault

    def _is_waking(self) -> bool:
        """Whether the server was away a moment ago, or says of itself, once, that it is not ready yet."""
        if not self._asked:
            self._asked = True
            answer = self._pool.request(
                "GET", f"{self.server}/readyz", headers=self._identity(), retries=False, timeout=5.0
            )
            if answer.status != 200:
                self.away()
        return time.monotonic() - self._away < _WAKING

    def _unknown(self, renew: Callable[[], None], data: bytes) -> TunejobError:
        """What to do when our token is refused: read it anew and try again, for ten minutes."""
        now = time.monotonic()
        self._refused = min(self._refused, now)
        if now - self._refused < REFUSED:
            renew()
            return TokenError("the cluster refuses our token; it is read from its file again and tried again")
        said = data.decode(errors="replace")[:300]
        return IdentityError(
            f"the cluster has refused our token for {REFUSED / 60:.0f} minutes, though it was read again each time "
            f"({said}). Look at the ServiceAccount {names.CONTROLLER_ACCOUNT} and at the API server's keys; the Job "
            "starts another controller"
        )

    def _identity(self) -> dict[str, str]:
        """The headers that say who we are; asked for each time, because tokens expire and are renewed."""
        settings = self._configuration.auth_settings().values()
        return {str(one["key"]): str(one["value"]) for one in settings if one["in"] == "header" and one["value"]}
