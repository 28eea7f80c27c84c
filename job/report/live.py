"""The report served on loopback while a run goes on: the page asks what is new, and renews itself."""

import hashlib
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from job.report import html
from job.results.runs import Run

_LOOK = 1.0
"""Seconds between two looks at the store, at least; a look that takes long is followed by a longer pause."""
_PAUSE = 10.0
_LOOPBACK = "127.0.0.1"
_NAMES = {_LOOPBACK, "localhost"}
"""What a browser may call this machine: a page of another name that leads here must not read the results."""


@dataclass
class Live:
    """A run's page as it is now.

    Attributes:
        run: whose.
        resume: the command that resumes it.
    """

    run: Run
    resume: str
    _lock: Lock = field(default_factory=Lock)
    _version: str = ""
    _page: bytes = b""
    _next: float = 0.0

    def now(self) -> tuple[str, bytes]:
        """Returns the page and a name for what it shows; the store is looked at once a second at most."""
        with self._lock:
            if monotonic() >= self._next:
                began = monotonic()
                self._look()
                self._next = monotonic() + max(_LOOK, _PAUSE * (monotonic() - began))
            return self._version, self._page

    def _look(self) -> None:
        store, keys = self.run.store, self.run.keys
        seen = [entry.key for prefix in (keys.results_prefix, keys.model) for entry in store.list(prefix)]
        version = hashlib.sha256("\n".join([*sorted(seen), str(self.run.is_live)]).encode()).hexdigest()[:16]
        if version != self._version:
            self._page = html.render(self.run.table(), store, resume=self.resume, live=version)
            self._version = version


def server(live: Live) -> ThreadingHTTPServer:
    """Returns a server on a free port of loopback, which answers once ``serve_forever`` runs."""

    class Handler(BaseHTTPRequestHandler):
        """Gives the page, and the name of what it would show now."""

        def do_GET(self) -> None:  # the library's name
            """Answers."""
            if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _NAMES:
                self.send_error(421)
                return
            version, page = live.now()
            found = {"/": ("text/html", page), "/version": ("text/plain", version.encode())}.get(self.path)
            if found is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", f"{found[0]}; charset=utf-8")
            self.send_header("Content-Length", str(len(found[1])))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(found[1])

        def log_message(self, *_: object) -> None:
            """Says nothing: a page asks every two seconds."""

    return _Quiet((_LOOPBACK, 0), Handler)


class _Quiet(ThreadingHTTPServer):
    """A server that says nothing of browsers that went away amid an answer."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tells of whatever else went wrong."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def url(of: ThreadingHTTPServer) -> str:
    """Returns where a server's page is."""
    return f"http://{_LOOPBACK}:{of.server_port}/"
