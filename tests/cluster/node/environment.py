"""A container's environment and words as the pod's spec says: variables, fields, expansion, quantities."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

Object = dict[str, Any]
Lookup = Callable[[str, str], Object | None]  # (configmaps or secrets, name) -> its data decoded to bytes, or None

_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{letter + "i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}  # fmt: skip


class ConfigError(Exception):
    """What the kubelet calls CreateContainerConfigError: something that the container's words name is not there."""


def quantity(text: object) -> Decimal:
    """A Kubernetes quantity (``500m``, ``2Gi``, ``1e3``) as a number."""
    if match := re.fullmatch(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkMGTPE]?i?)", str(text)):
        return Decimal(match[1]) * _SUFFIXES[match[2]]
    raise ConfigError(f"{text!r} is no quantity")


def expand(text: str, values: Mapping[str, str]) -> str:
    """``$(NAME)`` replaced where the name is known; ``$$`` is a dollar."""

    def one(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return values.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^()]*)\)", one, text)


def variables(container: Object, pod: Object, lookup: Lookup, node: Mapping[str, object]) -> dict[str, str]:
    """All variables that ``env`` and ``envFrom`` give, in their order.

    Raises:
        ConfigError: a ConfigMap, Secret or key is missing and not optional.
    """
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        kind, reference = _reference(source, {"configMapRef": "configmaps", "secretRef": "secrets"})
        data = lookup(kind, reference["name"])
        if data is None and not reference.get("optional"):
            raise ConfigError(f'{kind[:-1]} "{reference["name"]}" not found')
        found |= {source.get("prefix", "") + key: value.decode() for key, value in (data or {}).items()}
    for variable in container.get("env", []):
        if "valueFrom" not in variable:
            found[variable["name"]] = expand(variable.get("value", ""), found)
        elif (value := _value(variable["valueFrom"], container, pod, lookup, node)) is not None:
            found[variable["name"]] = value
    return found


def _value(source: Object, container: Object, pod: Object, lookup: Lookup, node: Mapping[str, object]) -> str | None:
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return resource(container, source["resourceFieldRef"], node)
    kind, reference = _reference(source, {"configMapKeyRef": "configmaps", "secretKeyRef": "secrets"})
    data = lookup(kind, reference["name"])
    if data is not None and reference["key"] in data:
        return str(data[reference["key"]].decode())
    if reference.get("optional"):
        return None
    if data is None:
        raise ConfigError(f'{kind[:-1]} "{reference["name"]}" not found')
    what = {"configmaps": "ConfigMap", "secrets": "Secret"}[kind]
    raise ConfigError(
        f"couldn't find key {reference['key']} in {what} {pod['metadata']['namespace']}/{reference['name']}"
    )


def _reference(source: Object, kinds: Mapping[str, str]) -> tuple[str, Object]:
    for name, kind in kinds.items():
        if name in source:
            return kind, source[name]
    raise ConfigError(f"this test node does not know {', '.join(source)}")


def field(pod: Object, path: str) -> str:
    """A field of the pod by the downward API's path, such as ``metadata.annotations['x']``."""
    if match := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str(pod["metadata"].get(match[1], {}).get(match[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        values: Mapping[str, str] = pod["metadata"].get(path.split(".")[1], {})
        return "".join(f"{key}={_quoted(value)}\n" for key, value in sorted(values.items())).rstrip("\n")
    if path in ("status.podIP", "status.hostIP", "status.podIPs", "status.hostIPs"):
        return "127.0.0.1"
    value: Any = pod
    for part in path.split("."):
        value = value.get(part, "")
    return str(value)


def resource(container: Object, reference: Object, node: Mapping[str, object]) -> str:
    """A limit or request of the container, in whole divisors; without a limit, what the node has."""
    where, name = reference["resource"].split(".", 1)
    resources = container.get("resources", {})
    amount = resources.get(where, {}).get(name) or resources.get("limits", {}).get(name)
    if amount is None:
        amount = node.get(name, "0") if where == "limits" else "0"
    divisor = quantity(reference.get("divisor") or "1")
    return str(math.ceil(quantity(amount) / (divisor or 1)))


def words(texts: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """Command or arguments, expanded."""
    return [expand(text, values) for text in texts]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
