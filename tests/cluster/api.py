"""Raw JSON to and from the API server: an independent witness, with no client library in between."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import urllib3

Object = dict[str, Any]

_GROUPS = {
    "jobs": "apis/batch/v1",
    "cronjobs": "apis/batch/v1",
    "leases": "apis/coordination.k8s.io/v1",
    "roles": "apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "apis/rbac.authorization.k8s.io/v1",
    "clusterroles": "apis/rbac.authorization.k8s.io/v1",
    "clusterrolebindings": "apis/rbac.authorization.k8s.io/v1",
    "networkpolicies": "apis/networking.k8s.io/v1",
    "priorityclasses": "apis/scheduling.k8s.io/v1",
    "runtimeclasses": "apis/node.k8s.io/v1",
    "validatingadmissionpolicies": "apis/admissionregistration.k8s.io/v1",
    "validatingadmissionpolicybindings": "apis/admissionregistration.k8s.io/v1",
    "validatingwebhookconfigurations": "apis/admissionregistration.k8s.io/v1",
    "mutatingwebhookconfigurations": "apis/admissionregistration.k8s.io/v1",
    "customresourcedefinitions": "apis/apiextensions.k8s.io/v1",
    **dict.fromkeys(
        ("resourceflavors", "clusterqueues", "localqueues", "workloads", "workloadpriorityclasses"),
        "apis/kueue.x-k8s.io/v1beta2",
    ),
}
_PATCHES = {"merge": "merge-patch", "strategic": "strategic-merge-patch", "json": "json-patch"}


class ApiError(Exception):
    """The API server said no."""

    def __init__(self, status: int, text: str) -> None:
        """Reads the server's Status object where it sent one."""
        self.status = status
        try:
            answer: Object = json.loads(text)
        except ValueError:
            answer = {"message": text}
        self.reason = str(answer.get("reason", ""))
        super().__init__(f"{status} {self.reason}: {answer.get('message', '')}")


class UnreachableError(Exception):
    """The API server did not answer."""


def path(kind: str, namespace: str | None = None, name: str | None = None, sub: str | None = None) -> str:
    """The URL path of a kind (``pods``), or of one object, or of a part of it (``status``)."""
    parts = [_GROUPS.get(kind, "api/v1"), *(["namespaces", namespace] if namespace else []), kind, name, sub]
    return "/" + "/".join(part for part in parts if part)


class Api:
    """One user's view of one API server. ``agent`` is what the audit log calls the program."""

    def __init__(self, server: str, ca: Path | None, token: str, agent: str = "tests") -> None:
        self.server = server
        self.cut = False  # whether the network between is
        self._pool = urllib3.PoolManager(
            maxsize=64,
            retries=False,
            ca_certs=str(ca) if ca else None,
            cert_reqs="CERT_REQUIRED" if ca else "CERT_NONE",
            headers={"User-Agent": agent, **({"Authorization": f"Bearer {token}"} if token else {})},
        )

    def close(self) -> None:
        """Closes all connections."""
        self._pool.clear()

    def request(
        self, verb: str, url: str, body: object = None, *, content: str = "application/json", **query: Any
    ) -> Object:
        """One call; the object that it answers with."""
        return dict(json.loads(self.text(verb, url, body, content=content, **query) or "{}"))

    def text(self, verb: str, url: str, body: object = None, *, content: str = "application/json", **query: Any) -> str:
        """One call; the text that it answers with (logs are no JSON)."""
        fields = {name: str(value) for name, value in query.items() if value is not None}
        url = (
            self.server + url + ("?" + "&".join(f"{name}={value}" for name, value in fields.items()) if fields else "")
        )
        if self.cut:
            raise UnreachableError("the network is cut")
        try:
            answer = self._pool.request(
                verb,
                url,
                body=None if body is None else json.dumps(body),
                headers={**self._pool.headers, "Content-Type": content},
                timeout=30,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise UnreachableError(str(error)) from error
        if answer.status >= 400:
            raise ApiError(answer.status, answer.data.decode(errors="replace"))
        return answer.data.decode(errors="replace")

    def get(self, kind: str, namespace: str | None, name: str, sub: str | None = None) -> Object:
        """One object."""
        return self.request("GET", path(kind, namespace, name, sub))

    def items(self, kind: str, namespace: str | None = None, **query: Any) -> list[Object]:
        """All objects of a kind, of one namespace or of all."""
        return list(self.request("GET", path(kind, namespace), **query)["items"])

    def create(self, kind: str, namespace: str | None, body: Object, **query: Any) -> Object:
        """A new object (or, by a name and part in ``kind``, such as ``pods/x/eviction``, a new part of one)."""
        return self.request("POST", path(kind, namespace), body, **query)

    def patch(
        self, kind: str, namespace: str | None, name: str, body: object, sub: str | None = None, how: str = "merge"
    ) -> Object:
        """Changes one object: ``how`` is merge, strategic or json."""
        return self.request(
            "PATCH", path(kind, namespace, name, sub), body, content=f"application/{_PATCHES[how]}+json"
        )

    def delete(
        self, kind: str, namespace: str | None, name: str, propagation: str = "Background", grace: int | None = None
    ) -> Object:
        """Deletes one object and, by default, all that it owns."""
        options = {"propagationPolicy": propagation, "gracePeriodSeconds": grace}
        return self.request("DELETE", path(kind, namespace, name), options)

    def evict(self, namespace: str, pod: str) -> Object:
        """Evicts a pod as a drained node's would be."""
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
        return self.request("POST", path("pods", namespace, pod, "eviction"), body)

    def logs(self, namespace: str, pod: str, **query: Any) -> str:
        """What a pod wrote so far."""
        return self.text("GET", path("pods", namespace, pod, "log"), **query)

    def until_said(self, namespace: str, pod: str, text: str, seconds: float = 60) -> str:
        """Waits until a pod has written something, and returns all it wrote. It may be Running before its first line.

        Raises:
            TimeoutError: with what it wrote instead.
        """
        end = time.monotonic() + seconds
        said = ""
        while time.monotonic() < end:
            try:
                said = self.logs(namespace, pod)
            except ApiError as error:
                if error.status not in (400, 404):  # not started yet
                    raise
            if text in said:
                return said
            time.sleep(0.05)
        raise TimeoutError(f"pod {pod} did not say {text!r} within {seconds} s: {said!r}")

    def watch(self, url: str, version: str, seconds: int = 300, **query: Any) -> Iterator[tuple[str, Object]]:
        """Events (type, object) since a resource version, until the server ends the watch or is lost."""
        fields = {"watch": 1, "resourceVersion": version, "timeoutSeconds": seconds, **query}
        address = self.server + url + "?" + "&".join(f"{name}={value}" for name, value in fields.items())
        try:
            answer = self._pool.request("GET", address, preload_content=False, timeout=urllib3.Timeout(5, seconds + 5))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise UnreachableError(str(error)) from error
        try:
            for line in answer:
                if self.cut:
                    return
                event = json.loads(line)
                yield event["type"], event["object"]
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return  # the connection was lost; whoever watches lists again
        finally:
            answer.close()
            answer.release_conn()

    def until(
        self,
        kind: str,
        namespace: str | None,
        name: str,
        true: Callable[[Object], object],
        seconds: float = 60,
    ) -> Object:
        """Waits, watching, until ``true(object)`` and returns the object; an absent one is ``{}``.

        Raises:
            TimeoutError: with the object's last status.
        """
        end = time.monotonic() + seconds
        last: Object = {}
        for found in self._states(path(kind, namespace), f"metadata.name%3D{name}", end):
            last = found
            if true(found):
                return found
        raise TimeoutError(f"{kind} {name} after {seconds} s: {json.dumps(last.get('status', last))}")

    def gone(self, kind: str, namespace: str | None, name: str, seconds: float = 60) -> None:
        """Waits until an object is no more."""
        self.until(kind, namespace, name, lambda found: not found, seconds)

    def _states(self, url: str, selector: str, end: float) -> Iterator[Object]:
        while (left := end - time.monotonic()) > 0:
            try:
                listed = self.request("GET", url, fieldSelector=selector)
                yield dict((listed["items"] or [{}])[0])
                version = listed["metadata"]["resourceVersion"]
                for kind, found in self.watch(url, version, max(1, min(int(left), 5)), fieldSelector=selector):
                    if kind == "ERROR":
                        break
                    yield {} if kind == "DELETED" else found
                    if time.monotonic() > end:
                        return
            except UnreachableError:
                time.sleep(0.1)  # the server restarts
