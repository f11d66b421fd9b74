"""Where a server is, and with which token to ask it: from an option, the environment, or a file."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from ..core.model import CorpusError
from ..core.regular_file import read_utf8

URL_VARIABLE = "LABEL_STUDIO_URL"
TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"
TOKEN_FILE_VARIABLE = "LABEL_STUDIO_API_KEY_FILE"

_LONGEST = 8192
"""Bytes of a file with a token."""
_PAGE = re.compile(r"(?P<server>[a-z]+://.*?)/projects(?:/(?P<id>[0-9]{1,9})(?:/.*)?)?/?(?:[?#].*)?", re.IGNORECASE)
"""The address of a page of a project, as the browser shows it."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,4096}")


def server_origin(url: str | None, project: str = "") -> str:
    """Return the address of the server, from the option or the environment, ending in `/`. Raises CorpusError.

    The page of a project stands for its server, also as the name of the `project`. The token must not cross a network
    unencrypted, so `http` is allowed only on this machine.
    """
    url = url or os.environ.get(URL_VARIABLE, "")
    if found := _PAGE.fullmatch(project.strip()):
        origin = server_origin(found["server"])
        if url and origin != server_origin(url):
            raise CorpusError(
                f"--project is the address of a project on another server than --server or {URL_VARIABLE} names; "
                "the token is for one of them: name that one as --server, and the project by its name"
            )
        return origin
    if found := _PAGE.fullmatch(url.strip()):
        url = found["server"]
    if not url:
        raise CorpusError(f"no server given: use --server URL or set {URL_VARIABLE}")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise CorpusError("the server's address is not a URL; write it as https://HOST") from None
    if "@" in parts.netloc:
        raise CorpusError(
            f"the server's address must not contain a user name or password; put the token in {TOKEN_VARIABLE}"
        )
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or not url.isprintable():
        raise CorpusError(
            "the server's address must have the form https://HOST[:PORT][/PATH]; the page of a project, "
            "https://HOST/projects/12/data, is allowed too"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise CorpusError(
            "http would send the token unencrypted; use https (http is allowed only for loopback, on this machine)"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"


def project_id(name: str) -> int | None:
    """Return the number of a project from the address of one of its pages, None if the name is not one."""
    found = _PAGE.fullmatch(name.strip())
    return int(found["id"]) if found and found["id"] else None


def read_token() -> str:
    """Read the token from LABEL_STUDIO_API_KEY or the file in LABEL_STUDIO_API_KEY_FILE. Raises CorpusError."""
    token, where = os.environ.get(TOKEN_VARIABLE, ""), TOKEN_VARIABLE
    file = os.environ.get(TOKEN_FILE_VARIABLE)
    if not token and file:
        where = f"the file that {TOKEN_FILE_VARIABLE} names"
        try:
            token = read_utf8(Path(file), limit=_LONGEST)
        except (OSError, CorpusError):
            # The reason may quote a byte of the file.
            raise CorpusError(f"{where} cannot be read, or is not a text file") from None
    token = token.strip()
    if not token:
        raise CorpusError(
            f"no token: set {TOKEN_VARIABLE}, or {TOKEN_FILE_VARIABLE} to a file that holds it; "
            "Label Studio shows it under Account & Settings"
        )
    if not _TOKEN.fullmatch(token):
        raise CorpusError(f"the content of {where} is not a Label Studio token")
    return token


def is_loopback(host: str) -> bool:
    """True if a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
