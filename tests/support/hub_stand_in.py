"""The smallest stand-in for the writing side of the Hugging Face hub: enough for `corpus publish`, and no more.

It answers on 127.0.0.1 what huggingface_hub 2.4 asks when a dataset is pushed without Xet: create a repository, its
refs, a revision, its files, preupload, LFS batch and upload, commit (NDJSON), tag. What it is told goes into real git
repositories, `<folder>/datasets/OWNER/NAME`, which another program can serve. It differs from the hub in this: large
files lie in git as they are and not as pointers, there is one user, and no quota, pull request or Xet storage.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

POINTER = 134
"""The bytes of a pointer to a large file, as the hub tells them."""


@dataclass
class Hub:
    """A running stand-in. `large`: whether Parquet is told to go to the LFS; `ignored`: files it takes silently not."""

    folder: Path
    token: str
    url: str = ""
    large: bool = True
    ignored: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    """METHOD and path of what was asked, in order."""
    stored: Counter[str] = field(default_factory=Counter)
    """How often the content of a hash was uploaded to the LFS."""
    sent: Counter[str] = field(default_factory=Counter)
    """How often a path was sent in a commit."""
    refuse: int = 0
    """A status with which everything is refused."""
    at: Callable[[str], None] = lambda moment: None
    """Called when a request came ("before commit") and when it was done and not yet answered ("after commit").

    A ConnectionError that it raises leaves the request undone or unanswered.
    """
    objects: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    public: bool = True

    def repo(self, name: str) -> Path:
        """The git repository of a dataset."""
        return self.folder / "datasets" / name

    def git(self, name: str, *argv: str) -> bytes:
        """What git says in the repository of a dataset."""
        who = {
            f"GIT_{role}_{what}": "hub@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **who}
        done = subprocess.run(["git", "-C", self.repo(name), *argv], env=environment, check=True, capture_output=True)
        return done.stdout

    def files(self, name: str, revision: str) -> dict[str, bytes]:
        """The files of a dataset at a revision, without the one that the hub itself puts there."""
        paths = self.git(name, "ls-tree", "-r", "-z", "--name-only", revision).decode().split("\0")
        return {
            path: self.git(name, "show", f"{revision}:{path}") for path in paths if path not in ("", ".gitattributes")
        }

    def tags(self, name: str) -> list[str]:
        """The tags of a dataset."""
        return self.git(name, "tag").decode().split()

    def create(self, name: str, public: bool) -> bool:
        """Make a repository with the file that the hub puts into each; False when it is there."""
        folder = self.repo(name)
        if folder.exists():
            return False
        self.public = public
        folder.mkdir(parents=True)
        self.git(name, "init", "-q", "-b", "main")
        (folder / ".gitattributes").write_text("*.parquet filter=lfs diff=lfs merge=lfs -text\n")
        self.commit(name, "initial commit")
        return True

    def commit(self, name: str, message: str) -> str:
        """Commit what lies in the working tree; the commit."""
        self.git(name, "add", "--all", "--force")
        self.git(name, "commit", "-q", "--allow-empty", "-m", message)
        return self.git(name, "rev-parse", "HEAD").decode().strip()

    def preuploaded(self, name: str, path: str) -> dict[str, Any]:
        """How a file is to be sent, and what of it is there."""
        large = self.is_large(path)
        found: dict[str, Any] = {"path": path, "uploadMode": "lfs" if large else "regular"}
        found["shouldIgnore"] = path in self.ignored
        if (self.repo(name) / path).is_file():
            data = (self.repo(name) / path).read_bytes()
            found["oid"] = hashlib.sha256(data).hexdigest() if large else blob(data)
        return found

    def is_large(self, path: str) -> bool:
        """Whether a file goes to the LFS."""
        return self.large and path.endswith(".parquet")

    def apply(self, name: str, lines: list[dict[str, Any]]) -> str:
        """Make a commit of what an NDJSON body says; the commit."""
        for line in lines:
            value = line["value"]
            path = self.repo(name) / value.get("path", "")
            if line["key"] == "deletedFile":
                path.unlink()
            elif line["key"] in ("file", "lfsFile"):
                self.sent[value["path"]] += 1
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(
                    base64.b64decode(value["content"]) if line["key"] == "file" else self.objects[value["oid"]]
                )
            else:
                assert line["key"] == "header"
        return self.commit(name, lines[0]["value"]["summary"])

    def tree(self, name: str, revision: str) -> list[dict[str, Any]]:
        """The files at a revision, as the hub lists them."""
        found = []
        for path, data in self.files(name, revision).items():
            one: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": blob(data)}
            if self.is_large(path):
                one["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": POINTER}
            found.append(one)
        return found


def blob(data: bytes) -> str:
    """The hash that git gives to a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Requests → the methods of the Hub; one at a time."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do(self) -> None:
        """Answer a request of any method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        try:
            self._answer(*self._done(unquote(urlsplit(self.path).path), body))
        except ConnectionError:  # who asked is gone
            self.close_connection = True

    def _done(self, path: str, body: bytes) -> tuple[int, Any]:
        with self.hub.lock:
            self.hub.asked.append(f"{self.command} {path}")
            for pattern, answer in ROUTES.items():
                if match := re.fullmatch(pattern, f"{self.command} {path}"):
                    self.hub.at(f"before {answer.__name__}")
                    status, value = self._refused(path) or answer(self.hub, body, **match.groupdict())
                    self.hub.at(f"after {answer.__name__}")
                    return status, value
        return HTTPStatus.NOT_IMPLEMENTED, {"error": "the stand-in does not know this"}

    do_GET = do_POST = do_PUT = do  # noqa: N815

    def _refused(self, path: str) -> tuple[int, Any] | None:
        if self.hub.refuse:
            return self.hub.refuse, {"error": f"no, {self.headers['Authorization']}"}
        if not path.startswith("/objects/") and self.headers["Authorization"] != f"Bearer {self.hub.token}":
            return HTTPStatus.UNAUTHORIZED, {"error": f"no user has {self.headers['Authorization']}"}
        return None

    def _answer(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        if status == HTTPStatus.NOT_FOUND:
            self.send_header("X-Error-Code", value["error"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


Answer = tuple[int, Any]


def refs(hub: Hub, body: bytes, name: str) -> Answer:
    if not hub.repo(name).exists():
        return HTTPStatus.NOT_FOUND, {"error": "RepoNotFound"}
    tags = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": ""} for tag in hub.tags(name)]
    return HTTPStatus.OK, {"branches": [], "converts": [], "tags": tags}


def create(hub: Hub, body: bytes) -> Answer:
    asked = json.loads(body)
    assert asked["type"] == "dataset"
    name = f"{asked['organization']}/{asked['name']}"
    made = hub.create(name, asked.get("visibility") != "private")
    return HTTPStatus.OK if made else HTTPStatus.CONFLICT, {"url": f"{hub.url}/datasets/{name}"}


def info(hub: Hub, body: bytes, name: str, revision: str = "main") -> Answer:
    if revision.startswith("v") and revision not in hub.tags(name):
        return HTTPStatus.NOT_FOUND, {"error": "RevisionNotFound"}
    sha = hub.git(name, "rev-parse", revision).decode().strip()
    return HTTPStatus.OK, {"id": name, "sha": sha, "private": not hub.public, "tags": [], "siblings": []}


def tree(hub: Hub, body: bytes, name: str, revision: str) -> Answer:
    return HTTPStatus.OK, hub.tree(name, revision)


def card(hub: Hub, body: bytes) -> Answer:
    return HTTPStatus.OK, {"errors": [], "warnings": []}


def preupload(hub: Hub, body: bytes, name: str) -> Answer:
    return HTTPStatus.OK, {"files": [hub.preuploaded(name, one["path"]) for one in json.loads(body)["files"]]}


def batch(hub: Hub, body: bytes, name: str) -> Answer:
    wanted = json.loads(body)["objects"]
    for one in wanted:
        if one["oid"] not in hub.objects:
            one["actions"] = {"upload": {"href": f"{hub.url}/objects/{one['oid']}"}}
    return HTTPStatus.OK, {"transfer": "basic", "objects": wanted}


def store(hub: Hub, body: bytes, oid: str) -> Answer:
    assert hashlib.sha256(body).hexdigest() == oid
    hub.objects[oid] = body
    hub.stored[oid] += 1
    return HTTPStatus.OK, {}


def commit(hub: Hub, body: bytes, name: str) -> Answer:
    oid = hub.apply(name, [json.loads(line) for line in body.splitlines()])
    return HTTPStatus.OK, {"commitUrl": f"{hub.url}/datasets/{name}/commit/{oid}", "commitOid": oid}


def tag(hub: Hub, body: bytes, name: str, revision: str) -> Answer:
    asked = json.loads(body)["tag"]
    if asked in hub.tags(name):
        return HTTPStatus.CONFLICT, {"error": "it is there"}
    hub.git(name, "tag", asked, revision)
    return HTTPStatus.OK, {}


NAME = r"(?P<name>[^/]+/[^/]+)"
ROUTES: dict[str, Callable[..., Answer]] = {
    f"GET /api/datasets/{NAME}/refs": refs,
    "POST /api/repos/create": create,
    f"GET /api/datasets/{NAME}": info,
    f"GET /api/datasets/{NAME}/revision/(?P<revision>[^/]+)": info,
    f"GET /api/datasets/{NAME}/tree/(?P<revision>[^/]+)": tree,
    "POST /api/validate-yaml": card,
    f"POST /api/datasets/{NAME}/preupload/main": preupload,
    f"POST /datasets/{NAME}.git/info/lfs/objects/batch": batch,
    "PUT /objects/(?P<oid>[0-9a-f]{64})": store,
    f"POST /api/datasets/{NAME}/commit/main": commit,
    f"POST /api/datasets/{NAME}/tag/(?P<revision>[^/]+)": tag,
}


@contextmanager
def running(folder: Path, token: str) -> Iterator[Hub]:
    """A stand-in that keeps its repositories in `folder`, until the block ends."""
    hub = Hub(folder, token)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
