"""Which servers are asked, and with which token: no server runs for these."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.core.model import CorpusError
from corpus.labelstudio.address import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE, read_token, server_origin


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (URL_VARIABLE, TOKEN_VARIABLE, TOKEN_FILE_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://studio.example.org", "https://studio.example.org/"),
        ("https://studio.example.org:8443/labels/", "https://studio.example.org:8443/labels/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("http://127.4.5.6", "http://127.4.5.6/"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("http://localhost:8080", "http://localhost:8080/"),
        ("http://localhost:8080/label-studio/", "http://localhost:8080/label-studio/"),
        ("https://studio.example.org/projects/12/data?tab=3", "https://studio.example.org/"),
        ("https://studio.example.org/label-studio/projects/12/", "https://studio.example.org/label-studio/"),
        ("https://studio.example.org/projects/?page=2#top", "https://studio.example.org/"),
        ("https://studio.example.org/projects", "https://studio.example.org/"),
    ],
)
def test_an_address_that_is_asked(url: str, origin: str) -> None:
    assert server_origin(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://studio.example.org",
        "http://10.0.0.1:8080",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://0.0.0.0:8080",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "studio.example.org",
        "https://",
        "https://studio.example.org/?next=x",
        "https://studio.example.org/#x",
        "https://studio.example.org:notaport",
        "https://[::1",
        "https://studio.example.org/a\r\nHost: x",
        "https://studio.example.org/projects/12/data\r\nHost: x",
        "https://lead:open-sesame@studio.example.org/projects/12/data",
        "http://studio.example.org/projects/12/data",
    ],
)
def test_an_address_that_is_refused(url: str) -> None:
    with pytest.raises(CorpusError):
        server_origin(url)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(CorpusError) as refused:
        server_origin("https://lead:open-sesame@studio.example.org")
    assert "open-sesame" not in str(refused.value)


def test_the_address_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match=URL_VARIABLE):
        server_origin(None)
    monkeypatch.setenv(URL_VARIABLE, "https://studio.example.org")
    assert server_origin(None) == "https://studio.example.org/"
    assert server_origin("https://other.example.org") == "https://other.example.org/"


def test_the_token_stands_in_the_environment_or_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=TOKEN_FILE_VARIABLE):
        read_token()
    file = tmp_path / "token"
    file.write_text("0123456789abcdef\n")
    monkeypatch.setenv(TOKEN_FILE_VARIABLE, str(file))
    assert read_token() == "0123456789abcdef"
    monkeypatch.setenv(TOKEN_VARIABLE, "fedcba9876543210")
    assert read_token() == "fedcba9876543210"


@pytest.mark.parametrize("token", ["two words here", "line\r\nbreak: here", "tökentökentöken", "x" * 5000])
def test_what_is_no_token_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(CorpusError) as refused:
        read_token()
    assert token not in str(refused.value)


def test_a_token_file_that_cannot_be_read_is_said_without_its_content(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"secret\xff\xfe")
    monkeypatch.setenv(TOKEN_FILE_VARIABLE, str(file))
    with pytest.raises(CorpusError) as refused:
        read_token()
    assert "secret" not in str(refused.value)
    assert "is not a text file" in str(refused.value)
