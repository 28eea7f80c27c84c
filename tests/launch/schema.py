"""The API server's own schema of the kinds we send, kept here so that manifests are checked without a cluster.

``kubernetes.json`` is derived from the OpenAPI documents of a real API server: descriptions are left out, and an object
knows exactly its own fields. A test of the cluster tier derives it anew and compares.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

Object = dict[str, Any]

KEPT = Path(__file__).with_name("kubernetes.json")
DOCUMENTS = ("api/v1", "apis/batch/v1", "apis/rbac.authorization.k8s.io/v1", "apis/networking.k8s.io/v1")
_PREFIX = "#/components/schemas/"
_KINDS = {
    "ConfigMap": "io.k8s.api.core.v1.ConfigMap",
    "CronJob": "io.k8s.api.batch.v1.CronJob",
    "Job": "io.k8s.api.batch.v1.Job",
    "PersistentVolumeClaim": "io.k8s.api.core.v1.PersistentVolumeClaim",
    "NetworkPolicy": "io.k8s.api.networking.v1.NetworkPolicy",
    "PodTemplate": "io.k8s.api.core.v1.PodTemplate",
    "Role": "io.k8s.api.rbac.v1.Role",
    "RoleBinding": "io.k8s.api.rbac.v1.RoleBinding",
    "ServiceAccount": "io.k8s.api.core.v1.ServiceAccount",
}
_WORDS = ("type", "properties", "items", "additionalProperties", "required", "oneOf", "allOf", "$ref", "enum")


def derived(documents: Iterable[Object]) -> Object:
    """One schema of our kinds from a server's OpenAPI documents."""
    every: Object = {}
    for document in documents:
        every |= document["components"]["schemas"]
    kept: Object = {}
    wanted = list(_KINDS.values())
    while wanted:
        name = wanted.pop()
        if name not in kept:
            kept[name] = _lean(every[name])
            wanted += _names(kept[name])
    return {"$defs": dict(sorted(kept.items()))}


def mistakes(manifest: Mapping[str, Any]) -> list[str]:
    """What the schema says against one manifest, with the place in it."""
    validator = Draft202012Validator({**_kept(), "$ref": f"#/$defs/{_KINDS[manifest['kind']]}"})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(manifest)]


@cache
def _kept() -> Object:
    return dict(json.loads(KEPT.read_text()))


def _lean(schema: Any) -> Any:
    """Without words that check nothing; objects closed; references as JSON Schema has them."""
    if isinstance(schema, list):
        return [_lean(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {word: schema[word] for word in _WORDS if word in schema}
    for word in ("items", "oneOf", "allOf", "additionalProperties"):
        if word in found:
            found[word] = _lean(found[word])
    if "properties" in found:
        found["properties"] = {name: _lean(one) for name, one in found["properties"].items()}
        found["additionalProperties"] = False
    if "$ref" in found:
        found["$ref"] = "#/$defs/" + found["$ref"].removeprefix(_PREFIX)
    if len(found.get("allOf", [])) == 1:
        return found["allOf"][0]
    return found


def _names(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for one in schema for name in _names(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].removeprefix("#/$defs/")] if isinstance(schema.get("$ref"), str) else []
    return own + [name for one in schema.values() for name in _names(one)]
