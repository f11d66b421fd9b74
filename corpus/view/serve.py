"""Serve a site on the loopback interface, and bring it up to date while its corpus is edited.

    main thread       look for changed files, write the site again, and say which of its files changed
    server threads    answer GET and HEAD: files that the site lists, and /-/changes

A page asks `/-/changes` every second and reloads when its own file changed. It asks instead of listening, because a
browser keeps six connections open to a server, and seven articles may be open.

Other pages in the browser must not read the site, which may show attached texts. So the server answers only requests
for its own name (a name of another site that is made to lead here is refused), and no request that another site's page
makes, such as for a script of the index.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from ..core.model import CorpusError
from ..core.regular_file import read_file
from .environment import static

HOST = "127.0.0.1"
_WATCHED = ("raw", "annotations", "schema")
_WATCHED_FILES = ("DATASET_CARD.md", "pyproject.toml")
_PAUSE, _SHARE = 0.5, 10
"""The seconds between two looks for changes, or this many times as long as a look takes."""
_LARGEST = 2**28
_OWN = "/-/"
"""How the addresses begin that are not files of the site."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_NOT_FOUND = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Not found</title>"
    b'<p>The site has no such page. <a href="/index.html">All articles</a></p>\n'
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Step(Protocol):
    """What was written: all files of the site, and those that were written or deleted."""

    @property
    def files(self) -> Collection[str]:
        """Return the addresses of all files."""

    @property
    def changed(self) -> Collection[str]:
        """Return those that were written or deleted."""


@dataclass(slots=True)
class Live:
    """What the server knows of the site: its files, the number of changes so far, and the last change of each file."""

    files: Collection[str]
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    """Differs from run to run: a page that is still open from an earlier run reloads."""
    version: int = 0
    changed: dict[str, int] = field(default_factory=dict)
    error: str = ""
    """Why the site could not be brought up to date, "" if it could."""

    def script(self) -> bytes:
        """Return the element that makes a page follow changes since now."""
        return f'<script src="{_OWN}live.js" data-run="{self.run}" data-version="{self.version}"></script>\n'.encode()

    def update(self, step: Step) -> None:
        """Take in a new state of the site."""
        self.files, self.error = step.files, ""
        if step.changed:
            self.version += 1
            self.changed |= dict.fromkeys(step.changed, self.version)

    def since(self, run: str, version: int) -> dict[str, Any]:
        """Return what changed after a version that a page knows; `files` is None for a page of an earlier run."""
        files = [name for name, last in list(self.changed.items()) if last > version] if run == self.run else None
        return {"run": self.run, "version": self.version, "files": files, "error": self.error}


def snapshot(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return size, time and inode of each file on which the site depends."""
    found = {}
    pending = [root / name for name in _WATCHED]
    for name in _WATCHED_FILES:
        with suppress(OSError):  # Writing the site reports it.
            found[name] = _stamp(os.stat(root / name, follow_symlinks=False))
    while pending:
        with suppress(OSError):  # Writing the site reports it.
            for entry in os.scandir(pending.pop()):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(Path(entry.path))
                else:
                    with suppress(OSError):  # Writing the site reports it.
                        found[entry.path] = _stamp(entry.stat(follow_symlinks=False))
    return found


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def follow(root: Path, live: Live, write: Callable[[], Iterable[Step]], say: Callable[[str], object]) -> None:
    """Bring the site up to date whenever a file of the corpus changes; runs until it is interrupted.

    `write` does so in one step or several. An error leaves the site as it is; `say` and the pages get its message.
    """
    seen = snapshot(root)
    while True:
        began = time.monotonic()
        now = snapshot(root)
        pause = max(_PAUSE, _SHARE * (time.monotonic() - began))
        if now != seen:
            seen = now
            try:
                for step in write():
                    live.update(step)
                    if step.changed:
                        count = f"{len(step.changed):,} file{'s' * (len(step.changed) != 1)}"
                        say(f"{time.strftime('%H:%M:%S')} {count} of the site changed")
            except (CorpusError, OSError) as error:
                if str(error) != live.error:
                    say(f"not brought up to date: {error}")
                live.error = str(error)
        time.sleep(pause)


class Server(ThreadingHTTPServer):
    """A server of one site."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, site: Path, live: Live, port: int) -> None:
        self.site, self.live = site, live
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise CorpusError(
                f"port {port} of {HOST} is not available ({error.strerror}): choose another, or --port 0"
            ) from None
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}
        if self.server_port == 80:
            self.hosts |= {HOST, "localhost"}

    @property
    def address(self) -> str:
        """Return the address of the corpus page."""
        return f"http://{HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that hangs up; report anything else in one line."""
        error = sys.exception()
        if not isinstance(error, (ConnectionError, TimeoutError, socket.timeout)):
            print(f"corpus: a request failed: {type(error).__name__}: {error}", file=sys.stderr)


@contextmanager
def serving(site: Path, live: Live, port: int) -> Iterator[Server]:
    """Serve a site while the block runs. Raises CorpusError if the port is taken."""
    with Server(site, live, port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "corpus", ""
    timeout = 30
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: a line for each request would hide what the command has to say."""

    def _answer(self) -> None:
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            self.close_connection = True  # What follows is not read, and must not be taken for the next request.
        if refusal := self._refusal():
            self._send(HTTPStatus.FORBIDDEN, ".txt", refusal.encode())
            return
        address = urlsplit(self.path)
        path = unquote(address.path, errors="replace")
        if path == f"{_OWN}live.js":
            self._send(HTTPStatus.OK, ".js", static("live.js").encode())
        elif path == f"{_OWN}changes":
            asked = parse_qs(address.query)
            version = asked.get("version", ["0"])[0]
            known = int(version) if re.fullmatch("[0-9]{1,9}", version) else 0
            answer = self.server.live.since(asked.get("run", [""])[0], known)
            self._send(HTTPStatus.OK, ".json", orjson.dumps(answer))
        elif path == "/favicon.ico":
            self._send(HTTPStatus.NO_CONTENT, "", b"")  # Browsers ask for it unbidden, and report an error.
        else:
            self._send_file(path.removeprefix("/") or "index.html")

    def _refusal(self) -> str:
        """Return why a request gets no answer, "" if it gets one."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].lower() not in self.server.hosts:
            return f"This server answers at {self.server.address} only.\n"
        asks_as_page = (
            self.headers.get("Sec-Fetch-Mode") == "navigate" and self.headers.get("Sec-Fetch-Dest") == "document"
        )
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not asks_as_page:
            return "This server answers no request of another site's page.\n"
        return ""

    def _send_file(self, name: str) -> None:
        data, script = None, self.server.live.script()
        if name in self.server.live.files:
            try:
                data = read_file(self.server.site / name, self.server.site, _LARGEST)
            except (CorpusError, OSError):
                data = None
        if data is None:
            self._send(HTTPStatus.NOT_FOUND, ".html", _NOT_FOUND + script)
        else:
            end = os.path.splitext(name)[1]
            self._send(HTTPStatus.OK, end, data + script if end == ".html" else data)

    def _send(self, status: HTTPStatus, end: str, data: bytes) -> None:
        self.send_response(status)
        for header, value in _HEADERS.items():
            self.send_header(header, value)
        self.send_header("Content-Type", _TYPES.get(end, "text/plain; charset=utf-8"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
