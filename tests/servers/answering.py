"""HTTP servers within the tests' process."""

import _thread
from http.server import ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Answers each connection in a thread of its own, which coverage does not trace.

    Where two threads begin at once and both are given coverage's trace, Python 3.11 loses one: its request would never
    be answered, and its socket left open.
    """

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread, without `threading`'s hooks."""
        _thread.start_new_thread(self.process_request_thread, (request, client_address))
