"""People and programs that call the API server, and their kubeconfig files."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PEOPLE = ("alice", "bob", "carol")
_GROUPS = {
    "admin": "system:masters",
    "system:kube-controller-manager": "system:masters",
    "system:kube-scheduler": "system:masters",
    "system:node:test": "system:nodes,system:masters",
    **dict.fromkeys(PEOPLE, "people"),
}


@dataclass(frozen=True)
class User:
    """Someone who may call the API server; ``subject`` is what a RoleBinding's ``subjects`` takes."""

    name: str
    kubeconfig: Path
    subject: dict[str, str]


def token(name: str) -> str:
    """The token of a user of the tests' own control plane."""
    if name not in _GROUPS:
        raise KeyError(f"no user {name!r}: there are {', '.join(_GROUPS)}")
    return "token-of-" + name.replace(":", "-")


def token_file() -> str:
    """What kube-apiserver reads with --token-auth-file."""
    return "".join(f'{token(name)},{name},{name},"{groups}"\n' for name, groups in _GROUPS.items())


def trusting(server: str, ca: Path) -> dict[str, Any]:
    """A kubeconfig's ``cluster``, with the certificate inside so that the file can be copied anywhere."""
    return {"server": server, "certificate-authority-data": base64.b64encode(ca.read_bytes()).decode()}


def write_kubeconfig(target: Path, cluster: dict[str, Any], bearer: str, namespace: str) -> Path:
    """A kubeconfig of one user."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": bearer}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": namespace}}],
    }
    target.write_text(json.dumps(config, indent=1))
    target.chmod(0o600)
    return target
