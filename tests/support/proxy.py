"""A loopback proxy between the command and the server, which does to an answer what networks do."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host", "content-length"}


@dataclass
class Fault:
    """What happens to the next `times` requests that match `METHOD /path`.

    `status` answers in the server's place, `hang` waits that many seconds first. `forward` says whether
    the server sees the request all the same. `cut` breaks the connection after that many bytes of the
    answer, `keep` ends the answer there as if that were all of it. `edit` changes the answer's bytes.
    `call` is called once the request was seen (or, with `cut`, at the cut).
    """

    match: str
    times: int = 1
    status: int = 0
    location: str = ""
    hang: float = 0
    forward: bool = False
    cut: int | None = None
    keep: int | None = None
    edit: Callable[[bytes], bytes] | None = None
    call: Callable[[], object] | None = None


@dataclass
class Proxy:
    """A running proxy: its address, the faults to come, and the requests it has seen."""

    url: str
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def count(self, pattern: str) -> int:
        """How many requests matched."""
        return sum(bool(re.search(pattern, line)) for line in self.seen)


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A proxy to the server at `upstream` while the context lasts."""
    target = urlsplit(upstream)
    state = Proxy("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def handle_any(self) -> None:
            line = f"{self.command} {self.path}"
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            with lock:
                state.seen.append(line)
                fault = next((f for f in state.faults if f.times > 0 and re.search(f.match, line)), None)
                if fault:
                    fault.times -= 1
            self.close_connection = True
            if fault and not fault.forward and (fault.status or fault.hang):
                self.replace(fault)
                return
            status, headers, data = self.ask(body)
            if fault and (fault.status or fault.hang):
                self.replace(fault)
                return
            if fault and fault.edit:
                data = fault.edit(data)
            length = len(data)
            if fault and fault.keep is not None:
                data = data[: fault.keep]
                length = len(data)
            if fault and fault.call and fault.cut is None:
                fault.call()
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("content-length", str(length))
            self.send_header("connection", "close")
            self.end_headers()
            with contextlib.suppress(OSError):
                if fault and fault.cut is not None:
                    self.wfile.write(data[: fault.cut])
                    self.wfile.flush()
                    if fault.call:
                        fault.call()
                    self.connection.shutdown(socket.SHUT_RDWR)
                else:
                    self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815

        def replace(self, fault: Fault) -> None:
            time.sleep(fault.hang)
            if fault.call:
                fault.call()
            with contextlib.suppress(OSError):
                self.send_response_only(fault.status or 504)
                if fault.location:
                    self.send_header("location", fault.location)
                page = b"<html>Bad gateway</html>"
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(page)))
                self.send_header("connection", "close")
                self.end_headers()
                self.wfile.write(page)

        def ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=120)
            try:
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                connection.request(self.command, self.path, body or None, headers)
                answer = connection.getresponse()
                kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in HOP_BY_HOP]
                return answer.status, kept, answer.read()
            except OSError:
                return 502, [("content-type", "text/html")], b"<html>Bad gateway</html>"
            finally:
                connection.close()

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
