"""The tables of `corpus build` as a careful user writes them today: orjson, jsonschema-rs, spaCy and pyarrow.

    python benchmarks/by_hand.py CORPUS OUT

Reads the two bulk files of bulk.py, validates each document against the schema, compares the spans with the text,
resolves references, and writes documents, entities, quotes and stances to Parquet, split by split, in batches of 1,000.
It checks what a schema can say, offsets and references, and nothing of levels 5 and 6.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import spacy

_BATCH = 1000
_GAP = " … "


def main() -> None:
    """Write the tables of a corpus."""
    root, out = Path(sys.argv[1]), Path(sys.argv[2])
    schemas = [
        orjson.loads((root / "schema" / f"{name}.schema.json").read_bytes()) for name in ("article", "annotation")
    ]
    valid = [jsonschema_rs.validator_for(one, validate_formats=True) for one in schemas]
    registry = orjson.loads((root / "schema" / "targets.json").read_bytes())["targets"]
    targets = {one["target_id"]: one for one in registry}
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    writers: dict[tuple[str, str], pq.ParquetWriter] = {}
    documents = _documents(root, valid)
    while batch := list(islice(documents, _BATCH)):
        rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        parsed = nlp.pipe(record["text"] for record, _ in batch)
        for (record, gold), doc in zip(batch, parsed, strict=True):
            for name, some in _rows(record, gold, doc, targets).items():
                rows.setdefault((name, record["split"]), []).extend(some)
        for (name, split), some in rows.items():
            table = pa.Table.from_pylist(some, writers[name, split].schema if (name, split) in writers else None)
            if (name, split) not in writers:
                (out / name).mkdir(parents=True, exist_ok=True)
                path = out / name / f"{split}.parquet"
                writers[name, split] = pq.ParquetWriter(path, table.schema, compression="zstd")
            writers[name, split].write_table(table)
    for writer in writers.values():
        writer.close()


def _documents(root: Path, valid: list[Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    with (
        (root / "raw" / "all.jsonl").open("rb") as raw,
        (root / "annotations/gold/all.jsonl").open("rb") as annotations,
    ):
        for line, other in zip(raw, annotations, strict=True):
            record, gold = orjson.loads(line), orjson.loads(other)
            valid[0].validate({name: value for name, value in record.items() if name != "text"})
            valid[1].validate(gold)
            if record["doc_id"] != gold["doc_id"]:
                raise SystemExit(f"{gold['doc_id']} is out of order")
            yield record, gold


def _rows(record: dict[str, Any], gold: dict[str, Any], doc: Any, targets: dict[str, Any]) -> dict[str, Any]:
    text, doc_id = record["text"], record["doc_id"]
    entities = {one["id"]: one for one in gold["entities"]}
    mentions = {one["id"]: one for one in gold["mentions"]}
    for layer, fields in (("mentions", ("spans",)), ("quotes", ("content", "cue")), ("stances", ("evidence_spans",))):
        for one in gold[layer]:
            for span in (span for field in fields for span in one[field]):
                if text[span["start"] : span["end"]] != span["text"]:
                    raise SystemExit(f"{doc_id}: {one['id']} does not quote the text")
    tags, ids = ["O"] * len(doc), [""] * len(doc)
    for mention in gold["mentions"]:
        if mention["form"] == "NAM":
            entity = entities[mention["entity"]]
            for span in mention["spans"]:
                named = doc.char_span(span["start"], span["end"], alignment_mode="expand")
                for token in named:
                    tags[token.i] = f"{'B' if token.i == named.start else 'I'}-{entity['type']}"
                    ids[token.i] = entity["id"]
    return {
        "documents": [{**record, **gold}],
        "entities": [
            {
                "doc_id": doc_id,
                "sentence": number,
                "start": one.start_char,
                "end": one.end_char,
                "tokens": [token.text for token in one],
                "token_starts": [token.idx for token in one],
                "ner_tags": tags[one.start : one.end],
                "entity_ids": ids[one.start : one.end],
            }
            for number, one in enumerate(doc.sents)
        ],
        "quotes": [_quote(doc_id, text, one, entities, mentions) for one in gold["quotes"]],
        "stances": [_stance(doc_id, record, one, entities, gold["quotes"], targets) for one in gold["stances"]],
    }


def _words(spans: list[dict[str, Any]]) -> str:
    return _GAP.join(span["text"] for span in spans)


def _quote(
    doc_id: str, text: str, quote: dict[str, Any], entities: dict[str, Any], mentions: dict[str, Any]
) -> dict[str, Any]:
    sources = [mentions[one]["spans"] for one in quote["source"]]
    spans = [span for some in (quote["content"], quote["cue"], *sources) for span in some]
    begin = text.rfind("\n", 0, min(span["start"] for span in spans)) + 1
    end = text.find("\n", max(span["end"] for span in spans))
    speaker = entities.get(quote["speaker"], {})
    return {
        "doc_id": doc_id,
        **quote,
        "content_text": _words(quote["content"]),
        "cue_text": _words(quote["cue"]),
        "source_text": "; ".join(map(_words, sources)),
        "speaker_name": speaker.get("name"),
        "speaker_type": speaker.get("type"),
        "context": text[begin : end if end >= 0 else None],
        "context_start": begin,
    }


def _stance(
    doc_id: str,
    record: dict[str, Any],
    stance: dict[str, Any],
    entities: dict[str, Any],
    quotes: list[dict[str, Any]],
    targets: dict[str, Any],
) -> dict[str, Any]:
    said = [span for one in quotes if one["id"] in stance["evidence_quotes"] for span in one["content"]]
    holder, target = entities.get(stance["holder"], {}), targets[stance["target"]]
    return {
        "doc_id": doc_id,
        **stance,
        "holder_name": holder.get("name"),
        "holder_type": holder.get("type"),
        "target_statement": target["statement"],
        "target_kind": target["kind"],
        "title": record["title"],
        "text": _words(sorted([*said, *stance["evidence_spans"]], key=lambda span: span["start"])),
    }


if __name__ == "__main__":
    main()
