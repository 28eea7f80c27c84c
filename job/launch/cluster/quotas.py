"""What a quota's refusal tells: what is used up, and whether it could ever be had."""

import re

_OF_PODS = ("pods", "count/pods", "cpu", "memory", "ephemeral-storage")
_OBJECTS = (
    "configmaps", "secrets", "persistentvolumeclaims", "services", "replicationcontrollers", "resourcequotas",
)  # fmt: skip
"""Kinds that a quota counts by their plain names."""


def beyond(tail: str) -> str:
    """What is requested at once beyond all that a quota allows; "" for nothing."""
    from kubernetes.utils.quantity import parse_quantity  # half a second that most commands need not spend

    asked, most = _amounts(tail)
    try:
        found = [name for name in asked if parse_quantity(asked[name]) > parse_quantity(most[name])]
    except (KeyError, ValueError):
        return ""  # words that we don't know tell nothing
    return ", ".join(found)


def used_up(tail: str) -> list[str]:
    """The kinds of objects of which there may be no more; none where pods or what they ask for is used up too."""
    asked, _ = _amounts(tail)
    kinds = [_kind(name) for name in asked]
    return [kind for kind in kinds if kind] if all(kinds) else []


def told(kinds: list[str], tail: str) -> str:
    """What to say and do where no more of these objects may be made."""
    what, some = " and ".join(kinds), ",".join(kinds)
    return (
        f"the namespace's quota allows no more {what} now: {tail}. Delete some that nobody needs (kubectl get {some}), "
        "or have the quota raised: kubectl describe quota"
    )


def _amounts(tail: str) -> tuple[dict[str, str], dict[str, str]]:
    """What was asked for of each that is exceeded, and the most that there may be."""
    found = re.search(r"requested: (\S+), used: \S+, limited: (\S+)", tail)
    if not found:
        return {}, {}
    asked, most = (dict(one.split("=", 1) for one in part.split(",") if "=" in one) for part in found.groups())
    return asked, most


def _kind(name: str) -> str:
    """The objects that a quota's resource counts; "" for pods and what they ask for."""
    if name in _OF_PODS:
        return ""
    if name.startswith("count/"):
        return name.removeprefix("count/")
    if name == "requests.storage" or ".storageclass.storage.k8s.io/" in name:
        return "persistentvolumeclaims"
    kind = name.partition(".")[0]
    return kind if kind in _OBJECTS else ""
