"""Map accounts to pseudonyms, in `annotators.toml` of the corpus, which git ignores.

    [people]
    "7" = "ann-1"                 a user's id on the server
    "sha256:5d0f…" = "ann-1"      the same person by e-mail address, of which only a hash is kept

A new person gets the next free `ann-N`. The file may be edited: `"7" = "gold"` makes user 7 the adjudicator.
User ids belong to one server: a corpus annotated on two servers needs a file for each.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..core.regular_file import read_utf8
from ..files import replace_file
from ..files.index import ANNOTATOR

NAME = "annotators.toml"
ADDRESS = re.compile(r"""[^\s"'<>(),;:\\@]+@[^\s"'<>(),;:\\@]+""")
"""An e-mail address, or what looks like one. It has no quote or backslash, so replacing it in JSON leaves JSON."""


def without_addresses(text: str) -> str:
    """Return the text with every e-mail address replaced."""
    return ADDRESS.sub("[e-mail]", text) if "@" in text else text


class Pseudonyms:
    """The mapping in a file. No new person gets a name in `reserved`.

    A new person is saved at once, or, with `saves_at_once=False`, when `save` is called.
    """

    def __init__(self, path: Path, reserved: Iterable[str] = (), *, saves_at_once: bool = True) -> None:
        """Read the file, if it exists. Raises CorpusError if it is invalid."""
        self.path = path
        self._names = _read(path)
        self._reserved = set(reserved)
        self._saves_at_once = saves_at_once

    @property
    def known(self) -> bool:
        """True if someone has a pseudonym."""
        return bool(self._names)

    def reserve(self, names: Iterable[str]) -> None:
        """Give none of these names to a new person: someone else annotates under them."""
        self._reserved.update(names)

    def assign(self, person: Any, name: str) -> None:
        """Give a person this pseudonym. Raises CorpusError if it is not a valid name."""
        if not ANNOTATOR.fullmatch(name):
            raise CorpusError(f"{name!r} is not a valid annotator name (such as ann-1)")
        self._names.update(dict.fromkeys(_keys(person), name))

    def of(self, person: Any) -> str:
        """Return the pseudonym of the person in `completed_by`: an id, an e-mail address, or an object with both.

        A new person gets a new one. Returns "" if no person is named. Raises CorpusError if the id and the address
        have different pseudonyms.
        """
        keys = _keys(person)
        if not keys:
            return ""
        names = {self._names[key] for key in keys if key in self._names}
        if len(names) > 1:
            raise CorpusError(
                f"{self.path} gives two pseudonyms to one person, by id and by e-mail address "
                f"({', '.join(sorted(names))}): remove one of {', '.join(keys)}"
            )
        name = names.pop() if names else self._next()
        new = {key: name for key in keys if key not in self._names}
        if new:
            self._names.update(new)
            if self._saves_at_once:
                self.save()
        return name

    def _next(self) -> str:
        taken = self._reserved | set(self._names.values())
        number = 1
        while f"ann-{number}" in taken:
            number += 1
        return f"ann-{number}"

    def save(self) -> None:
        """Write the mapping, readable by its owner only."""
        lines = [
            "# Pseudonyms of annotators. This is personal data: keep it out of git.",
            "[people]",
            *(f'"{key}" = "{name}"' for key, name in self._names.items()),
        ]
        with replace_file(self.path) as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(("\n".join(lines) + "\n").encode())
        os.chmod(self.path, 0o600)


def _keys(person: Any) -> list[str]:
    if isinstance(person, dict):
        return [key for name in ("id", "email") for key in _keys(person.get(name))]
    if isinstance(person, int) and not isinstance(person, bool):
        return [str(person)]
    if isinstance(person, str) and person.strip():
        word = person.strip().lower()
        if any("\ud800" <= char <= "\udfff" for char in word):
            return []  # a lone surrogate has no bytes to hash, and no address has one
        return [word if word.isdecimal() else f"sha256:{hashlib.sha256(word.encode()).hexdigest()}"]
    return []


def _read(path: Path) -> dict[str, str]:
    try:
        people = tomllib.loads(read_utf8(path, path.parent)).get("people", {})
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: {str(error) or 'too deep'}") from None
    if not isinstance(people, dict):
        raise CorpusError(f"{path}: [people] must be a table")
    for key, name in people.items():
        if not isinstance(name, str) or not ANNOTATOR.fullmatch(name):
            raise CorpusError(f"{path}: {key} = {name!r} is not a valid annotator name (such as ann-1)")
    return dict(people)
