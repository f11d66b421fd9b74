"""Kinds of faults that the schema forbids, and ids that lead nowhere."""

from __future__ import annotations

import random
from collections.abc import Callable

from support.plant import Planted, kind
from support.plant_ground import Doc, Ground, Record
from support.plant_quotes import changed


def record_fault(title: str, *codes: str, layer: str, change: Callable[[Record], object]) -> None:
    """Add the kind that changes one record of a layer."""

    def plant(ground: Ground, rng: random.Random) -> Planted | None:
        where = changed(ground, rng, ground.doc.layer(layer), change)
        # A record without its id is found by its place in the file.
        return where if where and "None" not in where.records else Planted(files=(ground.doc.path(),))

    plant.__doc__ = f"{title}."
    kind(*codes)(plant)


record_fault("An offset is a string", "S201", layer="mentions", change=lambda one: one["spans"][0].update(start="7"))
record_fault("A list is a single value", "S201", layer="quotes", change=lambda one: one.update(source="m1"))
record_fault("A flag is a string", "S201", layer="quotes", change=lambda one: one.update(continues_paragraph="false"))
record_fault("A label is null", "S204", layer="mentions", change=lambda one: one.update(form=None))
record_fault("A record has no id", "S202", layer="mentions", change=lambda one: one.pop("id"))
record_fault("A mention has no entity", "S202", layer="mentions", change=lambda one: one.pop("entity"))
record_fault("A quote has no type", "S202", layer="quotes", change=lambda one: one.pop("type"))
record_fault(
    "A field is misspelt", "S203", layer="quotes", change=lambda one: one.update(adressee=one.pop("addressee"))
)
record_fault("A record has a field of a tool", "S203", layer="entities", change=lambda one: one.update(color="red"))
record_fault("A label is misspelt", "S204", layer="quotes", change=lambda one: one.update(type="indirekt"))
record_fault("A label is in capitals", "S204", layer="quotes", change=lambda one: one.update(medium="Speech"))
record_fault("A type is from another scheme", "S204", layer="entities", change=lambda one: one.update(type="PERSON"))
record_fault("An id has a blank", "S205", layer="mentions", change=lambda one: one.update(id="m 1"))
record_fault("A content has no span", "S205", layer="quotes", change=lambda one: one.update(content=[]))
record_fault("The name of an entity is empty", "S205", layer="entities", change=lambda one: one.update(name=""))
record_fault(
    "An offset has a decimal point",
    "S206",
    layer="mentions",
    change=lambda one: one["spans"][0].update(end=float(one["spans"][0]["end"])),
)
record_fault("A speaker is a name and not an id", "R402", layer="quotes", change=lambda one: one.update(speaker="Marr"))
record_fault(
    "The parent of a quote does not exist", "R402", layer="quotes", change=lambda one: one.update(parent="q999")
)
record_fault(
    "The entity of a mention does not exist", "R402", layer="mentions", change=lambda one: one.update(entity="e999")
)


@kind("R406")
def unfit_alternative(ground: Ground, rng: random.Random) -> Planted | None:
    """An alternative reading is of a record that does not exist."""
    doc = ground.doc
    doc.gold["schema_version"] = "1.1"
    doc.gold["provenance"] = {"alternatives": [{"layer": "mentions", "record": "m999"}]}
    return Planted(files=(doc.path(),))


@kind("R403")
def wrong_layer(ground: Ground, rng: random.Random) -> Planted | None:
    """The speaker of a quote is a mention."""
    doc = ground.doc
    return changed(ground, rng, doc.layer("quotes"), lambda one: one.update(speaker=doc.layer("mentions")[0]["id"]))


@kind("R401")
def same_id(ground: Ground, rng: random.Random) -> Planted:
    """Two records have the same id."""
    doc = ground.doc
    sources = {one for quote in doc.layer("quotes") for one in quote["source"]}
    one, other = rng.sample([mention for mention in doc.layer("mentions") if mention["id"] not in sources], 2)
    other["id"] = one["id"]
    return Planted((one["id"],))


def whole(title: str, *codes: str, change: Callable[[Doc], object]) -> None:
    """Add the kind that changes an annotation as a whole."""

    def plant(ground: Ground, rng: random.Random) -> Planted | None:
        change(ground.doc)
        return Planted(files=(ground.doc.path(),))

    plant.__doc__ = f"{title}."
    kind(*codes, one=True)(plant)


whole(
    "A layer has records and is not said to be done",
    "S207",
    change=lambda doc: doc.gold["layers_done"].remove("quotes"),
)
whole(
    "A layer that is said to be done has another name",
    "S208",
    change=lambda doc: doc.gold["layers_done"].append("events"),
)
whole("A layer that is said to be done is missing", "S209", change=lambda doc: doc.gold.pop("nonquotes"))
whole(
    "A record has a field that is not said to be done",
    "S210",
    change=lambda doc: doc.gold.update(schema_version="1.1", fields_done={"entities": ["type", "name", "kb"]}),
)
whole(
    "A field that is said to be done has another name",
    "S211",
    change=lambda doc: doc.gold.update(
        schema_version="1.1", fields_done={"entities": ["type", "name", "kb", "kb_date", "gender"]}
    ),
)
whole(
    "Fields are said to be done of a layer that is not",
    "S212",
    change=lambda doc: doc.gold.update(
        schema_version="1.1",
        layers_done=["entities", "mentions", "quotes", "nonquotes"],
        fields_done={"stances": ["label"]},
        stances=[],
    ),
)
whole("The version of the schema does not exist", "S205", change=lambda doc: doc.gold.update(schema_version="2.0"))
whole("The annotation has no checksum of the text", "S202", change=lambda doc: doc.gold.pop("text_sha256"))
whole(
    "The annotation was made on another text",
    "P302",
    change=lambda doc: doc.gold.update(text_sha256="0" * 64),
)
whole("The annotator's name has a capital", "F105", change=lambda doc: doc.gold.update(annotator="Gold"))
whole("The annotator is another than the directory", "F105", change=lambda doc: doc.gold.update(annotator="ann-a"))
whole("The document's id is another than the file's name", "F105", change=lambda doc: doc.gold.update(doc_id="other"))
whole(
    "The annotation was updated before it was created",
    "C632",
    change=lambda doc: doc.gold["provenance"].update(created="2026-11-24T12:00:00Z", updated="2026-11-23T12:00:00Z"),
)
whole(
    "The annotation was created in the future",
    "C630",
    change=lambda doc: doc.gold["provenance"].update(created="2099-11-24T12:00:00Z"),
)
