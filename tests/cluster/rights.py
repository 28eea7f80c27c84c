"""Who may do what, as the server's authorizer decides, and roles that are given and waited for until it knows them."""

import time
from typing import Any

from cluster.api import Api
from cluster.users import User

Object = dict[str, Any]


def may(api: Api, subject: Object, namespace: str, right: Object) -> bool:
    """Whether a subject of RoleBindings has a right (``group``, ``resource``, ``verb``...) in a namespace."""
    user, groups = subject["name"], []
    if subject["kind"] == "ServiceAccount":
        home = subject["namespace"]
        user = f"system:serviceaccount:{home}:{subject['name']}"
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"]
    spec = {"user": user, "groups": groups, "resourceAttributes": {"namespace": namespace, **right}}
    answer = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec})
    return bool(answer["status"]["allowed"])


def give(api: Api, namespace: str, user: User, role: str, kind: str = "Role") -> None:
    """Binds a user to a role that lists pods, and waits until that is known."""
    body = {
        "metadata": {"name": f"{user.name}-{role}"},
        "subjects": [user.subject],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
    }
    api.create("rolebindings", namespace, body)
    until_known(api, user.subject, namespace)


def until_known(api: Api, subject: Object, namespace: str, seconds: float = 60) -> None:
    """Waits until a subject may list pods: the server hears of its own roles and bindings a moment after the write.

    Raises:
        TimeoutError: it still may not.
    """
    end = time.monotonic() + seconds
    while not may(api, subject, namespace, {"resource": "pods", "verb": "list"}):
        if time.monotonic() > end:
            raise TimeoutError(f"{subject} may not list pods in {namespace} after {seconds} s")
        time.sleep(0.02)
