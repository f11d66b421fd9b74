"""The columns of CoNLL files of other projects, and what their tags mean, from a map file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.model import CorpusError
from ...core.schema import Schema
from .rules import COMMON, unknown_keys
from .use import MapUse

SCHEMES = {"IOB2": ("B", ""), "IOB1": ("BI", ""), "BIOES": ("BSU", "ESLU")}
"""The prefixes that begin a mention, and those that end one."""
CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
CONLL_2012 = {"token": 3, "tag": 10, "entity": -1}
"""The columns of CoNLL-2012. Those between the names and the chains are one for each predicate of the sentence."""
ROLES = ("id", "token", "tag", "misc", "entity")
_NAMES = {"ID": "id", "FORM": "token", "MISC": "misc", "ENTITY": "entity", "NER": "tag"}
_DOCUMENTS = ("marker", "sentence")

Column = tuple[int | str, str]
"""The index of a column, from 0, or from -1 at the end, or its name; and the key in it, such as Entity in MISC."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a map says: the column of each role, the entity type of each tag, the tagging scheme, and the text.

    `types_given` is False if the map has no types, so that a tag is read as the type of the same name. `scheme` is ""
    if the map does not say it. `blanks` is None if the language decides whether blanks separate tokens.
    """

    columns: Mapping[str, Column]
    types: Mapping[str, str]
    types_given: bool = False
    scheme: str = ""
    blanks: bool | None = None
    sentence_documents: bool = False
    use: MapUse = field(default_factory=MapUse, compare=False)

    @classmethod
    def of(cls, written: Mapping[str, Any], schema: Schema) -> Layout:
        """Return the layout that a map holds. Raises CorpusError if a value is invalid."""
        known = {"columns", "types", "scheme", "blanks", "documents", *COMMON}
        if unknown := written.keys() - known:
            raise CorpusError(unknown_keys(unknown, known))
        labels = {label.name: label.name for label in schema.labels("entities", "type")}
        types = written.get("types", labels)
        scheme, blanks = written.get("scheme", ""), written.get("blanks")
        documents = written.get("documents", "marker")
        if "scheme" in written and scheme not in tuple(SCHEMES):
            raise CorpusError(f"map: scheme must be one of {', '.join(SCHEMES)}")
        if blanks is not None and not isinstance(blanks, bool):
            raise CorpusError("map: blanks must be true or false")
        if documents not in _DOCUMENTS:
            raise CorpusError(f"map: documents must be one of {', '.join(_DOCUMENTS)}")
        if not isinstance(types, dict) or not all(value in tuple(labels) for value in types.values()):
            raise CorpusError(f"map: [types] must have values of {', '.join(labels)}")
        columns = _columns(written.get("columns", {}))
        use = MapUse()
        use.wrote("types", types if "types" in written else ())
        return cls(columns, types, "types" in written, scheme, blanks, documents == "sentence", use)


def _columns(written: Any) -> dict[str, Column]:
    if not isinstance(written, dict) or not all(
        key in ROLES and type(value) in (int, str) and value != "" for key, value in written.items()
    ):
        raise CorpusError(
            f"map: [columns] must give integers, from 0, or names such as MISC or MISC.Entity, for {', '.join(ROLES)}"
        )
    found: dict[str, Column] = {}
    for key, value in written.items():
        name, _, inner = value.partition(".") if isinstance(value, str) else (value, "", "")
        found[key] = (name, inner)
    return found


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a file are: for each role an index and a key in the column; and the names of the columns."""

    roles: Mapping[str, tuple[int, str]]
    names: Sequence[str] = ()

    def named(self, names: Sequence[str]) -> Columns:
        """Return the columns with the names of a `global.columns` line."""
        return Columns({_NAMES[name]: (i, "") for i, name in enumerate(names) if name in _NAMES}, names)

    def mapped(self, layout: Layout, path: str) -> Columns:
        """Return the columns with those that a map gives. Raises CorpusError if it names a column that is not there."""
        roles = dict(self.roles)
        for role, (column, key) in layout.columns.items():
            if isinstance(column, str):
                if column not in self.names:
                    has = f"has {', '.join(self.names)}" if self.names else "does not name its columns"
                    raise CorpusError(f"map: columns.{role} names {column}, and {path} {has}")
                column = list(self.names).index(column)
            roles[role] = (column, key)
        return replace(self, roles=roles)


def misc_value(cell: str, key: str) -> str:
    """Return the value of a key in a cell of `key=value` pairs separated by `|`, "" without one."""
    return next(
        (value for name, found, value in (one.partition("=") for one in cell.split("|")) if found and name == key), ""
    )


OTHER = Columns({"token": (0, ""), "tag": (-1, "")})
"""The columns of a file that says nothing: the token first and the tag last, as in CoNLL-2003."""
UD = Columns({"id": (0, ""), "token": (1, ""), "misc": (9, "")}, CONLLU)
ONTONOTES = Columns({role: (i, "") for role, i in CONLL_2012.items()})
