"""A fake of Google Cloud Storage's XML API: no packaged emulator speaks the part that conditional writes need."""

import hashlib
import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from servers.answering import Server

BUCKET = "tunejob-test"
TOKEN = "a-token-for-tests-only"  # noqa: S105
SUBJECT = "a-token-of-another-house"
"""What the fake's token exchange takes for its own token."""
PAGE = 100
"""Objects of one page of a listing; Google's is 1000, and this one makes small tests page."""


@dataclass(frozen=True)
class GCS:
    """A running fake with one bucket."""

    endpoint: str
    bucket: str = BUCKET

    def env(self) -> dict[str, str]:
        """The library's own variables for another server and a ready token."""
        return {"GOOGLE_BASE_URL": self.endpoint, "GOOGLE_BEARER_TOKEN": TOKEN}

    def url(self, prefix: str) -> str:
        """A store's URL in the bucket."""
        return f"gs://{self.bucket}/{prefix}"


@dataclass
class _Bucket:
    """Objects by name, each with its generation, and the parts of unfinished uploads."""

    objects: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, data: bytes, condition: str | None) -> int | None:
        """Store an object; None when the condition on its generation fails (0: must be absent)."""
        with self.lock:
            generation = self.objects.get(name, (0, b""))[0]
            if condition is not None and int(condition) != generation:
                return None
            self.objects[name] = next(self.numbers), data
            return self.objects[name][0]


@contextmanager
def gcs() -> Iterator[GCS]:
    """Run the fake on loopback, in a thread."""
    server = Server(("127.0.0.1", 0), _handler(_Bucket()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield GCS(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(bucket: _Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        store = bucket

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store: _Bucket

    def handle_one_request(self) -> None:
        self.body = None
        super().handle_one_request()

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        _, self.bucket, *rest = unquote(parts.path).split("/", 2)
        self.name = rest[0] if rest else ""
        if parts.path == "/token":
            return True
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.refuse(401, "AuthenticationRequired")
            return False
        if self.bucket != BUCKET:
            self.refuse(404, "NoSuchBucket")
            return False
        return True

    def do_PUT(self) -> None:
        if "uploadId" in self.query:
            self.store.uploads[self.query["uploadId"]][int(self.query["partNumber"])] = self.body
            return self.reply(200, headers={"ETag": _tag(self.body)})
        generation = self.store.put(self.name, self.body, self.headers.get("x-goog-if-generation-match"))
        if generation is None:
            return self.refuse(412, "PreconditionFailed")
        return self.reply(200, headers={"ETag": _tag(self.body), "x-goog-generation": str(generation)})

    def do_POST(self) -> None:
        if self.bucket == "token":  # Google's token exchange, to which federated identities go first
            kind = "urn:ietf:params:oauth:token-type:access_token"
            told = {"access_token": TOKEN, "issued_token_type": kind, "token_type": "Bearer", "expires_in": 3600}
            good = parse_qs(self.body.decode()).get("subject_token") == [SUBJECT]
            return self.reply(200, json.dumps(told)) if good else self.refuse(400, "InvalidToken")
        if "uploads" in self.query:
            upload = f"upload-{next(self.store.numbers)}"
            self.store.uploads[upload] = {}
            named = f"<Bucket>{BUCKET}</Bucket><Key>{escape(self.name)}</Key><UploadId>{upload}</UploadId>"
            return self.reply(200, f"<InitiateMultipartUploadResult>{named}</InitiateMultipartUploadResult>")
        parts = self.store.uploads.pop(self.query["uploadId"])
        data = b"".join(parts[number] for number in sorted(parts))
        generation = self.store.put(self.name, data, None)
        done = f"<CompleteMultipartUploadResult><ETag>{_tag(data)}</ETag></CompleteMultipartUploadResult>"
        return self.reply(200, done, headers={"x-goog-generation": str(generation)})

    def do_GET(self) -> None:
        if not self.name:
            return self.listing()
        if self.name not in self.store.objects:
            return self.refuse(404, "NoSuchKey")
        generation, data = self.store.objects[self.name]
        if self.headers.get("If-Match") not in {None, _tag(data)}:
            return self.refuse(412, "PreconditionFailed")
        headers = {"ETag": _tag(data), "x-goog-generation": str(generation), "Last-Modified": formatdate(usegmt=True)}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or ""):
            start, end = int(wanted[1]), min(int(wanted[2]) + 1, len(data))
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
            return self.reply(206, data[start:end], headers=headers)
        return self.reply(200, data, headers=headers)

    do_HEAD = do_GET  # noqa: N815 - the base class looks for this name

    def do_DELETE(self) -> None:
        if self.store.objects.pop(self.name, None) is None:
            return self.refuse(404, "NoSuchKey")
        return self.reply(204)

    def listing(self) -> None:
        after = self.query.get("continuation-token") or self.query.get("start-after") or ""
        names = sorted(name for name in list(self.store.objects) if name.startswith(self.query.get("prefix", "")))
        names = [name for name in names if name > after]
        page, more = names[:PAGE], len(names) > PAGE
        contents = "".join(_content(name, *self.store.objects[name]) for name in page)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}"
        self.reply(200, f"<ListBucketResult>{truncated}{contents}</ListBucketResult>")

    def refuse(self, status: int, code: str) -> None:
        self.reply(status, f"<Error><Code>{code}</Code><Message>The fake says {code}.</Message></Error>")

    def reply(self, status: int, body: str | bytes = b"", *, headers: dict[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's word
        """Say nothing."""


def _tag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _content(name: str, generation: int, data: bytes) -> str:
    return (
        f"<Contents><Key>{escape(name)}</Key><Generation>{generation}</Generation><ETag>{_tag(data)}</ETag>"
        f"<LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>{len(data)}</Size></Contents>"
    )
