"""The stand-in for a Label Studio server over https on loopback, with a certificate of an authority of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import trustme

from support.stand_in_api import answer


@dataclass
class Secured:
    """A running server: its port, the file with the certificate of its authority, and the requests that it has seen."""

    port: int
    ca_file: Path
    seen: list[str] = field(default_factory=list)


@contextmanager
def secured(folder: Path, name: str = "localhost") -> Iterator[Secured]:
    """Serve the stand-in, with a certificate for this name, while the context lasts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def handle_any(self) -> None:
            seen.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = httpx2.Request(self.command, f"https://{name}{self.path}", headers=dict(self.headers), content=body)
            made = answer(asked)
            data = made.read()
            self.send_response_only(made.status_code)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield Secured(int(server.server_address[1]), ca_file, seen)
        finally:
            server.shutdown()
            thread.join()
