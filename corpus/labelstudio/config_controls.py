"""The labels, per-region controls and relations of the labelling config, derived from the Schema.

| field kind | in Label Studio |
|---|---|
| spans | the region of the record, if the record must have one; further spans are regions of their own |
| reference to a layer whose records lie in the text | a relation |
| reference to another layer | an id, typed into a text field |
| reference to the targets | a choice |
| label | a choice |
| scalar | a choice for true or false, a number field for a whole number, else a text field |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..core.model import CorpusError
from ..core.schema import TARGETS, Field, Layer, Schema
from ..core.source_tokens import layers_to_annotate

TEXT, LABEL, DONE, LEFT_OUT = "text", "label", "layers_done", "left_out"
"""The names of the text, of the control that labels regions, of the choice of layers, and of the hidden list of
optional fields that a record omits. Omitting a field differs from leaving it empty, and the form shows both alike."""

Type = Literal["choices", "textarea", "number"]
Way = Literal["anchor", "spans", "drawn", "typed", "value"]
"""How a field is decoded: from the region itself and further spans, from further spans only, from relations, from
ids that were typed or chosen, or from a control unchanged."""
Option = tuple[str, str, str]
"""An option of a choice: its stored value, its title, its hint."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The label of a region: it anchors a record of the layer (`field` None), or marks a further span of the field."""

    name: str
    layer: Layer
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A per-region control: it holds a field of the records of a layer. `field` is None for `LEFT_OUT`.

    `holds` names that field, "" for `LEFT_OUT`; `key` is where a result has the value. `allowed` are the
    values that `options` offer. `plain` is true if a record stores the one value unchanged.
    """

    name: str
    type: Type
    layer: Layer
    field: Field | None
    options: tuple[Option, ...] = ()
    many: bool = False
    holds: str = ""
    key: str = ""
    allowed: frozenset[str] = frozenset()
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Controls:
    """All labels and controls of a schema, by the names that Label Studio stores."""

    layers: Mapping[str, Layer]
    """The layers that annotators fill in: those that hold the tokens of a source are not shown."""
    marks: Mapping[str, Mark]
    controls: Mapping[str, Control]
    drawn: Mapping[tuple[str, str], tuple[Field, ...]]
    """The reference fields shown as relations, by the layers they lead from and to."""
    places: Mapping[str, Field | None]
    """The field that anchors the records of each layer; None for a layer whose records need no span."""
    plans: Mapping[str, tuple[tuple[str, Way, Field], ...]]
    """How each field of a layer's records is decoded, except its id."""

    @property
    def relations(self) -> list[str]:
        """The labels that relations can have."""
        pieces = [mark.field.name for mark in self.marks.values() if mark.field]
        return list(dict.fromkeys([*pieces, *(field.name for fields in self.drawn.values() for field in fields)]))

    def of(self, layer: Layer) -> list[Control]:
        """The per-region controls of a layer, in the order of its fields."""
        return [control for control in self.controls.values() if control.layer.name == layer.name]


def place(layer: Layer) -> Field | None:
    """Return the field whose first span anchors a record of the layer: the first field that requires a span."""
    return next((field for field in layer.of_kind("spans") if field.least), None)


def when_empty(field: Field) -> tuple[object, ...]:
    """Return the value of a field that was left empty, in a tuple; `()` if the record omits the field then."""
    if field.many:
        return () if field.least else ([],)
    return (None,) if field.nullable else ()


@lru_cache(maxsize=8)
def controls(schema: Schema) -> Controls:
    """Return the labels and controls of a schema. Raises CorpusError if two would have the same name."""
    layers = layers_to_annotate(schema)
    places = {layer.name: place(layer) for layer in layers.values()}
    marks: dict[str, Mark] = {}
    found: dict[str, Control] = {}
    drawn: dict[tuple[str, str], tuple[Field, ...]] = {}
    for layer in layers.values():
        for mark in (Mark(layer.name, layer), *(_piece(layer, field) for field in layer.of_kind("spans"))):
            _add(marks, mark.name, mark)
        for field in layer.of_kind("reference"):
            if places.get(field.refers_to):
                ends = layer.name, field.refers_to
                drawn[ends] = (*drawn.get(ends, ()), field)
        for control in _controls(layer, schema, places):
            _add(found, control.name, control)
    plans = {
        layer.name: tuple((f.name, _way(f, places), f) for f in layer.fields if f.name != "id")
        for layer in layers.values()
    }
    return Controls(layers, marks, found, drawn, places, plans)


def _way(field: Field, places: Mapping[str, Field | None]) -> Way:
    if field.kind == "spans":
        return "anchor" if any(field is anchor for anchor in places.values()) else "spans"
    if field.kind == "reference":
        return "drawn" if places.get(field.refers_to) else "typed"
    return "value"


def _add(table: dict[str, Any], name: str, item: Any) -> None:
    if name in table or name in (TEXT, LABEL, DONE):
        raise CorpusError(f"two parts of the schema would both be named {name!r} in Label Studio; rename one of them")
    table[name] = item


def _piece(layer: Layer, field: Field) -> Mark:
    return Mark(f"{layer.name}.{field.name}", layer, field)


def _controls(layer: Layer, schema: Schema, places: Mapping[str, Field | None]) -> Iterator[Control]:
    typed = {f.refers_to for one in schema.layers.values() for f in one.of_kind("reference")}
    for field in layer.fields:
        single = field.kind == "scalar" and not field.many
        if field.name == "id":
            if not places[layer.name] and layer.name in typed:
                yield _control("textarea", layer, field)
        elif field.kind == "label":
            yield _control("choices", layer, field, ((one.name, one.title, one.description) for one in field.labels))
        elif field.refers_to == TARGETS and schema.targets:
            targets = schema.targets.items()
            yield _control("choices", layer, field, ((id_, f"{id_}: {one['statement']}", "") for id_, one in targets))
        elif single and field.json_type == "boolean":
            # Not `true` and `false`: the editor parses such an alias as a boolean, and fails to open.
            yield _control("choices", layer, field, (("True", "yes", ""), ("False", "no", "")))
        elif single and field.json_type == "integer":
            yield _control("number", layer, field)
        elif field.kind == "scalar" or (field.kind == "reference" and not places.get(field.refers_to)):
            yield _control("textarea", layer, field)
    optional = [field for field in layer.fields if not field.required and when_empty(field)]
    if optional:
        # A text field although it is a choice: the editor gives keys to the options of a choice, hidden or not.
        yield _control("textarea", layer, None, ((field.name, field.title, "") for field in optional))


def _control(type_: Type, layer: Layer, field: Field | None, options: Iterable[Option] = ()) -> Control:
    options = tuple(options)
    many = field is None or field.many
    return Control(
        f"{layer.name}.{field.name if field else LEFT_OUT}",
        type_,
        layer,
        field,
        options,
        many,
        field.name if field else "",
        "text" if type_ == "textarea" else type_,
        frozenset(option[0] for option in options),
        plain=not many
        and type_ != "number"
        and bool(field and (field.kind != "scalar" or field.json_type == "string")),
    )
