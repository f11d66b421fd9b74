"""The rows of every config, found the slow and plain way from the files: the reference for `corpus.pipeline.tables`."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import regex

from corpus.core.tokens import sentences
from support.copies import read

Row = dict[str, Any]
NESTED = ("entities", "mentions", "quotes", "nonquotes", "stances")
PROVENANCE = (
    "tool",
    "tool_version",
    "created",
    "updated",
    "lead_time",
    "from_prediction",
    "machine",
    "note",
    "guidelines",
    "prompt",
)


def parts(root: Path) -> tuple[dict[str, Row], dict[str, str], dict[str, dict[str, Row]]]:
    """Records and texts by doc_id, annotations by doc_id and annotator, of a corpus in either form."""
    records: dict[str, Row] = {}
    texts: dict[str, str] = {}
    annotations: dict[str, dict[str, Row]] = defaultdict(dict)
    for value in _values(root / "raw"):
        if "text" in value:
            texts[value["doc_id"]] = value.pop("text")
        records[value["doc_id"]] = value
    for path in (root / "raw").glob("*.txt"):
        texts[path.stem] = path.read_bytes().decode()
    for folder in sorted((root / "annotations").iterdir()):
        for value in _values(folder):
            annotations[value["doc_id"]][folder.name] = value
    return records, texts, annotations


def _values(folder: Path) -> list[Row]:
    whole = [read(path) for path in sorted(folder.glob("*.json"))]
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").split("\n")]
    return whole + [json.loads(line) for line in lines if line]


def rows(root: Path) -> dict[tuple[str, str], list[Row]]:
    """(config, split) → its rows, labels as strings, in the order of the documents."""
    records, texts, annotations = parts(root)
    properties = {k: v["properties"] for k, v in layer_items(root).items()}
    targets = {target["target_id"]: target for target in read(root / "schema" / "targets.json")["targets"]}
    fields = read(root / "schema" / "article.schema.json")["properties"]
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for doc_id in sorted(records, key=str.encode):
        record = records[doc_id]
        if record["redistribution"] == "none":
            continue
        text = texts.get(doc_id) if record["redistribution"] == "full" else None
        of = annotations.get(doc_id, {})
        gold = of.get("gold")
        split = record["split"]
        article = {name: record.get(name) for name in fields}
        if text is None or record.get("twin_of"):
            config = "withheld" if text is None else "twins"
            for annotator in (*(["gold"] if gold else [None]), *sorted(of.keys() - {"gold"})):
                nested = _nested(of.get(annotator or ""), properties, text)
                found[config, split].append(article | {"annotator": annotator, "text": text} | nested)
            continue
        found["documents", split].append(article | {"text": text} | _nested(gold, properties, text))
        for annotator in sorted(of):
            if annotator != "gold":
                head = {"doc_id": doc_id, "annotator": annotator, "text": text}
                found["annotations", split].append(head | _nested(of[annotator], properties, text))
        if gold is None:
            continue
        found["entities", split] += _entities(doc_id, text, record["language"][:2], gold)
        entities = {entity["id"]: entity for entity in gold.get("entities", ())}
        mentions = {mention["id"]: mention for mention in gold.get("mentions", ())}
        for quote in gold.get("quotes", ()):
            row = {"doc_id": doc_id, **_flat(quote, properties["quotes"], text)}
            row["content_text"], row["cue_text"] = words(text, quote["content"]), words(text, quote["cue"])
            sources = [mentions[mention]["spans"] for mention in quote["source"]]
            row["source_text"] = None if text is None and sources else "; ".join(str(words(text, s)) for s in sources)
            row |= _entity(quote, "speaker", entities) | _entity(quote, "addressee", entities)
            row |= _context(text, [*quote["content"], *quote["cue"], *(span for spans in sources for span in spans)])
            found["quotes", split].append(row)
        for stance in gold.get("stances", ()):
            row = {"doc_id": doc_id, **_flat(stance, properties["stances"], text)}
            row |= _entity(stance, "holder", entities)
            target = targets[stance["target"]]
            row |= {"target_statement": target["statement"], "target_kind": target["kind"]}
            row |= {"evidence_spans_text": words(text, stance["evidence_spans"]), "title": record["title"]}
            row["text"] = _stance_text(stance, gold, record["title"], text)
            found["stances", split].append(row)
        columns = {"doc_id", *properties["stances"], "holder_name", "holder_type", "evidence_spans_text"}
        for pair in _pairs_without_stance(gold, targets):
            if pair["scope"] == "headline" and not record["title"]:
                continue
            row = dict.fromkeys(columns) | {"doc_id": doc_id, "title": record["title"], "label": "none"} | pair
            row |= _entity(row, "holder", entities)
            row |= {f"target_{key}": targets[pair["target"]][key] for key in ("statement", "kind")}
            evidence = [quote["id"] for quote in gold.get("quotes", ()) if quote["speaker"] == pair["holder"]]
            own = {**pair, "evidence_quotes": evidence, "evidence_spans": []}
            found["stances", split].append(row | {"text": _stance_text(own, gold, record["title"], text)})
    return dict(found)


def _pairs_without_stance(gold: Row, targets: dict[str, Row]) -> list[Row]:
    """Scope, holder and target of what gold has no stance of, towards targets that it has one towards."""
    done = [layer for layer in ("quotes", "stances") if layer in gold["layers_done"]]
    if "stances" not in done:
        return []
    stances = [(stance["scope"], stance["holder"], stance["target"]) for stance in gold["stances"]]
    speakers = {quote["speaker"] for quote in gold["quotes"]} if "quotes" in done else set()
    asked = [("article", None), ("headline", None)]
    asked += [("speaker", one["id"]) for one in gold.get("entities", ()) if one["id"] in speakers]
    asked_of = [(scope, holder, target) for scope, holder in asked for target in targets]
    taken = {target for _, _, target in stances}
    has = {(one, target) for scope, holder, target in stances for one in (scope, holder)}
    pairs = [one for one in asked_of if one[2] in taken and (one[1] or one[0], one[2]) not in has]
    pairs.sort(key=lambda one: (one[0], list(targets).index(one[2])))
    return [{"scope": scope, "holder": holder, "target": target} for scope, holder, target in pairs]


def layer_items(root: Path) -> dict[str, Any]:
    """Layer → the schema of one of its records."""
    properties = read(root / "schema" / "annotation.schema.json")["properties"]
    return {
        name: written["items"]
        for name, written in properties.items()
        if written.get("type") == "array" and "properties" in written["items"]
    }


def words(text: str | None, spans: list[Row]) -> str | None:
    """The words of spans as one string, "" for no span; None where there are words and they are withheld."""
    if text is None:
        return None if spans else ""
    return " … ".join(text[span["start"] : span["end"]] for span in spans)


def _nested(annotation: Row | None, properties: dict[str, Any], text: str | None) -> Row:
    """What an annotation says: null for a layer no one annotated."""
    annotation = annotation or {"layers_done": None}
    done, provenance = annotation["layers_done"], annotation.get("provenance", {})
    found: Row = {"layers_done": done, "provenance": {name: provenance.get(name) for name in PROVENANCE}}
    found["provenance"]["alternatives"] = [
        _alternative(one, text) for one in provenance.get("alternatives", ())
    ] or None
    fields = annotation.get("fields_done")
    found["fields_done"] = None if fields is None else {layer: fields.get(layer) for layer in properties}
    for layer, fields in properties.items():
        looked = layer in (done or ())
        found[layer] = [_flat(record, fields, text) for record in annotation[layer]] if looked else None
    return found


def _alternative(one: Row, text: str | None) -> Row:
    """An alternative with all its keys; labels as in the config `disagreement`."""
    value, found = one.get("value"), _flat(one, {"spans": {"$ref": "#/$defs/spans"}}, text)
    labels = "+".join(sorted(value)) if isinstance(value, list) else None if value is None else str(value)
    value = str(value).lower() if isinstance(value, bool) else labels
    return {name: one.get(name) for name in ("layer", "record", "field", "note")} | {"value": value} | found


def _flat(record: Row, fields: Row, text: str | None) -> Row:
    """The fields of a record; its spans with the words of the text, or none where it is withheld."""
    found: Row = {}
    for name, field in fields.items():
        found[name] = record.get(name)
        if field.get("$ref") == "#/$defs/spans" and name in record:
            cuts = [(span["start"], span["end"]) for span in record[name]]
            found[name] = [{"start": a, "end": b, "text": None if text is None else text[a:b]} for a, b in cuts]
    return found


def _entity(record: Row, name: str, entities: dict[str, Row]) -> Row:
    entity = entities.get(record[name], {})
    return {f"{name}_name": entity.get("name"), f"{name}_type": entity.get("type")}


def _context(text: str | None, spans: list[Row]) -> Row:
    """The lines from the one that the first span begins in to the one that the last ends in."""
    if text is None:
        return {"context": None, "context_start": None}
    low, high = min(span["start"] for span in spans), max(span["end"] for span in spans)
    begin, begins, ends = 0, [], []
    for line in text.split("\n"):
        begins.append(begin)
        ends.append(begin + len(line))
        begin += len(line) + 1
    start = max(place for place in begins if place <= low)
    return {"context": text[start : min(place for place in ends if place >= high)], "context_start": start}


def _stance_text(stance: Row, gold: Row, title: str | None, text: str | None) -> str | None:
    if stance["scope"] == "headline":
        return title
    if stance["scope"] != "speaker" or text is None:
        return text
    quotes = [quote for quote in gold["quotes"] if quote["id"] in stance["evidence_quotes"]]
    spans = [span for quote in quotes for span in quote["content"]] + stance["evidence_spans"]
    return words(text, sorted(spans, key=lambda span: span["start"]))


def _entities(doc_id: str, text: str, language: str, gold: Row) -> list[Row]:
    """A row for each sentence; the longest named mention takes its tokens first, then the one further left."""
    tokens = [(match.start(), match.end()) for match in regex.finditer(r"\w+|[^\w\s]", text)]
    tags, owners = ["O"] * len(tokens), [""] * len(tokens)
    types = {entity["id"]: entity["type"] for entity in gold.get("entities", ())}
    named = [
        (span["start"], span["end"], mention["entity"])
        for mention in gold.get("mentions", ())
        if mention["form"] == "NAM"
        for span in mention["spans"]
    ]
    for start, end, entity in sorted(named, key=lambda item: (item[0] - item[1], item[0])):
        covered = [i for i, (a, b) in enumerate(tokens) if a < end and b > start]
        if covered and all(tags[i] == "O" for i in covered):
            for i in covered:
                tags[i] = f"{'B' if i == covered[0] else 'I'}-{types[entity]}"
                owners[i] = entity
    found = []
    for number, (start, end) in enumerate(sentences(text, language)):
        inside = [i for i, (a, _) in enumerate(tokens) if start <= a < end]
        row: Row = {"doc_id": doc_id, "sentence": number, "start": start, "end": end}
        row["tokens"] = [text[slice(*tokens[i])] for i in inside]
        row["token_starts"] = [tokens[i][0] for i in inside]
        row["ner_tags"], row["entity_ids"] = [tags[i] for i in inside], [owners[i] for i in inside]
        found.append(row)
    return found
