"""`corpus view --serve`: what it answers, whom it refuses, and how it follows the corpus."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.browser import opened
from support.corpora import Corpus, annotation

from corpus.cli.options import Common
from corpus.cli.view_site import Site
from corpus.core.model import CorpusError
from corpus.view.serve import Live, Server, follow, serving, snapshot

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = "annotations/gold/alpha.html"


class Answer:
    """The answer to a request."""

    def __init__(self, port: int, path: str, method: str = "GET", **headers: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in given)
        for name, value in given.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        self.status, self.body, self.headers = response.status, response.read(), response.headers
        connection.close()


@pytest.fixture
def site(corpus: Corpus) -> Path:
    """A written site, with a file beside it and files in it that are not its own."""
    out = corpus.root.parent / "site"
    assert corpus.run("view", "--out", str(out)).code == 0
    (out.parent / "secret.txt").write_text("secret")
    (out / "mine.txt").write_text("secret")
    os.symlink(out.parent / "secret.txt", out / "link.txt")
    return out


@pytest.fixture
def server(site: Path) -> Iterator[Server]:
    """A server of the site."""
    listed = json.loads((site / "index/site.json").read_bytes())["files"]
    with serving(site, Live(frozenset(listed)), 0) as running:
        yield running


def test_it_serves_the_site_with_a_script_that_follows_changes(server: Server, site: Path) -> None:
    for path, name in (("/", "index.html"), (f"/{PAGE}", PAGE), (f"/{PAGE}?a=b", PAGE)):
        answer = Answer(server.server_port, path)
        assert answer.status == 200
        assert answer.body.startswith((site / name).read_bytes())
        assert b"/-/live.js" in answer.body[-200:]
    style = Answer(server.server_port, "/static/corpus.css")
    assert (style.status, style.body) == (200, (site / "static/corpus.css").read_bytes())
    head = Answer(server.server_port, "/", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["Content-Length"]) > 1000


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/passwd", "/mine.txt", "/link.txt"),
        *(
            "/static/",
            "/annotations",
            "/static/../../secret.txt",
            "/%00",
            "/%ff",
            "/index.html%00.txt",
            "/.corpus-tmp-x",
        ),
    ],
)
def test_it_serves_no_other_file(server: Server, path: str) -> None:
    answer = Answer(server.server_port, path)
    assert answer.status == 404
    assert b"secret" not in answer.body


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "", "[::1]:80"])
def test_a_name_of_another_site_is_refused(server: Server, host: str) -> None:
    answer = Answer(server.server_port, "/", Host=host)
    assert (answer.status, b"<html" in answer.body) == (403, False)


def test_its_own_names_are_answered(server: Server) -> None:
    for name in ("127.0.0.1", "localhost", "LOCALHOST"):
        assert Answer(server.server_port, "/", Host=f"{name}:{server.server_port}").status == 200


@pytest.mark.parametrize("where", ["cross-site", "same-site"])
def test_pages_of_other_sites_load_nothing(server: Server, where: str) -> None:
    asked = {"Sec_Fetch_Site": where, "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"}
    assert Answer(server.server_port, "/index/site.json", **asked).status == 403
    framed = asked | {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}
    assert Answer(server.server_port, "/", **framed).status == 403
    followed = asked | {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert Answer(server.server_port, "/", **followed).status == 200
    assert Answer(server.server_port, "/").headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_it_listens_to_this_computer_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_other_methods_are_refused(server: Server) -> None:
    assert Answer(server.server_port, "/", "POST", Content_Length="0").status == 501
    assert Answer(server.server_port, "/", "DELETE").status == 501


def test_a_port_that_is_taken_is_said(server: Server, site: Path) -> None:
    with pytest.raises(CorpusError, match="choose another, or --port 0"), serving(site, Live(()), server.server_port):
        pass


class StopError(Exception):
    """Ends `follow` in a test."""


@contextmanager
def stopped_after(looks: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[int], object]) -> Iterator[None]:
    """Call `act` in place of each pause between two looks for changes, and end after some."""
    done = 0

    def pause(seconds: float) -> None:
        nonlocal done
        done += 1
        if done > looks:
            raise StopError
        act(done)

    monkeypatch.setattr("corpus.view.serve.time.sleep", pause)
    with pytest.raises(StopError):
        yield


class Step:
    """What a run wrote."""

    files, changed = ("index.html", PAGE), (PAGE,)


def test_a_change_of_the_corpus_is_followed(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    live, said, runs = Live(()), list[str](), list[int]()

    def write() -> Iterator[Step]:
        runs.append(live.version)
        yield Step()

    def act(look: int) -> None:
        if look == 2:
            corpus.write("annotations/gold/alpha.json", annotation("alpha") | {"layers_done": []})

    with stopped_after(4, monkeypatch, act):
        follow(corpus.root, live, write, said.append)
    assert (runs, live.version) == ([0], 1)
    assert live.since(live.run, 0)["files"] == [PAGE]
    assert live.since(live.run, 1)["files"] == []
    assert live.since("an earlier run", 1)["files"] is None


def test_what_is_not_shown_is_said_once(corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = annotation("alpha")
    wrong["mentions"][0]["spans"][0]["end"] = 5000
    site = Site(Common(), corpus.root, corpus.root / "out", (), (), (), False)
    for value in (wrong, wrong | {"layers_done": wrong["layers_done"][::-1]}, annotation("alpha"), wrong):
        corpus.write("annotations/gold/alpha.json", value)
        site.write()
    assert capsys.readouterr().err.count("not shown: annotations/gold/alpha.json") == 2


def test_an_error_is_said_once_and_shown_until_it_is_gone(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    live, said = Live(()), list[str]()
    errors = [CorpusError("the schema is broken"), CorpusError("the schema is broken"), None]
    shown = []

    def write() -> Iterator[Step]:
        error = errors.pop(0)
        if error:
            raise error
        yield Step()

    def act(look: int) -> None:
        shown.append(live.error)
        corpus.write("raw/alpha.txt", f"Changed {look}.")

    with stopped_after(3, monkeypatch, act):
        follow(corpus.root, live, write, said.append)
    assert [one for one in said if "broken" in one] == ["not brought up to date: the schema is broken"]
    assert (shown[-1], live.error) == ("the schema is broken", "")


@pytest.mark.parametrize(
    "name", ["raw/new.txt", "annotations/ann-a/alpha.json", "schema/targets.json", "DATASET_CARD.md"]
)
def test_everything_that_the_site_shows_is_watched(corpus: Corpus, name: str) -> None:
    before = snapshot(corpus.root)
    corpus.write(name, "changed")
    written = snapshot(corpus.root)
    os.remove(corpus.root / name)
    assert before != written != snapshot(corpus.root)


def start(corpus: Corpus, *options: str) -> tuple[subprocess.Popen[str], int]:
    """Start the command, and return its process and port."""
    command = [sys.executable, "-m", "corpus", "--root", str(corpus.root), "view", "--serve", "--port", "0", *options]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    return running, int(running.stdout.readline().rstrip("/\n").rpartition(":")[2])


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_ends_cleanly(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, code: int
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = set(tmp_path.iterdir())
    running, port = start(corpus)
    assert Answer(port, "/").status == 200
    running.send_signal(sent)
    _, said = running.communicate(timeout=30)
    assert running.returncode == code
    assert "Traceback" not in said
    assert set(tmp_path.iterdir()) == before


@pytest.mark.browser
def test_an_open_page_shows_a_change_by_itself(corpus: Corpus, chromium: Browser) -> None:
    running, port = start(corpus)
    try:
        with opened(chromium, f"http://127.0.0.1:{port}/{PAGE}") as one:
            page = one.page
            other = page.context.new_page()
            other.goto(f"http://127.0.0.1:{port}/#q=bridge")
            other.wait_for_selector("mark")
            value = annotation("alpha")
            value["quotes"][0]["polarity"] = "negated"
            corpus.write("annotations/gold/alpha.json", value)
            page.wait_for_selector("text=negated")
            other.wait_for_selector('tr:has([data-value="negated"]) td.n:text-is("1")')
            assert other.input_value("#q") == "bridge"
            corpus.write("schema/targets.json", "{")
            page.wait_for_selector("text=These pages show an earlier state")
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
