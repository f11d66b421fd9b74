"""Which values of a merged annotation no one chose: a program derived them for each annotator who has the record.

ann-a: speaker derived   ann-b: speaker derived   equal       derived
ann-a: speaker derived   ann-b: speaker chosen    equal       chosen, by ann-b
ann-a: speaker derived   ann-b: speaker derived   different   chosen, by the adjudicator
ann-a: speaker derived   ann-b: no such record                derived, if the record is taken
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from ..core.done import derived_fields, derived_list
from ..core.model import Record
from ..core.schema import Schema
from ..matching import comparable
from .worklist import Item

Derived = Mapping[str, Mapping[str, frozenset[str]]]
"""The derived fields of an annotation by layer and id."""


def derived_of(value: Record, names: Mapping[str, Mapping[str, str]], schema: Schema) -> Derived:
    """Return the derived fields of an annotation. `names` has by layer and id the id of the merged annotation."""
    return {
        layer: {names.get(layer, {}).get(id_, id_): fields for id_, fields in derived_fields(value, layer).items()}
        for layer in schema.layers
    }


def merge_derived(
    schema: Schema, first: Derived, second: Derived, agreed: Mapping[str, Iterable[Record]], items: Iterable[Item]
) -> Record:
    """Return `provenance.derived` of the merged annotation, {} if someone chose each of its values."""
    found: dict[str, dict[str, list[str]]] = {}
    of_agreed = (Item(layer, one, one, [], None, "a") for layer, records in agreed.items() for one in records)
    for item in chain(of_agreed, items):
        if (taken := item.taken) is not None:
            for name in _fields(schema, item, taken, first, second):
                found.setdefault(item.layer, {}).setdefault(name, []).append(taken["id"])
    return derived_list(schema, found)


def _fields(schema: Schema, item: Item, taken: Record, first: Derived, second: Derived) -> set[str]:
    """Return the derived fields of the record that an item takes."""
    sides = [(one, of) for one, of in ((item.a, first), (item.b, second)) if one is not None]
    derived = [of.get(item.layer, {}).get(one["id"], frozenset()) for one, of in sides]
    of_both = frozenset.intersection(*derived) if derived else frozenset()
    fields = {
        field.name
        for field in schema.layers[item.layer].fields
        if field.name in of_both
        and field.name not in item.differs
        and comparable(field, sides[0][0].get(field.name)) == comparable(field, taken.get(field.name))
    }
    return fields | ({*item.derived} & taken.keys() if item.decision == "edit" else set())
