"""The names that a schema may give to layers, fields, splits and labels: they become files, columns and configs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from .model import CorpusError

NAME = re.compile("[A-Za-z][A-Za-z0-9_]*")
_DEVICE = re.compile("(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])")
"""Names that Windows keeps for devices: no file of this name can be made there."""
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""A control character other than line feed and tab, half of a surrogate pair, or a change of the text's direction."""
_LONGEST = 100
"""Code points of the longest name of a layer, field, split or label."""


def check_names(kind: str, names: Iterable[str]) -> None:
    """Raise CorpusError for a name that cannot be a file's, a column's and a config's name on every system."""
    seen: dict[str, str] = {}
    for name in names:
        if not NAME.fullmatch(name) or len(name) > _LONGEST:
            raise CorpusError(
                f"the schema's {kind} {name[:_LONGEST]!r} must be named by a letter, then letters, digits and _, "
                f"at most {_LONGEST} in all"
            )
        if _DEVICE.fullmatch(name):
            raise CorpusError(f"the schema's {kind} {name} has the name of a device of Windows; choose another name")
        if name.lower() in seen:
            raise CorpusError(
                f"the schema's {kind} {name} differs from {seen[name.lower()]} in its case alone; choose another name"
            )
        seen[name.lower()] = name


def check_prose(what: str, text: str) -> None:
    """Raise CorpusError for a title or description that a terminal or a config of Label Studio cannot show as it is."""
    wrong = _HIDDEN.search(text)
    if wrong:
        number = f"U+{ord(wrong[0]):04X}"
        raise CorpusError(f"the title or description of the schema's {what} has the control character {number}")


def check_label(field: str, name: str) -> None:
    """Raise CorpusError for a label that a table, a YAML file or a config of Label Studio could not show as it is."""
    if not name or len(name) > _LONGEST:
        raise CorpusError(
            f"a label of the schema's field {field} must have 1 to {_LONGEST} characters: {name[:20]!r} …"
        )
    if not unicodedata.is_normalized("NFC", name):
        raise CorpusError(f"the label {name!r} of the schema's field {field} is not in the normal form NFC")
    if not name.isprintable() or name != name.strip():
        raise CorpusError(
            f"the label {name!r} of the schema's field {field} has a control character, or white space at an edge"
        )
