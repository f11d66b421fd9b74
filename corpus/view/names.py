"""The names that records have on a page: letters and colours of chains, numbers of blocks, words and addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import Markup

from ..core.layers import Field
from ..core.model import Document, Record
from ..core.schema import Schema
from ..core.text import visible
from .as_good import as_good
from .marks import Describer
from .roles import COLOURS, Role, is_target

_PLAIN_ID = re.compile(r"[A-Za-z0-9_.-]+")
_LONGEST = 60
"""The code points of a record's words that stand for it elsewhere on the page."""


def anchor(record_id: object) -> str:
    """Return a record's id as the fragment of an address, without blanks or characters with a meaning in HTML."""
    written = str(record_id)
    return written if _PLAIN_ID.fullmatch(written) else quote(written, safe="")


def letters(number: int) -> str:
    """Return A, B, … Z, AA, AB … for 0, 1, …"""
    return (letters(number // 26 - 1) if number > 25 else "") + chr(65 + number % 26)


def short(words: str, limit: int = _LONGEST) -> str:
    """Return words on one line, cut in their middle if they are long."""
    line = " ".join(words.split()) if "\n" in words else words
    line = line if len(line) <= limit else f"{line[: limit // 2]} … {line[-limit // 2 :]}"
    return visible(line).replace("⍽", "\N{NO-BREAK SPACE}")


class Names:
    """Names the records of one annotation. `text` is None if it must not be shown."""

    def __init__(self, document: Document, schema: Schema, roles: Mapping[str, Role], text: str | None) -> None:
        self.document, self.schema, self.roles, self.text = document, schema, roles, text
        self.by_id = {name: {str(one["id"]): one for one in document.layer(name)} for name in roles}
        self.chains = self._chains()
        """owner layer → id of the owner → its members in text order, each with its layer."""
        self.as_good = as_good(document, schema, Describer(document, schema, text))
        self.held = self._held()
        self.order = {name: self._order(name) for name, role in roles.items() if role.kind == "owner"}
        """owner layer → ids of the owners, the most important one first."""
        self._rank = {key: i for i, key in enumerate((name, one) for name, ids in self.order.items() for one in ids)}
        self.numbers: dict[tuple[str, str], str] = {}
        for name, role in roles.items():
            if role.kind == "block":
                for number, record in enumerate(self.in_text_order(name), 1):
                    self.numbers[name, str(record["id"])] = f"{role.prefix}{number}"

    def in_text_order(self, layer: str) -> list[Record]:
        """Return the records of a layer in the order of their places; of those that begin together, the longest first.

        Records without a place are last.
        """
        return sorted(self.document.layer(layer), key=lambda one: self._place_key(layer, one))

    def pieces(self, layer: str, record: Record) -> list[tuple[int, int]]:
        """Return the pieces of a record's place in their order: (start, end) in code points."""
        spans = [span for field in self.roles[layer].place for span in record.get(field.name) or ()]
        return sorted((span["start"], span["end"]) for span in spans)

    def position(self, layer: str, record: Record, steps: int = 8) -> int | None:
        """Return the offset at which a record is shown: of its place, its members, its spans or what it refers to.

        None for a record without such a place, or one that at most `steps` references do not lead to.
        """
        role = self.roles[layer]
        found = self.pieces(layer, record)
        if not found and role.kind == "owner":
            found = [at for name, one in self.chains[layer].get(str(record["id"]), ()) for at in self.pieces(name, one)]
        if not found:
            spans = [span for field in role.extra for span in record.get(field.name) or ()]
            found = [(span["start"], span["end"]) for span in spans]
        if found:
            return min(found)[0]
        for field in role.layer.of_kind("reference"):
            for record_id in () if is_target(field) else ids_of(record, field):
                other = self.by_id.get(field.refers_to, {}).get(record_id)
                if other is not None and steps and self.roles[field.refers_to].kind != "owner":
                    at = self.position(field.refers_to, other, steps - 1)
                    if at is not None:
                        return at
        return None

    def owner_of(self, layer: str, record: Record) -> tuple[str, str] | None:
        """Return the layer and id of the owner whose colour a record has, None for none."""
        role = self.roles[layer]
        if role.kind == "owner":
            return layer, str(record["id"])
        field = role.owner or role.holder
        if field is not None:
            found = [one for one in ids_of(record, field) if one in self.by_id.get(field.refers_to, {})]
            return (field.refers_to, found[0]) if found else None
        for field in role.layer.of_kind("reference"):
            other = self.roles.get(field.refers_to)
            if other is not None and other.kind == "member" and other.layer.name != layer:
                for record_id in ids_of(record, field):
                    if member := self.by_id[field.refers_to].get(record_id):
                        return self.owner_of(field.refers_to, member)
        return None

    def colour(self, layer: str, record: Record) -> str:
        """Return the class of a record's colour: of its owner or, in a schema without owners, of its label."""
        if self.order:
            return self._owner_colour(self.owner_of(layer, record))
        role = self.roles[layer]
        names = [one.name for one in role.label.labels] if role.label else []
        value = record.get(role.label.name) if role.label else None
        return f"c{names.index(value) % COLOURS}" if value in names else f"c{role.number % COLOURS}"

    def letter(self, layer: str, owner: str) -> str:
        """Return the letter of an owner."""
        return letters(self._rank[layer, owner])

    def name(self, layer: str, record_id: str) -> str:
        """Return the name of a record elsewhere on the page: its first string, else its words, else its id."""
        record = self.by_id.get(layer, {}).get(record_id)
        return record_id if record is None else self.title(layer, record)

    def title(self, layer: str, record: Record) -> str:
        """Return what `name` returns, for a record that need not be of this annotation."""
        role = self.roles[layer]
        for field in role.layer.of_kind("scalar"):
            value = record.get(field.name)
            if field.name != "id" and isinstance(value, str) and value:
                return short(value)
        words = [self.words(span) for field in role.place for span in record.get(field.name) or ()]
        if words:
            return short(" … ".join(words))
        holder = role.holder or role.owner
        if holder is not None and ids_of(record, holder):
            return self.name(holder.refers_to, ids_of(record, holder)[0])
        for field in role.layer.of_kind("reference"):
            for target in ids_of(record, field) if is_target(field) else ():
                return short(self.target(target))
        return str(record["id"])

    def target(self, target_id: str) -> str:
        """Return the statement of a target of the registry."""
        return str(self.schema.targets.get(target_id, {}).get("statement", target_id))

    def words(self, span: Record) -> str:
        """Return the words of a span in quotation marks, or its offsets where the text must not be shown."""
        if self.text is None:
            return f"{span['start']}–{span['end']}"
        return f"“{short(self.text[span['start'] : span['end']])}”"

    def link(self, record_id: str, words: str) -> Markup:
        """Return a link to a record of the page."""
        return Markup("<a href=#{}>{}</a>").format(anchor(record_id), words)

    def _owner_colour(self, owner: tuple[str, str] | None) -> str:
        if owner is None or self.size(*owner) < 2:
            return f"c{COLOURS}"
        return f"c{min(self._rank.get(owner, COLOURS), COLOURS)}"

    def _chains(self) -> dict[str, dict[str, list[tuple[str, Record]]]]:
        found: dict[str, dict[str, list[tuple[str, Record]]]] = {name: {} for name in self.roles}
        for name, role in self.roles.items():
            if role.owner is not None:
                for record in self.in_text_order(name):
                    for owner in ids_of(record, role.owner):
                        found[role.owner.refers_to].setdefault(owner, []).append((name, record))
        return found

    def _held(self) -> dict[str, Counter[str]]:
        """Return by layer how many of its records each owner holds, such as the quotes of a speaker."""
        holders = {name: role.holder for name, role in self.roles.items() if role.kind in ("block", "about")}
        return {
            name: Counter(owner for record in self.document.layer(name) for owner in ids_of(record, holder))
            for name, holder in holders.items()
            if holder is not None
        }

    def holds(self, layer: str, owner: str) -> dict[str, int]:
        """Return by layer how many records an owner of `layer` holds, for layers in which it holds any."""
        counts = {
            name: of[owner]
            for name, of in self.held.items()
            if (holder := self.roles[name].holder) is not None and holder.refers_to == layer
        }
        return {name: count for name, count in counts.items() if count}

    def size(self, layer: str, owner: str) -> int:
        """Return how many members an owner has, and how many records it holds."""
        return len(self.chains[layer].get(owner, ())) + sum(self.holds(layer, owner).values())

    def _order(self, layer: str) -> list[str]:
        size = {one: self.size(layer, one) for one in self.by_id[layer]}
        return sorted(size, key=lambda one: (-size[one], one))

    def _place_key(self, layer: str, record: Record) -> tuple[float, float, str]:
        pieces = self.pieces(layer, record)
        return (pieces[0][0], -pieces[-1][1], str(record["id"])) if pieces else (float("inf"), 0, str(record["id"]))


def ids_of(record: Record, field: Field) -> list[str]:
    """Return the ids that a reference field of a record holds."""
    value = record.get(field.name)
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]
