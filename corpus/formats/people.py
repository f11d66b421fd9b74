"""The people who annotated, as pseudonyms: no name or e-mail address of an account comes into a corpus.

    [annotators]                  in the map: who has which pseudonym
    "7" = "ann-a"                 a user's id
    "kim@example.org" = "ann-b"   or address, or name

Someone whom the map does not name becomes ann-1, ann-2, …; `annotators.toml` of the new corpus, which git ignores, says
who that is: by id, or by a hash of the address or name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..files.index import ANNOTATOR
from ..labelstudio.pseudonyms import NAME, Pseudonyms
from .documents import Options


class People:
    """The pseudonyms of an import, by the map."""

    def __init__(self, options: Options, into: Path) -> None:
        """Read the table `annotators` of the map. Raises CorpusError if it is invalid."""
        self._into, self._options = into, options
        self._pseudonyms = Pseudonyms(into / NAME)
        named = options.map.get("annotators", {})
        if not isinstance(named, dict):
            raise CorpusError("map: [annotators] must be a table, such as 7 = 'ann-a' for the user with the id 7")
        for person, name in named.items():
            if not isinstance(name, str) or not ANNOTATOR.fullmatch(name):
                raise CorpusError(f"map: annotators.{person} must be a name such as ann-1, in lower case")
            self._pseudonyms.assign(person, name)
        self._named = {str(person).strip().lower() for person in named}

    def of(self, person: Any) -> str:
        """Return the pseudonym of an account: an id, a name, an address, or an object with id and email; "" of none."""
        return self._pseudonyms.of(person)

    def named(self, name: str) -> str:
        """Return the annotator with a name that the user asked for: the name itself, unless it is an address."""
        if "@" in name or name.strip().lower() in self._named:
            return self.of(name)
        return self._options.annotators(name)

    def save(self) -> None:
        """Write who has which pseudonym, if anyone has one and something was imported."""
        if self._pseudonyms.known and (self._into / "raw").is_dir():
            self._pseudonyms.save()
