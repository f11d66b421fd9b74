"""A server over https whose certificate an authority of its own issued, below a path, and named by pages of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.corpora import Corpus
from support.exports import exported, made
from support.stand_in_server import TITLE, StandIn
from support.tls import Secured, secured


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secured]:
    server = StandIn(tmp_path / "server")
    server.holds(exported(1, "alpha", made(11)))
    with secured(tmp_path) as running:
        for name, value in server.environment(f"https://localhost:{running.port}/label-studio/").items():
            monkeypatch.setenv(name, value)
        for name in ("LABEL_STUDIO_API_KEY_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("corpus.labelstudio.connection.wait", lambda attempt: pytest.fail("asked again"))
        yield running


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(corpus: Corpus, there: Secured) -> None:
    ran = corpus.run("label-studio", "pull", "--project", TITLE)
    assert ran.code == 2
    assert "the server's certificate is not trusted" in ran.err
    assert "--ca-file FILE or SSL_CERT_FILE" in ran.err
    assert there.seen == [], "it never sees the token"


def test_a_certificate_of_ones_own_authority(
    corpus: Corpus, there: Secured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pull = ("label-studio", "pull", "--project", TITLE)
    ran = corpus.run(*pull, "--ca-file", str(there.ca_file))
    assert (ran.code, "1 written" in ran.err) == (0, True), ran.err
    assert all(line.split()[1].startswith("/label-studio/api/") for line in there.seen)
    monkeypatch.setenv("SSL_CERT_FILE", str(there.ca_file))
    assert corpus.run(*pull).code == 0

    (tmp_path / "other").mkdir()
    with secured(tmp_path / "other") as other:
        assert "is not trusted" in corpus.run(*pull, "--ca-file", str(other.ca_file)).err
    for wrong in (there.ca_file.with_name("nowhere.pem"), corpus.root / "raw" / "alpha.txt"):
        ran = corpus.run(*pull, "--ca-file", str(wrong))
        assert (ran.code, "is not a file of certificates in PEM form" in ran.err) == (2, True), ran.err


def test_a_certificate_for_another_name_is_refused(corpus: Corpus, there: Secured) -> None:
    url = f"https://127.0.0.1:{there.port}"
    ran = corpus.run("label-studio", "pull", "--project", TITLE, "--server", url, "--ca-file", str(there.ca_file))
    assert (ran.code, "is not trusted" in ran.err, there.seen) == (2, True, [])


@pytest.mark.parametrize(
    ("server", "project"),
    [
        ("projects/3/data?tab=3", TITLE),
        ("projects/", TITLE),
        ("", "projects/3/data?tab=3&task=1"),
        (None, "projects/3/settings/labeling"),
    ],
)
def test_the_page_of_a_project_in_the_browser_names_it(
    corpus: Corpus, there: Secured, monkeypatch: pytest.MonkeyPatch, server: str | None, project: str
) -> None:
    base = f"https://localhost:{there.port}/label-studio/"
    monkeypatch.setenv("LABEL_STUDIO_URL", base if server == "" else "")
    named = ("--project", project if project == TITLE else base + project)
    named += ("--server", base + server) if server else ()
    ran = corpus.run("label-studio", "pull", *named, "--ca-file", str(there.ca_file))
    assert (ran.code, "1 written" in ran.err) == (0, True), ran.err


def test_a_project_on_another_server_than_the_token_is_for_is_refused(corpus: Corpus, there: Secured) -> None:
    page = "https://labels.example.org/projects/3/data"
    ran = corpus.run("label-studio", "pull", "--project", page)
    assert (ran.code, "on another server than --server or LABEL_STUDIO_URL names" in ran.err) == (2, True)
    assert there.seen == []
    page = f"https://localhost:{there.port}/label-studio/projects/4/data"
    ran = corpus.run("label-studio", "pull", "--project", page, "--ca-file", str(there.ca_file))
    assert (ran.code, "it answered 404" in ran.err) == (2, True)
