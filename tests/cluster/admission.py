"""Whoever else has a say in a cluster: admission policies, and a webhook that denies what it is asked."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from cluster.api import Api
from cluster.plane import Plane
from servers.answering import Server

Object = dict[str, Any]
_KINDS = {"pods": ("", "v1"), "jobs": ("batch", "v1")}


def _rule(kind: str) -> Object:
    group, version = _KINDS[kind]
    return {"apiGroups": [group], "apiVersions": [version], "resources": [kind], "operations": ["CREATE"]}


def policy(api: Api, kind: str) -> None:
    """Refuses objects without a label ``team`` in namespaces labelled ``policy: <kind>``."""
    name = f"{kind}-have-a-team"
    has = "has(object.metadata.labels) && 'team' in object.metadata.labels"
    spec = {
        "matchConstraints": {"resourceRules": [_rule(kind)]},
        "validations": [{"expression": has, "message": "each needs a label team"}],
    }
    api.create("validatingadmissionpolicies", None, {"metadata": {"name": name}, "spec": spec})
    chosen = {"namespaceSelector": {"matchLabels": {"policy": kind}}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": chosen}
    api.create("validatingadmissionpolicybindings", None, {"metadata": {"name": name}, "spec": binding})


def webhook(api: Api, plane: Plane, name: str, port: int) -> None:
    """Asks a server on this machine about pods in namespaces labelled ``webhook: <name>``."""
    client = {
        "url": f"https://127.0.0.1:{port}/",
        "caBundle": base64.b64encode(plane.ca.read_bytes()).decode(),
    }
    hook = {
        "name": f"{name}.test.invalid", "clientConfig": client, "rules": [_rule("pods")], "sideEffects": "None",
        "admissionReviewVersions": ["v1"], "failurePolicy": "Fail", "timeoutSeconds": 2,
        "namespaceSelector": {"matchLabels": {"webhook": name}},
    }  # fmt: skip
    api.create("validatingwebhookconfigurations", None, {"metadata": {"name": name}, "webhooks": [hook]})


@contextmanager
def denying(plane: Plane, message: str) -> Iterator[int]:
    """A webhook that denies whatever it is asked; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            verdict = {"uid": asked["request"]["uid"], "allowed": False, "status": {"message": message}}
            body = json.dumps({"apiVersion": asked["apiVersion"], "kind": asked["kind"], "response": verdict}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(plane.ca, plane.folder / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
