"""An HTTP server in the place of an API server, to provoke what a real one does only when it is in trouble."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kubernetes.client import Configuration
from servers.answering import Server

from job.launch.cluster.api import Api

Object = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What was asked."""

    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """What is said: an object or lines of them.

    ``cut`` drops the connection after so many bytes, which the client takes for an error where they come in ``chunks``.
    """

    status: int = 200
    body: Any = None
    lines: Sequence[Any] = ()
    cut: int | None = None
    chunks: bool = False

    @property
    def framing(self) -> tuple[str, str]:
        """The header that says where the answer ends."""
        return ("Transfer-Encoding", "chunked") if self.chunks else ("Content-Length", str(len(self.data)))

    @property
    def framed(self) -> bytes:
        """What is sent."""
        return b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.data), self.data) if self.chunks else self.data

    @property
    def data(self) -> bytes:
        """The bytes of the answer."""
        if self.lines:
            return b"".join(json.dumps(line).encode() + b"\n" for line in self.lines)
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Stub:
    """Answers each request by a function; ``asked`` keeps them all, but those whether it is ``ready``."""

    answer: Callable[[Request], Answer]
    ready: Answer = field(default_factory=Answer)
    asked: list[Request] = field(default_factory=list)
    url: str = ""

    def api(self, **settings: Any) -> Api:
        """A client of it, which waits for no longer than a second."""
        configuration = Configuration(host=self.url)
        configuration.api_key = {"authorization": "Bearer token-of-alice"}
        return Api(configuration, "tests", **({"patience": 1.0} | settings))


def in_turn(*answers: Answer) -> Callable[[Request], Answer]:
    """One answer after the other; the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def status(code: int, message: str) -> Answer:
    """A refusal as API servers write it."""
    return Answer(code, {"kind": "Status", "code": code, "message": message})


@contextmanager
def serving(answer: Callable[[Request], Answer]) -> Iterator[Stub]:
    """The server, while it runs."""
    stub = Stub(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            asked = Request(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
            if parts.path == "/readyz":
                said = stub.ready
            else:
                stub.asked.append(asked)
                said = stub.answer(asked)
            self.send_response(said.status)
            self.send_header(*said.framing)
            self.end_headers()
            self.wfile.write(said.framed[: said.cut])
            if said.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
