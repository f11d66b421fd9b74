"""Random documents that fit the schema, made from the schema: what it names is what is made.

They have no fault of levels 1 to 4: ids are unique, references lead to records, spans quote the text.
What they say makes no sense, so level 5 finds much. Hypothesis draws the texts and a seed for the rest,
since drawing every field would take two hundred times as long.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

import regex
from hypothesis import strategies as st

from corpus.core.schema import TARGETS, Field, Layer, Schema

Made = dict[str, Any]

PIECES = [
    *("Åsa", "e\u0301", "n\u0303", "日本", "😀", "👩\u200d👧", "🇩🇪", "👍🏽", "שלום", "عربي", "ﬁ", "각", "\u200b"),
    *(" ", "  ", "\n", "\r\n", "\r", "\t", "\u00a0", "\u2028", "“", "”", '"', "'", "„", "\\", "{", "]", ",", "\u202e"),
    *("she", "said", "the mayor", "A", "Отчёт", "\ufeff"),
]
TEXTS = (
    st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
    .map("".join)
    .filter(lambda text: not text.isspace() and not text.startswith("\ufeff"))
)
ANNOTATORS = ("gold", "ann-a", "eve_2")
STRINGS = ("", "a", "Ærø", "日本", "e\u0301", "\ud7ff\ue000", "😀", '"\\', "\x00\x1f\x7f", "\u2028\r\n\t", "</script>")
FITTING = (
    *("en", "de-AT", "zh-Hant-TW", "https://x.example/ä?q=1#z", "http://x", "NIL", "wikidata:Q42", "x:ü"),
    *("CC-BY-4.0", "LicenseRef-x", "0", "0a" * 32, "f" * 64, "a-1", "A_b.c", "e1", "annotate-2.md"),
)
"""Strings, some of which match each pattern of the schema."""
DAYS = ("2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31")
TIMES = ("2026-02-28T23:59:59Z", "2026-02-28T12:00:00.123456+05:30", "1970-01-01T00:00:00-00:00")
NUMBERS = (0, 1, 0.0, 0.1, 1e-300, 1.7e308, 5e-324, 12.0, 1e16, 123456789.123, 2**53, 2**62)


@dataclass(frozen=True)
class Doc:
    """A document: its id, its text, its record, and the annotation of each annotator."""

    doc_id: str
    text: str
    record: Made
    annotations: dict[str, Made]

    @property
    def text_is_here(self) -> bool:
        """Whether the corpus holds the text."""
        return bool(self.record["redistribution"] == "full")


@st.composite
def documents(draw: st.DrawFn, schema: Schema, doc_id: str = "a-1", partial: bool = False) -> Doc:
    """A document that fits the schema; if `partial`, some of its fields were not annotated."""
    text, seed = draw(TEXTS), draw(st.integers(0, 2**32))
    return document(Random(seed), schema, doc_id, text, partial)


@st.composite
def corpora(draw: st.DrawFn, schema: Schema, least: int = 0, partial: bool = False) -> list[Doc]:
    """Documents of different ids, in the order of their ids."""
    ids = draw(st.lists(st.sampled_from(("a", "a-1", "a.b", "B_2", "0", "z" * 128)), min_size=least, unique=True))
    return [draw(documents(schema, doc_id, partial)) for doc_id in sorted(ids)]


def document(rng: Random, schema: Schema, doc_id: str, text: str, partial: bool = False) -> Doc:
    """A document with this text."""
    record = {
        **_object(rng, schema.article, schema.article),
        "doc_id": doc_id,
        "text_sha256": sha256(text.encode()).hexdigest(),
        "length": len(text),
        "split": rng.choice(schema.splits),
    }
    annotators = rng.sample(ANNOTATORS, rng.randint(0, len(ANNOTATORS)))
    made = {name: annotation(rng, schema, record, text, name) for name in annotators}
    if partial:
        made = {name: without_fields(rng, schema, value) for name, value in made.items()}
    return Doc(doc_id, text, record, made)


def without_fields(rng: Random, schema: Schema, value: Made) -> Made:
    """The annotation with some fields of some layers only, which `fields_done` names."""
    layers = [name for name in value["layers_done"] if rng.random() < 0.5]
    if not layers:
        return value
    fields_done = {}
    for name in layers:
        fields = schema.layers[name].fields
        kept = {one.name for one in fields if one.always or rng.random() < 0.6}
        fields_done[name] = _shuffled(rng, [one.name for one in fields if one.name in kept])
        value[name] = [{key: one for key, one in record.items() if key in kept} for record in value[name]]
    return {**value, "fields_done": fields_done, "schema_version": schema.version}


def annotation(rng: Random, schema: Schema, record: Made, text: str, annotator: str) -> Made:
    """An annotation of a text; its spans quote the text when it may be passed on."""
    quoted = record["redistribution"] == "full"
    present = [name for name in schema.layers if rng.random() < 0.8]
    numbers = {name: rng.randint(0, 4) for name in present}
    for layer in schema.layers.values():
        if any(_must_refer(schema, layer, field) and not numbers.get(field.refers_to) for field in layer.fields):
            numbers[layer.name] = 0
    ids = [f"{rng.choice('aZ')}{rng.choice(('', '.', '-0', '_'))}{number}" for number in range(100)]
    rng.shuffle(ids)
    names = {name: [ids.pop() for _ in range(numbers.get(name, 0))] for name in schema.layers}
    layers = {
        name: _shuffled(
            rng,
            [
                _record(rng, schema, schema.layers[name], one, names | {name: names[name][:i]}, text, quoted)
                for i, one in enumerate(names[name])
            ],
        )
        for name in _shuffled(rng, present)
    }
    others = {
        name: written
        for name, written in schema.annotation["properties"].items()
        if name not in (*schema.layers, "fields_done")
    }
    about = _object(rng, {**schema.annotation, "properties": others}, schema.annotation)
    about.get("provenance", {}).pop("alternatives", None)  # Random ones fit no record.
    return {
        **about,
        **layers,
        "schema_version": schema.versions[0],
        "doc_id": record["doc_id"],
        "text_sha256": record["text_sha256"],
        "annotator": annotator,
        "layers_done": present,
    }


def _must_refer(schema: Schema, layer: Layer, field: Field) -> bool:
    """Whether a record of the layer cannot be without a record of another one."""
    if field.kind != "reference" or field.many or field.refers_to == TARGETS:
        return False
    return _written(schema, layer)[field.name]["type"] == "string" and field.required


def _record(
    rng: Random, schema: Schema, layer: Layer, name: str, names: dict[str, list[str]], text: str, quoted: bool
) -> Made:
    """A record of a layer: `name` is its id, `names` the ids that it may refer to, by layer."""
    record: Made = {}
    for field in _shuffled(rng, list(layer.fields)):
        if not field.required and rng.random() < 0.5:
            continue
        if field.name == "id":
            record["id"] = name
        elif field.kind == "spans":
            record[field.name] = _spans(rng, text, field.least, quoted)
        elif field.kind == "reference":
            known = list(schema.targets) if field.refers_to == TARGETS else names[field.refers_to]
            if field.many:
                record[field.name] = rng.sample(known, rng.randint(0, min(2, len(known))))
            else:
                needed = field.refers_to == TARGETS or _must_refer(schema, layer, field)
                record[field.name] = rng.choice(known) if known and (needed or rng.random() < 0.7) else None
        else:
            record[field.name] = _value(rng, _written(schema, layer)[field.name], schema.annotation)
    return record


def _spans(rng: Random, text: str, least: int, quoted: bool) -> list[Made]:
    """Stretches of the text in their order, none overlapping another, no character cut in two."""
    edges = [0, *(match.end() for match in regex.finditer(r"\X", text))]
    most = min(3, len(edges) // 2)
    chosen = sorted(rng.sample(edges, 2 * rng.randint(min(least, most), most)))
    found = [{"start": start, "end": end} for start, end in zip(chosen[::2], chosen[1::2], strict=True)]
    return [{**span, "text": text[span["start"] : span["end"]]} for span in found] if quoted else found


def _object(rng: Random, written: Made, schema: Made) -> Made:
    """An object that a JSON Schema describes, its keys in any order."""
    # An object of properties with any names is generated empty.
    known = written.get("properties", {})
    wanted = [name for name in known if name in written.get("required", ()) or rng.random() < 0.6]
    return {name: _value(rng, known[name], schema) for name in _shuffled(rng, wanted)}


def _value(rng: Random, written: Made, schema: Made) -> Any:
    """A value that a JSON Schema describes, as far as the schemas of a corpus go."""
    written = _resolved(schema, written)
    if "const" in written:
        return written["const"]
    if "enum" in written:
        return rng.choice(written["enum"])
    if "oneOf" in written:
        return rng.choice(written["oneOf"])["const"]
    if "anyOf" in written:
        rest = {key: value for key, value in written.items() if key != "anyOf"}
        return _value(rng, {**rest, **rng.choice(written["anyOf"])}, schema)
    types = written["type"] if isinstance(written["type"], list) else [written["type"]]
    match rng.choice(types):
        case "string":
            return rng.choice(_strings(written))
        case "integer":
            return rng.randint(written.get("minimum", -(2**63)), written.get("maximum", 2**63 - 1))
        case "number":
            return rng.choice(NUMBERS)
        case "boolean":
            return rng.random() < 0.5
        case "array":
            items = [_value(rng, written["items"], schema) for _ in range(rng.randint(0, 3))]
            return [json.loads(item) for item in dict.fromkeys(map(json.dumps, items))]
        case "object":
            return _object(rng, written, schema)
        case _:
            return None


def _strings(written: Made) -> list[str]:
    if "format" in written:
        return list({"date": DAYS, "date-time": TIMES}[written["format"]])
    if "pattern" in written:
        fitting = [string for string in FITTING if regex.search(written["pattern"], string)]
        assert fitting, f"FITTING has no string for {written['pattern']}"
        return fitting
    return [string for string in STRINGS if len(string) >= written.get("minLength", 0)]


def _written(schema: Schema, layer: Layer) -> Made:
    items = _resolved(schema.annotation, schema.annotation["properties"][layer.name]["items"])
    properties: Made = items["properties"]
    return properties


def _resolved(schema: Made, written: Made) -> Made:
    """The schema with its local `$ref` replaced by what it names."""
    if "$ref" not in written:
        return written
    target: Any = schema
    for part in written["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return _resolved(schema, {**target, **{key: value for key, value in written.items() if key != "$ref"}})


def _shuffled(rng: Random, items: list[Any]) -> list[Any]:
    return rng.sample(items, len(items))
