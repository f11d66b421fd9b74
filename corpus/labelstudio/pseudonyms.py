"""Map accounts to pseudonyms, in `annotators.toml` of the corpus, which git ignores.

    server = "3f0c5a1be2d4"       the server whose users have plain ids below

    [servers]
    "https://labels.example.org" = "lab"     optional: a name for an address, the same one for all addresses of a server

    [people]
    "7" = "ann-1"                 a user's id on that server
    "lab/7" = "ann-4"             a user's id on another server
    "sha256:5d0f…" = "ann-1"      the same person by e-mail address, of which only a hash is kept

A new person gets the next free `ann-N`. The file may be edited: `"7" = "gold"` makes user 7 the adjudicator.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..core.model import CorpusError
from ..core.regular_file import read_utf8
from ..files import replace_file
from ..files.index import ANNOTATOR

NAME = "annotators.toml"
ADDRESS = re.compile(r"""[^\s"'<>(),;:\\@]+@[^\s"'<>(),;:\\@]+""")
"""An e-mail address, or what looks like one. It has no quote or backslash, so replacing it in JSON leaves JSON."""
_LINK = re.compile(r"""\b[a-z][a-z0-9+.-]*://[^\s"'<>\\]+""", re.IGNORECASE)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_PORTS = {"http": 80, "https": 443}


def without_addresses(text: str) -> str:
    """Return the text with every web address and e-mail address replaced."""
    if "://" in text:
        text = _LINK.sub("[address]", text)
    return ADDRESS.sub("[e-mail]", text) if "@" in text else text


def server_id(address: str) -> str:
    """Return a short hash of a server's address: it names the server without saying where it is.

    The spellings of an address share it: upper case, a usual port, a last slash, and `127.0.0.1` for `localhost`.
    """
    return hashlib.sha256(_normal(address).encode()).hexdigest()[:12]


class Pseudonyms:
    """The mapping in a file. No new person gets a name in `reserved`. Nothing is written before `saved` or `save`."""

    def __init__(self, path: Path, reserved: Iterable[str] = ()) -> None:
        """Read the file, if it exists. Raises CorpusError if it is invalid."""
        self.path = path
        self._reserved = set(reserved)
        self._asked: set[str] = set()
        self.begin("")

    @property
    def known(self) -> bool:
        """True if someone has a pseudonym."""
        return bool(self._names)

    @property
    def names(self) -> frozenset[str]:
        """The pseudonyms."""
        return frozenset(self._names.values())

    def begin(self, server: str, names: Iterable[str] = ()) -> None:
        """Read the file again, and take the people to come as users of this server, "" if it is unknown.

        Without another server in the file, its plain ids belong to this one. No new person gets one of `names`:
        someone else annotates under them. Nothing is written before `saved`.
        """
        self._home, self._servers, self._names = _read(self.path)
        self._by_id: dict[int, str] = {}
        self._reserved.update(names)
        self._at = self.same(server)
        self._changed = bool(server and not self._home)
        self._home = self._home or self._at

    def server(self, written: str) -> str:
        """Return what a server is called in provenance: its name in the file, or a hash of its address.

        `written` is the address, or such a name. Raises CorpusError if it is a name that the file does not have.
        """
        if "://" in written:
            self._asked.add(_normal(written))
            return self._servers.get(_normal(written)) or server_id(written)
        if written in (self._home, *self._servers.values()):
            return self.same(written)
        raise CorpusError(
            f"{self.path} declares no server of this name: give its address with https://, or name it in [servers]"
        )

    def same(self, server: str) -> str:
        """Return the name of a server in the file, for the hash of an address that the file has a name for."""
        named = {server_id(address): name for address, name in self._servers.items()}
        return named.get(server, server)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the known servers, with their ports: none may be written to an annotation."""
        hosts = {urlsplit(address).netloc for address in {*self._servers, *self._asked}}
        spelled = {
            host.replace("localhost", name, 1) for host in hosts if host.startswith("localhost") for name in _LOOPBACK
        }
        # `localhost` without a port is a word like any other.
        return tuple(sorted((hosts | spelled) - set(_LOOPBACK)))

    def assign(self, person: Any, name: str) -> None:
        """Give a person this pseudonym. Raises CorpusError if it is not a valid name."""
        if not ANNOTATOR.fullmatch(name):
            raise CorpusError(f"{name!r} is not a valid annotator name (such as ann-1)")
        self._names.update(dict.fromkeys(self._keys(person), name))
        self._by_id.clear()

    def of(self, person: Any) -> str:
        """Return the pseudonym of the person in `completed_by`: an id, an e-mail address, or an object with both.

        A new person gets a new one. Returns "" if no person is named. Raises CorpusError if the id and the address
        have different pseudonyms.
        """
        if type(person) is int and person in self._by_id:
            return self._by_id[person]
        keys = self._keys(person)
        if not keys:
            return ""
        names = {self._names[key] for key in keys if key in self._names}
        if len(names) > 1:
            raise CorpusError(
                f"{self.path} gives one person two pseudonyms, one by id and one by e-mail address: "
                f"{' and '.join(sorted(names))}; remove one of the two lines"
            )
        name = names.pop() if names else self._next()
        new = {key: name for key in keys if key not in self._names}
        self._names.update(new)
        self._changed = self._changed or bool(new)
        if type(person) is int:
            self._by_id[person] = name
        return name

    @contextmanager
    def saved(self) -> Iterator[None]:
        """Write new people to the file before the block, and take them out again if the block fails.

        A kill in between leaves people without annotations, who keep their pseudonyms. Annotations without people would
        get others in the next run.
        """
        if not self._changed:
            yield
            return
        try:
            before = read_utf8(self.path, self.path.parent)
        except FileNotFoundError:
            before = None
        self._write(self._content())
        try:
            yield
        except BaseException:
            if before is None:
                self.path.unlink()
            else:
                self._write(before)
            raise
        self._changed = False

    def _keys(self, person: Any) -> list[str]:
        if isinstance(person, dict):
            return [key for name in ("id", "email") for key in self._keys(person.get(name))]
        if isinstance(person, int) and not isinstance(person, bool):
            return [self._user(str(person))]
        if isinstance(person, str) and person.strip():
            word = person.strip().lower()
            if any("\ud800" <= char <= "\udfff" for char in word):
                return []  # a lone surrogate has no bytes to hash, and no address has one
            return [self._user(word) if word.isdecimal() else f"sha256:{hashlib.sha256(word.encode()).hexdigest()}"]
        return []

    def _user(self, number: str) -> str:
        """The key of a user's id: plain for users of the server that the file begins with."""
        return number if self._at in ("", self.same(self._home)) else f"{self._at}/{number}"

    def _next(self) -> str:
        taken = self._reserved | set(self._names.values())
        number = 1
        while f"ann-{number}" in taken:
            number += 1
        return f"ann-{number}"

    def save(self) -> None:
        """Write who has which pseudonym, readable by the owner of the file only."""
        self._write(self._content())
        self._changed = False

    def _content(self) -> str:
        lines = [
            "# Pseudonyms of annotators. This is personal data: keep it out of git.",
            *([f'server = "{self._home}"', ""] if self._home else []),
            *(["[servers]", *_lines(self._servers), ""] if self._servers else []),
            "[people]",
            *_lines(self._names),
        ]
        return "\n".join(lines) + "\n"

    def _write(self, content: str) -> None:
        with replace_file(self.path, 0o600) as out:
            out.write(content.encode())


def _lines(table: dict[str, str]) -> list[str]:
    return [f'{json.dumps(key, ensure_ascii=False)} = "{name}"' for key, name in table.items()]


def _normal(address: str) -> str:
    """Return an address in one spelling. Raises CorpusError if it is not one."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    host = f"[{host}]" if ":" in host else host
    if not host or not address.isprintable() or any(char in address for char in "\"\\'"):
        raise CorpusError("the address of a server must have the form https://HOST[:PORT][/PATH]")
    host = "localhost" if host in _LOOPBACK else host
    shown = "" if port in (None, _PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{host}{shown}{parts.path.rstrip('/')}"


def _read(path: Path) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return the server of plain ids, the names of servers by address, and the pseudonyms of people."""
    try:
        written = tomllib.loads(read_utf8(path, path.parent))
    except FileNotFoundError:
        return "", {}, {}
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: {str(error) or 'too deep'}") from None
    home = written.get("server", "")
    if not isinstance(home, str) or (home and not ANNOTATOR.fullmatch(home)):
        raise CorpusError(f"{path}: server must be a name of [servers], or what an earlier pull wrote there")
    servers = {_normal(key): name for key, name in _names(path, written, "servers").items()}
    people = _names(path, written, "people")
    return home, servers, _joined(path, home, servers, people)


def _names(path: Path, written: dict[str, Any], table: str) -> dict[str, str]:
    found = written.get(table, {})
    if not isinstance(found, dict):
        raise CorpusError(f"{path}: [{table}] must be a table")
    for name in found.values():
        if not isinstance(name, str) or not ANNOTATOR.fullmatch(name):
            kind = "a valid annotator name (such as ann-1)" if table == "people" else "a valid name of a server"
            raise CorpusError(f"{path}: [{table}]: {name!r} is not {kind}")
    return dict(found)


def _joined(path: Path, home: str, servers: dict[str, str], people: dict[str, str]) -> dict[str, str]:
    """Return the people with one key for each user: the keys of a server that has a name by now take that name.

    Raises CorpusError if a user then has two pseudonyms, as after two servers were declared the same.
    """
    named = {server_id(address): name for address, name in servers.items()}
    found: dict[str, str] = {}
    for key, name in people.items():
        server, _, user = key.rpartition("/")
        server = named.get(server, server)
        joined = f"{server}/{user}" if server not in ("", named.get(home, home)) else user
        if found.setdefault(joined, name) != name:
            both = f"{found[joined]} and {name}"
            raise CorpusError(f"{path} gives a user of one server two pseudonyms, {both}: remove one of the two lines")
    return found
