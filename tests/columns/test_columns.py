"""Documents as columns: what is read, what is left to be read one by one, and how references resolve."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.corpora import REPOSITORY

from corpus.checks import screens
from corpus.columns import parse as parse_module
from corpus.columns.documents import Columns, Parts
from corpus.columns.mixed import with_alternatives
from corpus.columns.parse import parse
from corpus.columns.structure import _out_of_bounds
from corpus.columns.texts import SPACE, WORD, Texts, hash_of
from corpus.core.alternatives import as_label
from corpus.core.schema import Schema

SCHEMA = Schema.read(REPOSITORY)
TEXT = "Mayor Åsa 😀 spoke.\n"
PROVENANCE = pa.struct([("alternatives", pa.list_(pa.struct([("layer", pa.string())])))])
KINDS = pa.schema([("doc_id", pa.string()), ("length", pa.int64())])


def document(doc_id: str = "a", text: str = TEXT, **changed: Any) -> Parts:
    digest = sha256(text.encode()).hexdigest()
    record = {"doc_id": doc_id, "title": None, "language": "en", "license": "CC0-1.0", "redistribution": "full"}
    record |= {"text_sha256": digest, "length": len(text), "text": text} | changed.get("record", {})
    span = {"start": 6, "end": 9, "text": text[6:9]}
    annotation = {"doc_id": doc_id, "schema_version": "1.0", "text_sha256": digest, "annotator": "gold"}
    annotation |= {"layers_done": ["entities", "mentions"], "entities": [{"id": "e1", "type": "PER", "name": "Åsa"}]}
    annotation |= {"mentions": [{"id": "m1", "spans": [span], "form": "NAM", "entity": "e1"}]}
    return Parts(doc_id, written(record), True, None, False, (("gold", written(annotation | changed.get("gold", {}))),))


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def names(columns: Columns) -> list[str]:
    return [part.doc_id for part in columns.parts]


def test_a_part_that_is_not_plain_keeps_no_other_back() -> None:
    parts = [b'{"doc_id":"%d","length":%d}' % (i, i) for i in range(9)]
    parts[2], parts[7] = b'{"doc_id":"2","length":2.5}', b'{"doc_id":"7","doc_id":"8"}'
    table, rows = parse(parts, KINDS)
    assert rows.tolist() == [0, 1, 3, 4, 5, 6, 8]
    assert table["length"].to_pylist() == rows.tolist()


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b" ",
        b"[]",
        b'{"doc_id":"a"',
        b'{"doc_id":"a"}{"doc_id":"b"}',
        b'{"doc_id":"a"} x',
        b'{"doc_id":"\xff"}',
        b'{"doc_id":"\xed\xa0\x80"}',
        b'{"doc_id":"\\u0061"}',
        b'\xef\xbb\xbf{"doc_id":"a"}',
        b'{"length":99999999999999999999}',
        b'{"length":1e2}',
        b'{"other":1}',
        b'{"doc_id":"a",}',
        b'{"doc_id":"a\nb"}',
        b'{"doc_id":{"a":1}}',
        b'{"doc_id":' + b"[" * 10_000,
    ],
)
def test_what_arrow_reads_otherwise_than_json_is_left_out(part: bytes) -> None:
    table, rows = parse([part, b'{"doc_id":"b","length":1}'], KINDS)
    assert rows.tolist() == [1]
    assert table["doc_id"].to_pylist() == ["b"]


@pytest.mark.parametrize(
    ("bad", "reads"),
    [
        (b'{"doc_id":7}', 5),
        (b'{"doc_id":"a","doc_id":"b"}', 5),
        (b'{"doc_id":"a"', 5),
        (b'{"doc_id":"a","other":{"x":[1]}}', 5),
        (b'{"doc_id":"a","many":[{"other":1}]}', 5),
        (b'{"doc_id":"a","other":null}', 40),
        (b'{"doc_id":"\xff"}', 1),
    ],
)
def test_a_part_that_is_not_plain_is_found_in_few_reads(
    bad: bytes, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read has a fixed cost; the row of a fault is known from the message of Arrow, or from an unknown key."""
    count = []
    read = parse_module._read_json
    monkeypatch.setattr(parse_module, "_read_json", lambda *args: count.append(1) or read(*args))
    parts = [b'{"doc_id":"%d","length":%d}' % (i, i) for i in range(99)]
    parts[30] = parts[70] = bad
    kinds = pa.schema([*KINDS, ("many", pa.list_(pa.struct([("id", pa.string())])))])
    assert parse(parts, kinds)[1].tolist() == [i for i in range(99) if i not in (30, 70)]
    assert len(count) <= reads


def test_objects_that_no_part_has_are_columns_of_nulls() -> None:
    inner = pa.struct([("by", pa.string()), ("more", pa.struct([("x", pa.list_(pa.int64()))]))])
    kinds = pa.schema([*KINDS, ("inner", inner), ("other", inner)])
    parts = [b'{"doc_id":"a","inner":{"by":"b"}}', b'{"doc_id":"b","length":2}', b'{"inner":null}']
    table, rows = parse(parts, kinds)
    assert (rows.tolist(), table.schema) == ([0, 1, 2], kinds)
    assert table["inner"].to_pylist() == [{"by": "b", "more": None}, None, None]
    assert table["other"].null_count == 3


def test_two_objects_in_one_part_do_not_stand_for_a_blank_one() -> None:
    _, rows = parse([b'{"doc_id":"a"}{"doc_id":"b"}', b"  "], KINDS)
    assert rows.tolist() == []


def test_documents_that_satisfy_the_schema_are_read() -> None:
    columns = Columns.read([document("a"), document("b")], SCHEMA)
    assert names(columns) == ["a", "b"]
    mentions = columns.layer("mentions")
    assert mentions.referred("entity").tolist() == [0, 1]
    assert mentions.document.tolist() == [0, 1]
    assert columns.unlinked.tolist() == [False, False]
    assert len(columns.layer("quotes")) == len(columns.layer("no-such-layer")) == 0


ENTITY, MENTION = {"id": "e1", "type": "PER", "name": "Åsa"}, {"id": "m1", "spans": [], "form": "NAM", "entity": "e1"}
QUOTE = {"id": "q1", "content": [{"start": 0, "end": 5, "text": "Mayor"}], "cue": [], "source": [], "speaker": "e1"}
QUOTE |= {"type": "direct", "medium": "speech", "attribution": "implicit", "speaker_kind": "named"}
QUOTE |= {"polarity": "asserted", "parent": None, "continues_paragraph": False}


def quoted(**changed: Any) -> dict[str, Any]:
    return {"layers_done": ["entities", "mentions", "quotes"], "quotes": [{**QUOTE, **changed}]}


@pytest.mark.parametrize(
    "gold",
    [
        {"entities": [{"id": "e1", "type": "PER"}]},
        {"entities": [{**ENTITY, "name": ""}]},
        {"entities": [{**ENTITY, "name": None}]},
        {"entities": [{**ENTITY, "type": "X"}]},
        {"entities": [{**ENTITY, "id": "1"}]},
        {"entities": [{**ENTITY, "kb": "Q1"}]},
        {"entities": [{**ENTITY, "kb_date": "2026-02-30"}]},
        {"entities": [None]},
        {"entities": None},
        {"mentions": [MENTION]},
        {"mentions": [{**MENTION, "spans": [{"start": 6}]}]},
        {"mentions": [{**MENTION, "spans": [{"start": 6, "end": 9, "text": None}]}]},
        {"layers_done": ["entities"]},
        {"layers_done": ["entities", "mentions", "mentions"]},
        {"layers_done": ["entities", "mentions", "quotes"]},
        {"layers_done": ["entities", "mentions", "others"]},
        {"fields_done": {"mentions": ["form", "entity"]}},
        {"schema_version": "1.1", "fields_done": {"mentions": ["form"]}},
        {"schema_version": "1.1", "fields_done": {"mentions": ["form", "entity", "words"]}},
        {"schema_version": "1.1", "fields_done": {"quotes": ["type"]}},
        {"schema_version": "1.1", "fields_done": {"mentions": None}},
        {"schema_version": "2.0"},
        {"annotator": "ann-a"},
        {"doc_id": "b"},
        {"provenance": {"created": "yesterday"}},
        {"provenance": {"lead_time": float("nan")}},
        {"provenance": {"tool": None}},
        {"provenance": None},
        quoted(speaker=0),
        {k: [{n: v for n, v in QUOTE.items() if n != "parent"}] if k == "quotes" else v for k, v in quoted().items()},
    ],
    ids=str,
)
def test_a_violation_of_the_schema_is_left_out(gold: dict[str, Any]) -> None:
    assert names(Columns.read([document("a", gold=gold), document("b")], SCHEMA)) == ["b"]


@pytest.mark.parametrize(
    "gold",
    [
        quoted(),
        quoted(addressee=None),
        {"entities": [{**ENTITY, "kb": None}]},
        {"entities": [{**ENTITY, "kb": "wikidata:Q1", "kb_date": "2026-02-28"}]},
        {"schema_version": "1.1", "fields_done": {"mentions": ["form", "entity"]}},
        {"provenance": {"task": 7, "project": "x", "lead_time": 1.5}},
        {"provenance": {"derived": {"mentions": {"form": ["m1"]}}}},
    ],
    ids=str,
)
def test_what_the_schema_permits_is_read(gold: dict[str, Any]) -> None:
    kept = names(Columns.read([document("a", gold=gold), document("b")], SCHEMA))
    # A task by a number beside a project by a name has no one type.
    assert kept == (["b"] if "task" in gold.get("provenance", {}) else ["a", "b"])


GOOD = {"layer": "mentions", "record": "m1", "field": "form", "value": "NOM"}


@pytest.mark.parametrize(
    "some",
    [
        [],
        [GOOD],
        [{**GOOD, "value": 2}, {**GOOD, "value": 2.5}, {**GOOD, "value": True}, {**GOOD, "value": None}],
        [{**GOOD, "value": ["e1", "e2"]}, {"layer": "mentions", "spans": [{"start": 0, "end": 5, "text": "Mäyor"}]}],
        [{**GOOD, "note": 'a "value": 1, ]}'}],
    ],
    ids=str,
)
def test_alternatives_of_any_type_are_read(some: list[Any]) -> None:
    gold = {"schema_version": "1.1", "provenance": {"tool": "x", "alternatives": some, "machine": False}}
    columns = Columns.read([document("a", gold=gold), document("b")], SCHEMA)
    assert names(columns) == ["a", "b"]
    provenance, none = columns.about("provenance").to_pylist()
    assert (provenance["tool"], provenance["machine"], none) == ("x", False, None)
    assert [one["value"] for one in provenance["alternatives"]] == [as_label(one.get("value")) for one in some]
    assert screens.records.alternatives(columns).tolist() == [True, False]


@pytest.mark.parametrize(
    "written",
    [
        b'[{"layer":"mentions","value":{"a":1}}]',
        b'[{"layer":"mentions","layer":"mentions","value":1}]',
        b'[{"layer":"mentions","value":1},{"layer":"mentions","value":1}]',
        b'[{"layer":"mentions","value":1e999}]',
        b'[{"layer":"mentions","value":NaN}]',
        b'[{"layer":"mentions","value":99999999999999999999}]',
        b'[{"layer":"mentions","value":"a\tb"}]',
        b'[{"value":1}]',
        b'[{"layer":"mentions","spans":[{"start":1.0,"end":2,"text":"x"}]}]',
        b'[{"layer":"mentions","value":1}',
        b'[{"layer":"mentions","value":1}],"alternatives":[]',
        b"null",
        b"7",
        b"[" * 10_000,
    ],
    ids=str,
)
def test_alternatives_that_violate_the_schema_are_left_out(written: bytes) -> None:
    one = document("a", gold={"schema_version": "1.1", "provenance": {"alternatives": "X"}})
    ((name, data),) = one.annotations
    bad = one._replace(annotations=((name, data.replace(b'"X"', written)),))
    assert names(Columns.read([bad, document("b")], SCHEMA)) == ["b"]


def test_alternatives_need_the_version_of_the_schema_that_has_them() -> None:
    bad = document("a", gold={"schema_version": "1.0", "provenance": {"alternatives": [GOOD]}})
    assert names(Columns.read([bad, document("b")], SCHEMA)) == ["b"]


def test_a_list_of_the_name_elsewhere_holds_no_alternatives() -> None:
    """A layer may have a field of that name: its values are those of the layer."""
    table = pa.table({"provenance": pa.array([{"alternatives": []}, {"alternatives": None}, None], PROVENANCE)})
    made, is_placed = with_alternatives(table, np.array([4, 7, 9]), {4: [GOOD], 7: [GOOD], 9: [GOOD]})
    assert is_placed.tolist() == [True, False, False]
    assert made["provenance"].null_count == 1


def test_a_key_before_a_blank_does_not_make_up_for_a_null() -> None:
    """Both annotations have a key `tool`, and one of them is counted."""
    null, spaced = (document(name, gold={"provenance": {"tool": tool}}) for name, tool in (("a", None), ("b", "x")))
    ((annotator, data),) = spaced.annotations
    spaced = spaced._replace(annotations=((annotator, data.replace(b'"tool":', b'"tool" :')),))
    assert names(Columns.read([null, spaced, document("c")], SCHEMA)) == ["c"]


def test_alternatives_before_a_blank_keep_no_other_annotation_back() -> None:
    """They stay in the columns, which do not tell whether an alternative is there twice."""
    gold = {"schema_version": "1.1", "provenance": {"alternatives": [{"layer": "mentions", "record": "m1"}]}}
    ((annotator, data),) = document("a", gold=gold).annotations
    spaced = ((annotator, data.replace(b'"alternatives":', b'"alternatives" :')),)
    others = [document("b", gold=gold), document("c", gold={**gold, "provenance": {"alternatives": []}})]
    assert names(Columns.read([document("a")._replace(annotations=spaced), *others], SCHEMA)) == ["b", "c"]


@pytest.mark.parametrize("others", [{}, {"provenance": {"tool": "x"}}], ids=["no origin", "an origin"])
def test_alternatives_outside_of_an_origin_keep_no_other_annotation_back(others: dict[str, Any]) -> None:
    """No column is for them then."""
    misplaced = document("a", gold={"schema_version": "1.1", "alternatives": [GOOD]})
    assert names(Columns.read([misplaced, document("b", gold=others)], SCHEMA)) == ["b"]


def test_a_document_without_its_records_leaves_the_others_as_they_are() -> None:
    columns = Columns.read([document(name) for name in "abc"], SCHEMA)
    emptied = columns.emptied(np.array([False, True, False]))
    assert names(emptied) == ["a", "b", "c"]
    assert emptied.texts is columns.texts
    mentions = emptied.layer("mentions")
    assert mentions.document.tolist() == [0, 2]
    assert mentions.referred("entity").tolist() == [0, 1]
    assert columns.emptied(np.zeros(3, np.bool_)) is columns


@pytest.mark.parametrize(
    "record",
    [
        {"text": " \n"},
        {"text": "a\u0007b"},
        {"text": None},
        {"title": 1},
        {"url": "x"},
        {"text": "\ufeffx"},
        {"doc_id": "b"},
    ],
    ids=str,
)
def test_an_article_that_is_not_plain_is_left_out(record: dict[str, Any]) -> None:
    assert names(Columns.read([document("a", record=record), document("c")], SCHEMA)) == ["c"]


def test_keys_of_an_origin_are_read_where_an_annotation_has_them() -> None:
    """Of several annotations that are read together."""
    derived = {"mentions": {"form": ["m1"]}}
    documents = [document("a"), document("b", gold={"provenance": {"tool": "t"}})]
    with_derived = document("c", gold={"provenance": {"tool": "u", "derived": derived}})
    found = [Columns.read(some, SCHEMA) for some in (documents[:1], documents, [*documents, with_derived])]
    assert list(map(names, found)) == [["a"], ["a", "b"], ["a", "b", "c"]]
    none, some, every = (columns.about("provenance") for columns in found)
    assert none.type.num_fields == 0
    assert none.null_count == 1
    assert some.type.get_field_index("derived") < 0
    assert pc.struct_field(some, "tool").to_pylist() == [None, "t"]
    assert every[2].as_py()["derived"]["mentions"]["form"] == ["m1"]


@pytest.mark.parametrize("depending", ["derived", "tool"])
def test_a_schema_may_ask_more_of_an_origin_with_a_key_that_no_annotation_has(depending: str, tmp_path: Path) -> None:
    """No column is for that key."""
    shutil.copytree(REPOSITORY / "schema", tmp_path / "schema")
    path = tmp_path / "schema" / "annotation.schema.json"
    written_schema = json.loads(path.read_text("utf-8"))
    more = {"properties": {"derived": {"type": "object"}, "note": {"type": "string", "minLength": 3}}}
    written_schema["properties"]["provenance"]["dependentSchemas"] = {depending: more}
    path.write_text(json.dumps(written_schema), "utf-8")
    schema = Schema.read(tmp_path)
    documents = [document(name, gold={"provenance": {"tool": "t", "note": name}}) for name in ("a", "long")]
    assert names(Columns.read(documents, schema)) == (["a", "long"] if depending == "derived" else ["long"])


def test_a_repeated_id_and_a_reference_to_nothing_are_flagged() -> None:
    gold = {"mentions": [{**MENTION, "spans": [{"start": 0, "end": 5, "text": "Mayor"}], "entity": "e2"}]}
    twice = {"entities": [ENTITY, ENTITY]}
    columns = Columns.read([document("a", gold=gold), document("b"), document("c", gold=twice)], SCHEMA)
    assert columns.unlinked.tolist() == [True, False, True]


def test_a_part_of_the_documents_keeps_its_references() -> None:
    columns = Columns.read([document(name) for name in "abc"], SCHEMA).select(np.array([False, True, True]))
    assert names(columns) == ["b", "c"]
    assert columns.numbers.tolist() == [1, 2]
    assert columns.layer("mentions").referred("entity").tolist() == [0, 1]


def test_texts_are_one_buffer() -> None:
    texts = Texts([TEXT, None, "é😀x"])
    assert texts.begins.tolist() == [0, 20, 21, 25]
    assert texts.known.tolist() == [True, False, True]
    found = texts.strings(texts.words.starts, texts.words.ends)
    assert found.to_pylist() == ["Mayor", "Åsa", "spoke", "é", "x"]
    assert texts.document(texts.words.starts).tolist() == [0, 0, 0, 2, 2]
    assert int(texts.words.hashes[0]) == hash_of("mAYOR") != hash_of("Mayo")
    assert texts.has(np.array([5, 6, 10]), SPACE).tolist() == [True, False, False]
    assert texts.has(np.array([5, 6, 10]), WORD).tolist() == [False, True, False]
    assert texts.line_begin(np.array([3, 22])).tolist() == [0, 21]
    assert texts.line_end(np.array([3, 22])).tolist() == [18, 24]


@pytest.mark.parametrize(
    "node",
    [
        {"type": "string", "minLength": 2},
        {"type": "string", "minLength": 1, "maxLength": 2, "title": "T"},
        {"type": "integer", "minimum": 0},
        {"type": "integer", "minimum": -(2**62), "maximum": 2**62},
    ],
)
def test_bounds_are_those_of_the_json_schema(node: dict[str, Any]) -> None:
    strings, numbers = ["", "a", "😀", "😀a", "abc"], [0, 1, -1, 2**62, 2**62 + 1, 2**63 - 1, -(2**63)]
    values: list[Any] = strings if node["type"] == "string" else numbers
    valid = jsonschema_rs.Draft202012Validator(node)
    outside = _out_of_bounds(node, pa.array(values))
    assert outside is not None
    assert outside.tolist() == [not valid.is_valid(value) for value in values]
    assert _out_of_bounds(node, pa.array([*values, None])) is None
    assert (
        _out_of_bounds({name: one + 0.5 if type(one) is int else one for name, one in node.items()}, pa.array(values))
        is None
    )
    assert _out_of_bounds({**node, "pattern": "a", "multipleOf": 2}, pa.array(values)) is None
