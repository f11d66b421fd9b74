"""German News Quotation corpus (Petersen-Frey & Biemann 2024) to a corpus of this format.

Each article, a file `<number> - <headline> (<day>).pretty.json`, becomes a text, a record and a gold annotation:

    documentName  "17 - Headline (2020-01-31)"     →  doc_id wikinews-17, title, published
    originalText                                   →  raw/<doc_id>.txt, unchanged; length, text_sha256
    the folder: train, dev; any other name         →  split: train, dev; test
    annotations[i].id  7                           →  quotes[].id  q7
        quote.spans                                →  content
        cue.spans, frame.spans                     →  cue, frame (a field of this corpus's own)
        speaker.spans                              →  one mention, its id in source
        addressee.spans                            →  one mention, its id in addressee_mentions (own)
        type  Direct, Indirect, Reported,          →  type  direct, indirect, reported,
              FreeIndirect, IndirectFreeIndirect              free_indirect, indirect_free_indirect (own)
        medium  Speech, Writing, Thought, SW, ST   →  medium  speech, writing, thought,
                                                              speech_or_writing, speech_or_thought (own)
        isNested, hasNested                        →  is_nested, has_nested (own); parent, when isNested
    sentences[i].id, charBegin, charEnd, tokens    →  sentences[] (own): s<id>, spans, tokens

Equal spans share one mention. The source has no entities, so there are none. Faults such as spans in the wrong order
are kept: checks report them. Layers that the source does not annotate are removed from the schema, and single fields
become optional. `parent` is the smallest enclosing quote with `hasNested`, or else the smallest enclosing quote. Of
two quotes with the same spans and flags the written one encloses the spoken one (correct in all four such pairs).

Dropped, because it can be computed: `text` of a role (its pieces joined by a blank) and of a sentence (the text up to
the next one, without trailing line breaks), and all fields of tokens but their words. Tokens are in order with only
white space between them, so each offset and id can be recomputed.

Offsets, as found in all 148 published test files: half-open, into `originalText`, in code points, not
bytes; exact for 38,404 of 38,404 tokens, 1,966 of 1,966 sentences and 2,446 of 2,446 spans of roles. No
text holds a character beyond U+FFFF or a carriage return, so UTF-16 units would be the same numbers.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from ..core.model import GOLD, CorpusError, Problem, Record, Source
from ..core.regular_file import read_file
from ..core.schema import Schema, shipped
from ..files import canonical
from .documents import NOTHING_SAID, Options
from .importing import edit_schema, write_frame
from .sources import files_below, json_source, not_read, outside, problem
from .writing import write_file

LAYERS: tuple[str, ...] = ()
LEAVES_OUT: tuple[tuple[str, str], ...] = ()
LICENSE = "CC-BY-NC-SA-4.0"
"""Of the published files, texts and annotations alike. Wikinews itself has its texts under CC BY 2.5."""

TYPES = {"Direct": "direct", "Indirect": "indirect", "Reported": "reported"}
TYPES |= {"FreeIndirect": "free_indirect", "IndirectFreeIndirect": "indirect_free_indirect"}
MEDIA = {"Speech": "speech", "Writing": "writing", "Thought": "thought"}
MEDIA |= {"SW": "speech_or_writing", "ST": "speech_or_thought"}

_NAME = re.compile(r"([0-9]{1,12}) - (.+) \(([0-9]{4}-[0-9]{2}-[0-9]{2})\)")


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or every `.json` file below it, into the new corpus `into`.

    Yields a Problem for each fault; nothing of a file that has one is written. Raises CorpusError when
    there is nothing to import or the schema cannot be made.
    """
    if options.map or options.record or options.layers or options.schema:
        raise CorpusError("german-news needs no --map, --record, --layer or --schema: its files have all of it")
    paths = files_below(source, (".json",))
    _write_frame(into)
    schema = Schema.read(into)
    first: dict[str, Path] = {}
    for path in paths:
        file = json_source(path)
        problems = list(_faults(file))
        if not problems:
            record, annotation = _document(file.value, path.parent.name)
            doc_id = record["doc_id"]
            if first.setdefault(doc_id, path) == path:
                write_file(into / f"raw/{doc_id}.txt", file.value["originalText"].encode())
                write_file(into / f"raw/{doc_id}.json", canonical(record, "record", schema))
                write_file(into / f"annotations/{GOLD}/{doc_id}.json", canonical(annotation, "annotation", schema))
            else:
                problems = [problem("IMP4", file, f"{doc_id} was read from {first[doc_id]} already", "documentName")]
        yield from problems


def _object(**fields: Any) -> Record:
    return {"type": "object", "required": list(fields), "properties": fields}


def _list(items: Record, **more: Any) -> Record:
    return {"type": "array", "items": items, **more}


ROLES = ("quote", "cue", "frame", "speaker", "addressee")
_STRING, _FLAG = {"type": "string"}, {"type": "boolean"}


@cache
def _shape() -> jsonschema_rs.Draft202012Validator:
    """Return the validator for the shape that this module reads."""
    number = {"type": "integer", "minimum": 0, "maximum": 2**31}
    spans = _list(_object(charBegin=number, charEnd=number))
    roles = {role: _object(spans=spans, text=_STRING) for role in ROLES}
    roles["quote"] = _object(spans=spans | {"minItems": 1}, text=_STRING)
    kinds = {"type": {"enum": list(TYPES)}, "medium": {"enum": list(MEDIA)}}
    annotation = _object(id=number, isNested=_FLAG, hasNested=_FLAG, **kinds, **roles)
    sentence = _object(id=number, charBegin=number, charEnd=number, text=_STRING, tokens=_list(_STRING))
    text = _STRING | {"minLength": 1}
    return jsonschema_rs.Draft202012Validator(
        _object(documentName=_STRING, originalText=text, annotations=_list(annotation), sentences=_list(sentence))
    )


def _faults(file: Source) -> Iterator[Problem]:
    """Yield the Problems of a file: unreadable (IMP1), shape (IMP2), offsets (IMP3), duplicate ids (IMP4)."""
    value = file.value
    yield from not_read(file)
    if file.faults:
        return
    if not _shape().is_valid(value):
        for error in _shape().iter_errors(value):
            yield problem("IMP2", file, error.message[:200], *error.instance_path)
        return
    name = _NAME.fullmatch(value["documentName"])
    try:
        date.fromisoformat(name[3] if name else "")
    except ValueError:
        yield problem("IMP2", file, "expected the form `<number> - <headline> (<day>)`", "documentName")
    for i, annotation in enumerate(value["annotations"]):
        for role in ROLES:
            yield from _span_faults(file, annotation[role], "annotations", i, role)
    for i, sentence in enumerate(value["sentences"]):
        words = sentence["text"].rstrip()
        yield from _span_faults(file, {"spans": [sentence], "text": words}, "sentences", i)
        if "".join("".join(sentence["tokens"]).split()) != "".join(words.split()):
            yield problem("IMP3", file, "the tokens differ from the words of `text`", "sentences", i, "tokens")
    for layer in ("annotations", "sentences"):
        ids: set[int] = set()
        for i, record in enumerate(value[layer]):
            if record["id"] in ids:
                yield problem("IMP4", file, f"{record['id']} is the id of an earlier record", layer, i, "id")
            ids.add(record["id"])


def _span_faults(file: Source, role: Record, *parts: str | int) -> Iterator[Problem]:
    text, spans = file.value["originalText"], _pairs(role)
    wrong = [(start, end) for start, end in spans if not start < end <= len(text)]
    for start, end in wrong:
        yield problem("IMP3", file, outside(start, end, len(text)), *parts)
    if not wrong and " ".join(text[start:end] for start, end in spans) != role["text"]:
        yield problem("IMP3", file, "the words at these offsets are not those of `text`", *parts)


def _document(value: Record, folder: str) -> tuple[Record, Record]:
    """Return the record and the gold annotation of a valid file in the directory `folder`."""
    name = _NAME.fullmatch(value["documentName"])
    assert name is not None
    text: str = value["originalText"]
    doc_id, sha256 = f"wikinews-{name[1]}", hashlib.sha256(text.encode()).hexdigest()
    mentions = _mentions(value["annotations"])
    parents = _parents(value["annotations"])
    record = {
        "doc_id": doc_id,
        "title": name[2],
        "language": "de",
        "source": "Wikinews",
        "url": None,
        "published": name[3],
        "license": LICENSE,
        "redistribution": "full",
        "text_sha256": sha256,
        "length": len(text),
        "split": folder if folder in ("train", "dev") else "test",
    }
    annotation = {
        "doc_id": doc_id,
        "schema_version": "1.0",
        "text_sha256": sha256,
        "annotator": GOLD,
        "layers_done": ["mentions", "quotes", "sentences"],
        "mentions": [{"id": mention, "spans": _spans(text, spans)} for spans, mention in mentions.items()],
        "quotes": [
            {
                "id": f"q{int(one['id'])}",
                "content": _spans(text, _pairs(one["quote"])),
                "cue": _spans(text, _pairs(one["cue"])),
                "frame": _spans(text, _pairs(one["frame"])),
                "source": [mentions[_pairs(one["speaker"])]] if one["speaker"]["spans"] else [],
                "addressee_mentions": [mentions[_pairs(one["addressee"])]] if one["addressee"]["spans"] else [],
                "type": TYPES[one["type"]],
                "medium": MEDIA[one["medium"]],
                "parent": f"q{int(parent['id'])}" if parent else None,
                "is_nested": one["isNested"],
                "has_nested": one["hasNested"],
            }
            for one, parent in zip(value["annotations"], parents, strict=True)
        ],
        "sentences": [
            {"id": f"s{int(one['id'])}", "spans": _spans(text, _pairs({"spans": [one]})), "tokens": one["tokens"]}
            for one in value["sentences"]
        ],
    }
    return record, annotation


Pairs = tuple[tuple[int, int], ...]


def _pairs(role: Record) -> Pairs:
    return tuple((int(span["charBegin"]), int(span["charEnd"])) for span in role["spans"])


def _spans(text: str, pairs: Pairs) -> list[Record]:
    return [{"start": start, "end": end, "text": text[start:end]} for start, end in pairs]


def _mentions(annotations: list[Record]) -> dict[Pairs, str]:
    """Return the id of the mention for the spans of each speaker and addressee, in text order."""
    found = {_pairs(one[role]) for one in annotations for role in ("speaker", "addressee") if one[role]["spans"]}
    return {spans: f"m{i}" for i, spans in enumerate(sorted(found), 1)}


def _parents(annotations: list[Record]) -> list[Record | None]:
    """Return the parent of each nested quote; None for other quotes and where no quote encloses it."""
    contents = [_pairs(one["quote"]) for one in annotations]

    def depth(i: int) -> tuple[int, bool, bool, bool, int]:
        """Grows inward, also where two contents are the same: so a parent is never its child's child."""
        one, size = annotations[i], sum(end - start for start, end in contents[i])
        return -size, one["isNested"], not one["hasNested"], one["medium"] != "Writing", i

    def around(i: int, j: int) -> bool:
        return depth(j) < depth(i) and all(any(a <= s and e <= b for a, b in contents[j]) for s, e in contents[i])

    parents: list[Record | None] = []
    for i, one in enumerate(annotations):
        outer = [j for j in range(len(annotations)) if around(i, j)] if one["isNested"] else []
        flagged = [j for j in outer if annotations[j]["hasNested"]]
        parents.append(annotations[max(flagged or outer, key=depth)] if outer else None)
    return parents


def _field(title: str, description: str, **written: Any) -> Record:
    return {"title": title, "description": description, **written}


_QUOTE = "/properties/quotes/items/properties"
_SPANS, _CLOSED = {"$ref": "#/$defs/spans"}, {"additionalProperties": False}
REMOVED = (
    *("/properties/entities", "/properties/nonquotes", "/properties/stances"),
    *("/properties/mentions/items/properties/entity", f"{_QUOTE}/speaker", f"{_QUOTE}/addressee"),
)
"""JSON pointers to remove from the schema: the layers that the source does not have, and the references to them."""
_MANY_MENTIONS = _list(_STRING | {"refersTo": "mentions"}, uniqueItems=True)
_OWN = {
    "frame": _field("Frame", "The words that introduce the quote, its cue and source among them.", **_SPANS),
    "addressee_mentions": _field("Addressee: mentions", "Where it says who is spoken to.", **_MANY_MENTIONS),
    "is_nested": _field("Is nested", "Whether it is marked as inside of another.", **_FLAG),
    "has_nested": _field("Has nested", "Whether it is marked as having others inside.", **_FLAG),
}
_SENTENCE = _object(
    id={"$ref": "#/$defs/id"},
    spans=_field("Sentence", "The words of the sentence.", minItems=1, **_SPANS),
    tokens=_field("Tokens", "Its words and marks in their order.", **_list(_STRING)),
)


def _label(field: str, name: str, title: str, description: str) -> tuple[str, Record]:
    return f"{_QUOTE}/{field}/oneOf/-", _field(title, description, const=name)


WRITTEN: tuple[tuple[str, Any], ...] = (
    ("/$id", "https://on-the-record.example/schema/german-news/annotation.schema.json"),
    ("/properties/mentions/items/required", ["id", "spans"]),
    ("/properties/quotes/items/required", ["id", "content", "cue", "source", "type", "medium", "parent", *_OWN]),
    *((f"{_QUOTE}/{name}", written) for name, written in _OWN.items()),
    _label("type", "indirect_free_indirect", "Indirect or free indirect", "Retold in the subjunctive, and no frame."),
    _label("medium", "speech_or_writing", "Speech or writing", "Said or written; which of them is left open."),
    _label("medium", "speech_or_thought", "Speech or thought", "Said or thought; which of them is left open."),
    ("/properties/sentences", _field("Sentences", "As a program split them.", **_list(_SENTENCE | _CLOSED))),
)
"""What is written into the schema at a JSON pointer; `-` is the end of a list, as in RFC 6902."""

SEVERITY = {
    "P311": "pieces of a frame or a speaker out of their order",
    "P312": "pieces of a frame that overlap",
    "Q506": "quotes that overlap in part",
}
"""Checks whose findings are in the published files and stay there, as they are not ours to change."""

CARD = """---
pretty_name: German News Quotation
language: [de]
license: cc-by-nc-sa-4.0
annotations_creators: [expert-generated]
source_datasets: [original]
tags: [quotation attribution, news]
---
# German News Quotation

Who says what to whom, how and in which medium: articles of the German Wikinews with hand-made annotations.

Fynn Petersen-Frey and Chris Biemann. 2024. *Dataset of Quotation Attribution in German News Articles.*
LREC-COLING 2024. <https://arxiv.org/abs/2404.16764>

The files of <https://github.com/uhh-lt/german-news-quotation-attribution-2024>, changed in nothing but their
form: `corpus validate` lists the faults that they were published with. They are under CC BY-NC-SA 4.0;
Wikinews has its texts under CC BY 2.5.
"""


def _write_frame(into: Path) -> None:
    """Write the schema, settings and card."""
    folder = shipped()
    schema = json.loads(read_file(folder / "annotation.schema.json"))
    edit_schema(schema, REMOVED, WRITTEN, "german-news")
    severity = "".join(f'{code} = "warning" # {reason}\n' for code, reason in SEVERITY.items())
    write_frame(into, schema, folder, f"\n[tool.corpus.severity]\n{severity}", CARD)
