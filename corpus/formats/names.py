"""Valid ids for documents and annotators, from names in any script.

    report-1     report-1             a valid name stays
    Отчёт        x-5d41402a           another one gets a hash, so that no other file changes its id
    Müller       muller-098f6bcd
    Eve          eve                  annotators are in lower case

The hash is that of the name in the normal form NFC: macOS stores names decomposed.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from ..core.model import CorpusError
from ..files import DOC_ID
from ..files.index import ANNOTATOR

_DIGITS = 8
"""Hexadecimal digits of the hash in an id."""


class ValidNames:
    """Makes valid names. A name becomes the same valid name whatever other names there are."""

    def __init__(self, pattern: re.Pattern[str], most: int, lower: bool = False) -> None:
        self._pattern, self._most, self._lower = pattern, most, lower
        self._before: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """Return the valid name for `name`. Raises CorpusError if two names differ only in case."""
        name = unicodedata.normalize("NFC", name)
        plain = name.lower() if self._lower else name
        valid = plain if self._pattern.fullmatch(plain) else self._hashed(name, plain)
        if valid != name or self._lower:
            before = self._before.setdefault(valid, name)
            if before != name:
                raise CorpusError(f"{before!r} and {name!r} both become {valid!r}: rename one of them in the source")
        return valid

    def original(self, valid: str) -> str:
        """Return the name that became `valid`, "" if it was valid itself."""
        name = self._before.get(valid, valid)
        return "" if name.lower() == valid.lower() else name

    def _hashed(self, name: str, plain: str) -> str:
        ascii_ = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
        legal = re.sub("[^a-z0-9_-]+" if self._lower else "[^A-Za-z0-9._-]+", "-", ascii_).strip("-._")
        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
        return f"{legal[: self._most - 1 - _DIGITS].rstrip('-._') or 'x'}-{digest}"


def doc_ids() -> ValidNames:
    """Return a maker of document ids."""
    return ValidNames(DOC_ID, 128)


def annotators() -> ValidNames:
    """Return a maker of annotator names."""
    return ValidNames(ANNOTATOR, 32, lower=True)
