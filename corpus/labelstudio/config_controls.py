"""The labels, per-region controls and relations of the labelling config, derived from the Schema.

| field kind | in Label Studio |
|---|---|
| label that the schema says is carried by spans | the label of the region of these spans: one label for each value |
| reference that the schema gives a label of its own | a region on the words of the record, or a relation |
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
from .config_purpose import Purpose

TEXT, LABEL, DONE, KEPT, LEFT_OUT = "text", "label", "layers_done", "layers_kept", "left_out"
"""The names of the text, of the control that labels regions, of the choice of layers, of the hidden choice of the
layers that are only shown, and of the hidden list of optional fields that a record omits. Omitting a field differs from
leaving it empty, and the form shows both alike."""
PIECE = "·"
"""What separates the parts of the id of a further span. No record's id has it, and the editor can use it in CSS."""
NONE = "-"
"""What is chosen or typed for "there is none", in a field that is derived if it is left blank. It is not an id."""

Type = Literal["choices", "textarea", "number"]
Way = Literal["anchor", "spans", "drawn", "typed", "value"]
"""How a field is decoded: from the region itself and further spans, from further spans only, from relations, from
ids that were typed or chosen, or from a control unchanged."""
Option = tuple[str, str, str]
"""An option of a choice: its stored value, its title, its hint."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The label of a region: it anchors a record of the layer (`field` None), or marks a further span of the field.

    If `field` is a reference, the region lies on the words of the record that is referred to. `carries` names the
    field whose `value` the label says, "" if it says none.
    """

    name: str
    layer: Layer
    field: Field | None = None
    carries: str = ""
    value: str = ""


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
    pointing: Mapping[str, tuple[Field, ...]]
    """The reference fields of each layer that have a label of their own."""
    in_order: frozenset[str]
    """The layers whose further spans belong to the record drawn last before them, if no relation says otherwise."""

    @property
    def relations(self) -> list[str]:
        """The labels that relations can have."""
        pieces = [mark.field.name for mark in self.marks.values() if mark.field and mark.field.kind == "spans"]
        drawn = [field.name for fields in self.drawn.values() for field in fields]
        typed = [
            f.name for name, plan in self.plans.items() if name in self.in_order for _, way, f in plan if way == "typed"
        ]
        return list(dict.fromkeys([*pieces, *drawn, *typed]))

    def of(self, layer: Layer) -> list[Control]:
        """The per-region controls of a layer, in the order of its fields."""
        return [control for control in self.controls.values() if control.layer.name == layer.name]

    def anchors(self, layer: Layer) -> list[Mark]:
        """The labels that make a record of a layer."""
        return [mark for mark in self.marks.values() if mark.layer.name == layer.name and mark.field is None]

    def typed(self, from_layer: str, to_layer: str) -> list[Field]:
        """The reference fields between two layers whose values are typed or chosen, not drawn."""
        return [field for _, way, field in self.plans[from_layer] if way == "typed" and field.refers_to == to_layer]


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
        for mark in _marks(layer, places):
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
    for fields in drawn.values():
        for field in fields:
            if field.nullable and field.labelling.if_blank:
                raise CorpusError(f"no relation can say that a record has no {field.name}: it cannot have ifBlank")
    in_order = frozenset(mark.layer.name for mark in marks.values() if mark.field is None and mark.carries)
    pointing = {one.name: tuple(field for field in one.fields if field.labelling.own_label) for one in layers.values()}
    return Controls(layers, marks, found, drawn, places, plans, pointing, in_order)


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


def _marks(layer: Layer, places: Mapping[str, Field | None]) -> Iterator[Mark]:
    """Yield the labels of a layer: of a record, of its further spans, and of the references that have one."""
    place = places[layer.name]
    carried = {field.labelling.carried_by: field for field in layer.fields if field.labelling.carried_by}
    if place and (of := carried.get(place.name)):
        yield from (Mark(_alias(layer.name, one.name), layer, None, of.name, one.name) for one in of.labels)
    yield Mark(layer.name, layer)
    for field in layer.fields:
        name = f"{layer.name}.{field.name}"
        if field.kind == "spans":
            if (of := carried.get(field.name)) and field != place:
                yield from (Mark(_alias(name, one.name), layer, field, of.name, one.name) for one in of.labels)
            yield Mark(name, layer, field)
        elif field.labelling.own_label and places.get(field.refers_to):
            yield Mark(name, layer, field)


def _alias(name: str, label: str) -> str:
    """Return the stored name of a label that carries a value. The editor separates names by commas."""
    return f"{name}:{label.replace('%', '%25').replace(',', '%2C')}"


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
    optional = [one for one in layer.fields if not one.required and (when_empty(one) or one.labelling.if_blank)]
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


def derives_with(mark: Mark, table: Controls) -> bool:
    """True if the blank fields of a record with this label are derived.

    The label of an older config says no value: whoever used it was not told that a blank field is derived.
    """
    return bool(mark.carries) or mark.layer.name not in table.in_order


def is_chosen(field: Field, of: Purpose) -> bool:
    """True if a reference is chosen from the records that a task lists, as annotators do not add to these."""
    of_layer = field.kind == "reference" and field.refers_to != TARGETS and not field.many
    return of_layer and bool(of.layers) and not of.asks(field.refers_to)


def chosen_layers(schema: Schema, of: Purpose) -> list[Layer]:
    """Return the layers whose records a task has to list, for references that are chosen."""
    table = controls(schema)
    typed = [f for plan in table.plans.values() for _, way, f in plan if way == "typed" and is_chosen(f, of)]
    return [layer for layer in table.layers.values() if any(f.refers_to == layer.name for f in typed)]
