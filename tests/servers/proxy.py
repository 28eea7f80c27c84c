"""A proxy before a real server that does what networks and overloaded servers do.

A harm befalls the next requests that match; all others pass through untouched, so signatures stay valid.
"""

import asyncio
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HARMS = ("500", "503", "409", "403", "skew", "reset-before", "reset-after", "503-after", "silence", "half")
_ERRORS = {
    "500": (500, "InternalError", "We encountered an internal error. Please try again."),
    "503": (503, "SlowDown", "Please reduce your request rate."),
    "503-after": (503, "SlowDown", "Please reduce your request rate."),
    "409": (409, "ConditionalRequestConflict", "A conflicting operation occurred."),
    "403": (403, "AccessDenied", "Access Denied."),
    "skew": (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
}


@dataclass
class Proxy:
    """A running proxy. ``requests`` are the methods and paths that came since it was last told what to do."""

    endpoint: str = ""
    _harm: str = ""
    _matches: Callable[[str], bool] = lambda _: False
    _times: float = 0
    requests: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def harm(self, kind: str, *, times: float = float("inf"), method: str = ".*", path: str = ".*") -> None:
        """Do one of HARMS to the next ``times`` requests whose method and path (with query) match."""
        assert kind in HARMS, kind
        line = re.compile(f"({method}) ({path}) ")
        with self._lock:
            self._harm, self._times, self.requests = kind, times, []
            self._matches = lambda head: line.match(head) is not None

    def calm(self) -> None:
        """Do no harm from now on."""
        with self._lock:
            self._times, self.requests = 0, []

    def take(self, head: str) -> str:
        """The harm that befalls this request, "" for none."""
        with self._lock:
            self.requests.append(" ".join(head.split(" ", 2)[:2]))
            if self._times <= 0 or not self._matches(head):
                return ""
            self._times -= 1
            return self._harm


@contextmanager
def proxy(upstream: str, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """Run a proxy on loopback before a server, in a thread; port 0 is any that is free."""
    running, started = Proxy(), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_run(running, upstream, port, tls, started, stop),))
    thread.start()
    started.wait()
    try:
        yield running
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _run(
    running: Proxy,
    upstream: str,
    port: int,
    tls: ssl.SSLContext | None,
    started: threading.Event,
    stop: asyncio.Event,
) -> None:
    """Serve until told to stop, and leave no connection open."""
    target, tasks = urlsplit(upstream), set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _serve(running, reader, writer, target.hostname, target.port)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", port, ssl=tls)
    running.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    started.set()
    await stop.wait()
    server.close()
    await asyncio.sleep(0)  # connections just taken get their tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.05)  # transports say that they are closed


async def _serve(
    proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str | None, port: int | None
) -> None:
    """Answer the requests of one connection."""
    while request := await _message(reader):
        harm = proxy.take(request[0].decode("latin-1"))
        if harm == "silence":
            await asyncio.sleep(3600)
        if harm == "reset-before":
            return _reset(writer)
        if harm and not harm.endswith("-after") and harm != "half":
            answer = _error(harm)
        else:
            answer = await _forward(request, host, port)
        if harm == "reset-after":
            return _reset(writer)
        if harm == "503-after":
            answer = _error(harm)
        if harm == "half":
            writer.write(_half(*answer))
            await writer.drain()
            return None
        writer.writelines(answer)
        await writer.drain()
    return None


async def _forward(request: tuple[bytes, bytes], host: str | None, port: int | None) -> tuple[bytes, bytes]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.writelines(request)
        await writer.drain()
        answer = await _message(reader, bodyless=request[0].startswith(b"HEAD "))
        assert answer, "the server behind the proxy gave no answer"
        return answer
    finally:
        writer.close()


async def _message(reader: asyncio.StreamReader, *, bodyless: bool = False) -> tuple[bytes, bytes] | None:
    """One message's head and body, chunks and all; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    if bodyless:
        return head, b""
    if re.search(rb"\r\ntransfer-encoding: *chunked", head, re.IGNORECASE):
        return head, await _chunks(reader)
    return head, await reader.readexactly(int(length[1]) if length else 0)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        chunk = await reader.readexactly(int(size, 16) + 2)
        body += size + chunk
        if int(size, 16) == 0:
            return body


def _half(head: bytes, body: bytes) -> bytes:
    """An answer that breaks off: in its body, or in its head when there is none."""
    return head + body[: len(body) // 2] if len(body) > 1 else head[: len(head) // 2]


def _error(kind: str) -> tuple[bytes, bytes]:
    status, code, words = _ERRORS[kind]
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{words}</Message></Error>'.encode()
    head = f"HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode(), body


def _reset(writer: asyncio.StreamWriter) -> None:
    """Drop the connection so that the peer sees a reset, not an end."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
