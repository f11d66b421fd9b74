"""The cards beside the text: a record in words, with the records inside of it and those that rely on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from ..core.done import field_done
from ..core.layers import Field
from ..core.model import Record
from .names import Names, anchor, ids_of, short
from .roles import Role, bounds, is_target, label_words, usual

_DEEPEST = 6
"""How deep cards are put into cards; what is nested deeper is in the last of them."""


@dataclass(slots=True, eq=False)
class Card:
    """A record in words: its number and name, labels worth a chip, further facts, and where it is in the text."""

    layer: str
    record: Record
    css: str
    anchor: str
    number: str
    name: str
    chips: list[str]
    fields: list[tuple[str, Markup]]
    """The name and the words of further fields."""
    place: str
    as_good: list[str] = field(default_factory=list)
    """Other readings that the adjudicator found as good."""
    inside: list[Card] = field(default_factory=list)
    about: list[Card] = field(default_factory=list)
    """The records without a place that rely on this one, such as the stances that a quote shows."""
    see: list[Markup] = field(default_factory=list)
    """Links to records that also rely on this one, and are shown elsewhere."""

    @property
    def facts(self) -> list[Markup]:
        """Return the words of further fields."""
        return [words for _, words in self.fields]


class Cards:
    """Makes the cards of all records of a page, each in one place."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._by_key: dict[tuple[str, str], Card] = {}
        self._holders: dict[str, tuple[int, Card]] = {}

    def top(self) -> list[tuple[int | None, Card]]:
        """Return the cards that are in no other card, each with its offset in the text, in text order."""
        names, found = self._names, []
        for name, role in names.roles.items():
            if role.kind in ("block", "plain"):
                found += [one for one in self._of_layer(name, role) if self._is_top(role, one)]
        for name, role in names.roles.items():
            if role.kind == "about":
                found += [one for one in self._of_layer(name, role) if self._is_top(role, one) and not self._rely(one)]
        placed = [(names.position(one.layer, one.record), one) for one in found]
        return sorted(placed, key=lambda one: (one[0] is None, one[0] or 0))

    def _of_layer(self, layer: str, role: Role) -> list[Card]:
        made = [self.card(layer, role, record) for record in self._names.in_text_order(layer)]
        self._by_key.update({(layer, str(one.record["id"])): one for one in made})
        return made

    def _is_top(self, role: Role, card: Card) -> bool:
        """Put a card into that of its parent; return True if it has none."""
        parent = self._parent(role, card)
        if parent is not None:
            self._holder(role, parent)[1].inside.append(card)
        return parent is None

    def _holder(self, role: Role, card: Card) -> tuple[int, Card]:
        """Return how deep a card is, and the card that takes what is inside of it: an outer one beyond `_DEEPEST`."""
        chain: list[Card] = []
        one: Card | None = card
        while one is not None and one.anchor not in self._holders:
            chain.append(one)
            one = self._parent(role, one)
        depth, holder = (0, card) if one is None else self._holders[one.anchor]
        for inner in reversed(chain):
            depth, holder = depth + 1, inner if depth < _DEEPEST else holder
            self._holders[inner.anchor] = depth, holder
        return self._holders[card.anchor]

    def _parent(self, role: Role, card: Card) -> Card | None:
        if role.parent is None:
            return None
        return next((self._by_key.get((card.layer, one)) for one in ids_of(card.record, role.parent)), None)

    def _rely(self, card: Card) -> bool:
        """Put the card of a record without a place at the first record with a card that it refers to; say if so."""
        hosts = 0
        for one in self._names.roles[card.layer].layer.of_kind("reference"):
            ids = ids_of(card.record, one) if one.refers_to != card.layer else []
            found = [other for record_id in ids if (other := self._by_key.get((one.refers_to, record_id)))]
            for other in found:
                if hosts:
                    words = f"{self._names.roles[card.layer].one} {card.anchor}"
                    other.see.append(self._names.link(card.anchor, words))
                else:
                    other.about.append(card)
                hosts += 1
            if hosts == len(found) == len(ids) == 1:
                card.fields = [(name, words) for name, words in card.fields if name != one.name]
        return hosts > 0

    def card(self, layer: str, role: Role, record: Record) -> Card:
        """Return the card of a record."""
        names = self._names
        pieces = names.pieces(layer, record)
        return Card(
            layer,
            record,
            f"{role.css} {names.colour(layer, record)}",
            anchor(record["id"]),
            names.numbers.get((layer, str(record["id"])), ""),
            self._name(role, record),
            [
                label_words(one.labels, value)[0]
                for one, value in self._labels(role, record)
                if _is_chip(role, one, value)
            ],
            [*self._fields(layer, role, record), *([("", Markup(f"{len(pieces)} pieces"))] if len(pieces) > 1 else [])],
            ", ".join(f"{start}–{end}" for start, end in pieces),
            [short(one, 200) for one in names.as_good.get((layer, str(record["id"])), ())],
        )

    def _name(self, role: Role, record: Record) -> str:
        """Return the name of the owner that a record belongs to; what kind of record it is where it has no owner."""
        if role.holder is None or role.kind == "plain":
            return role.one
        ids = ids_of(record, role.holder)
        of = ", ".join(self._names.name(role.holder.refers_to, one) for one in ids)
        if role.kind == "about":
            return f"{role.one} of {of}" if of else role.one
        return of or (f"no {role.holder.title.lower()}" if role.holder.name in record else role.one)

    def _labels(self, role: Role, record: Record) -> Iterator[tuple[Field, object]]:
        for one in role.layer.of_kind("label"):
            value = record.get(one.name)
            for each in value if isinstance(value, list) else [value]:
                if each is not None:
                    yield one, each

    def _fields(self, layer: str, role: Role, record: Record) -> Iterator[tuple[str, Markup]]:
        """Yield the fields that neither the name nor a chip of the card shows, in words."""
        for one in role.layer.fields:
            if one.name != "id" and one not in role.place and one is not role.holder:
                for words in self._words(layer, role, one, record):
                    yield one.name, words

    def _words(self, layer: str, role: Role, one: Field, record: Record) -> Iterator[Markup]:
        names, value = self._names, record.get(one.name)
        if value is None or value == []:
            annotation = names.document.annotation
            done = annotation is not None and field_done(annotation.value, role.layer, one.name)
            if done and one.required and one.many and one.kind != "label" and role.kind == "block":
                yield _named(one, "none")
        elif one.kind == "label":
            each = value if isinstance(value, list) else [value]
            plain = [item for item in each if not _is_chip(role, one, item) and item != usual(one)]
            shown = [label_words(one.labels, item)[0] for item in plain]
            if shown:
                yield Markup("{}").format(", ".join(shown))
        elif one.kind == "spans":
            yield _named(one, ", ".join(names.words(span) for span in value))
        elif one.kind == "reference":
            yield from self._reference(role, one, ids_of(record, one))
        else:
            yield from self._scalar(layer, one, value)

    def _reference(self, role: Role, one: Field, ids: list[str]) -> Iterator[Markup]:
        names = self._names
        if is_target(one):
            for target in ids:
                yield Markup("{}").format(names.target(target))
            return
        links = []
        for record_id in ids:
            number = names.numbers.get((one.refers_to, record_id))
            links.append(names.link(record_id, number or names.name(one.refers_to, record_id)))
        words = "in" if one is role.parent else one.title.lower()
        yield Markup("{} {}").format(words, Markup(", ").join(links))

    def _scalar(self, layer: str, one: Field, value: object) -> Iterator[Markup]:
        if isinstance(value, bool):
            if value != usual(one):
                yield Markup("{}{}").format("" if value else "not ", one.title.lower())
            return
        limits = bounds(self._names.schema, layer, one)
        if limits is not None and isinstance(value, int) and limits[0] <= value <= limits[1]:
            dots = "●" * value + "○" * (limits[1] - value)
            yield Markup('{} <span role=img aria-label="{} of {}">{}</span>').format(
                one.title.lower(), value, limits[1], dots
            )
            return
        each = value if isinstance(value, list) else [value]
        yield _named(one, ", ".join(short(str(item), 200) for item in each))


def _named(one: Field, words: str) -> Markup:
    return Markup("{} {}").format(one.title.lower(), words)


def _is_chip(role: Role, one: Field, value: object) -> bool:
    """Return True for the first label of a layer, and for one that departs from what the schema takes as usual."""
    return one is role.label or (usual(one) is not None and value != usual(one))
