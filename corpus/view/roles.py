"""How each layer is drawn, told from the schema alone.

| role | a layer | drawn as | in the schema that this project has |
|---|---|---|---|
| owner | whose records other records with a place belong to | a chain, with a letter and a colour | entities |
| member | with a place, an owner and nothing else to show | an underline in the colour of its owner | mentions |
| block | with a place, and references or further spans | a background with edges, a number and a card | quotes |
| plain | with a place and labels | a wavy line and a small card | nonquotes |
| about | without a place of its own | a card at the record that it refers to, or at its own spans | stances |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..core.layers import Field, Label, Layer
from ..core.schema import TARGETS, Schema
from ..core.source_tokens import layers_to_annotate
from ..matching import owner_field, place_fields

Kind = Literal["owner", "member", "block", "plain", "about"]
COLOURS = 8
"""The colours for the largest chains, `c0` to `c7`; all others have `c8`, a grey."""


@dataclass(frozen=True, slots=True)
class Role:
    """How a layer is drawn. `number` is its place in the schema, `css` the class that all its marks and cards have."""

    layer: Layer
    kind: Kind
    number: int
    place: tuple[Field, ...]
    """The spans that say where a record is: the required ones."""
    extra: tuple[Field, ...]
    """Its other spans."""
    owner: Field | None
    """The reference by which a member names its owner."""
    holder: Field | None
    """The first reference to an owner layer, whose colour a block or about record has, such as the speaker."""
    parent: Field | None
    """The reference to a record of the same layer, inside of which this one is."""
    label: Field | None
    """The label that says most: the first with one value that all records must have, else the first with one value."""
    prefix: str
    """What is before the number of a block, so that those of two layers differ."""
    look: str
    """The style of the lines of a plain layer."""

    @property
    def css(self) -> str:
        """Return the class of everything that shows the layer."""
        return f"L{self.number}"

    @property
    def one(self) -> str:
        """Return the layer's title in the singular, in lower case unless it is all capitals."""
        title = self.layer.title
        for ending, short in (("ies", "y"), ("sses", "ss"), ("s", "")):
            if title.endswith(ending) and not title.endswith("ss") and len(title) > len(ending) + 1:
                title = title.removesuffix(ending) + short
                break
        return title if title.isupper() else title[:1].lower() + title[1:]


def roles_of(schema: Schema) -> Mapping[str, Role]:
    """Return the role of each layer, but not of layers that only a program of the source reads."""
    layers = layers_to_annotate(schema)
    places = {name: _place(layer) for name, layer in layers.items()}
    named = {owner.refers_to for name in layers if places[name] and (owner := owner_field(layers[name]))}
    owners = {name for name in named & layers.keys() if not places[name]}
    kinds = {name: _kind(layer, places[name], name in owners) for name, layer in layers.items()}
    looks = iter([*([] if "member" in kinds.values() else ["w0"]), "w1", "w2", "w3", "w4"])
    found: dict[str, Role] = {}
    for number, (name, layer) in enumerate(layers.items()):
        place, kind = places[name], kinds[name]
        blocks = sum(one.kind == "block" for one in found.values())
        found[name] = Role(
            layer,
            kind,
            number,
            place,
            tuple(one for one in layer.of_kind("spans") if one not in place),
            owner_field(layer) if kind == "member" else None,
            next((one for one in layer.of_kind("reference") if one.refers_to in owners - {name}), None),
            next((one for one in layer.of_kind("reference") if one.refers_to == name and not one.many), None),
            _label(layer),
            chr(96 + blocks) if kind == "block" and 0 < blocks <= 26 else "",
            next(looks, "w4") if kind == "plain" else "",
        )
    return found


def _label(layer: Layer) -> Field | None:
    labels = [one for one in layer.of_kind("label") if not one.many]
    return next((one for one in labels if one.always), labels[0] if labels else None)


def _place(layer: Layer) -> tuple[Field, ...]:
    """Return the spans that say where a record is: those that are never empty, else the first that each record has."""
    return tuple(place_fields(layer)) or tuple(one for one in layer.of_kind("spans") if one.always)[:1]


def _kind(layer: Layer, place: Sequence[Field], is_owner: bool) -> Kind:
    if not place:
        return "owner" if is_owner else "about"
    references, owner = layer.of_kind("reference"), owner_field(layer)
    single = len(layer.of_kind("spans")) == 1
    if owner is not None and owner.refers_to != layer.name and single and len(references) == 1:
        return "member"
    return "block" if references or not single else "plain"


def usual(field: Field) -> object:
    """Return the value that the schema gives a field left blank, whatever the other fields say; None for none."""
    return next((rule.value for rule in field.labelling.if_blank if not rule.when and not rule.source), None)


def bounds(schema: Schema, layer: str, field: Field) -> tuple[int, int] | None:
    """Return the least and the greatest value of a whole number that is one of at most five, None for others."""
    written = schema.annotation["properties"][layer].get("items", {}).get("properties", {}).get(field.name, {})
    low, high = (schema.resolve(written).get(name) for name in ("minimum", "maximum"))
    if field.json_type != "integer" or not isinstance(low, int) or not isinstance(high, int):
        return None
    return (low, high) if 0 <= low < high <= 5 else None


def label_words(labels: tuple[Label, ...], value: object) -> tuple[str, str]:
    """Return a label as it is shown, and its description."""
    found = next((one for one in labels if one.name == value), None)
    return str(value).replace("_", " "), f"{found.title}: {found.description}" if found else ""


def is_target(field: Field) -> bool:
    """Return True for a reference to the registry of targets."""
    return field.refers_to == TARGETS
