"""The part of a kubelet's HTTPS endpoint that serves logs: ``kubectl logs`` gets here through the API server."""

import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from servers.answering import Server

_KNOWN = {"follow", "tailLines", "limitBytes"}
Find = Callable[[str, str, str], tuple[Path, Callable[[], bool]]]


class LogServer:
    """Serves the files that ``find(namespace, pod, container)`` names, with a function that tells their end."""

    def __init__(self, tls: tuple[Path, Path], find: Find) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        handler = type("Handler", (_Handler,), {"find": staticmethod(find)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]

    def begin(self) -> None:
        """Starts to serve, in a thread."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def end(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()


class _Server(Server):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A follower that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    find: Find

    def do_GET(self) -> None:
        """``/containerLogs/<namespace>/<pod>/<container>?follow=true&tailLines=10``."""
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        if len(parts) != 4 or parts[0] != "containerLogs":
            self.send_error(404, "the test node serves only containerLogs")
            return
        if unknown := set(query) - _KNOWN:
            self.send_error(400, f"the test node does not know {', '.join(unknown)}")
            return
        try:
            log, over = self.find(*parts[1:])
            content = log.open("rb")
        except (LookupError, FileNotFoundError):
            self.send_error(404, "no such container runs or ran here")
            return
        with content:
            ended = over()
            data = content.read()
            if "tailLines" in query:
                data = b"".join(data.splitlines(keepends=True)[-int(query["tailLines"]) or len(data) :])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data[: int(query["limitBytes"])] if "limitBytes" in query else data)
            while query.get("follow") == "true" and not ended:
                ended = over()
                self.wfile.write(content.read())
                self.wfile.flush()
                time.sleep(0.1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: a test's output is its own."""
