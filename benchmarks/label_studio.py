"""`corpus label-studio convert` beside the SDK's own converter to CoNLL, on the same export files.

    python benchmarks/label_studio.py [--tasks 10000] [--repeat 2]

A task has 3.3 kB of text and 30 spans by one annotator, as a server exports them. In "spans" each is a
record with one choice. In "records" they are 20 mentions of 8 entities, and 5 quotes with their contents
and cues, with all values and relations: 148 results. `corpus` verifies all of it and writes a canonical
file for each document; the SDK verifies nothing and writes one file of tokens, with the first label of
some of them. How CPU seconds and peak memory are measured is said in compile.py; what each contender
needs to start, measured on an empty export, is a column of its own and not in the figures before it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bulk
import orjson
from compile import best

from corpus.core.schema import Schema
from corpus.labelstudio.config import labelling_config
from corpus.labelstudio.tasks import encode

SDK = "label-studio-sdk → CoNLL-2003"
CONTENDERS = {
    "corpus label-studio convert": [
        *(sys.executable, "-m", "corpus", "--root", "{root}"),
        *("label-studio", "convert", "{root}/export.json", "--into", "{scratch}/annotations"),
    ],
    SDK: [
        *(sys.executable, "-c"),
        "from label_studio_sdk.converter import Converter\n"
        "converter = Converter(open('{root}/config.xml').read(), '{root}', download_resources=False)\n"
        "converter.convert_to_conll2003('{root}/export.json', '{scratch}/conll', is_dir=False)",
    ],
}


def main() -> None:
    """Make the export, run both, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=2, help="runs of each; the fastest counts")
    args = parser.parse_args()
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    )
    print(", ".join(f"{name} {version(name)}" for name in ("on-the-record", "label-studio-sdk", "orjson")))
    with tempfile.TemporaryDirectory(prefix="corpus-bench-") as name:
        folder = Path(name)
        write(folder / "empty", "spans", 0)
        start = {what: best(command, folder / "empty", folder, args.repeat)[0] for what, command in CONTENDERS.items()}
        for kind in DOCUMENTS:
            root = folder / kind
            write(root, kind, args.tasks)
            size = (root / "export.json").stat().st_size
            print(f"\n{args.tasks:,} tasks of 30 spans, {kind}: {size / 1e6:,.0f} MB\n")
            print("| what | documents per CPU-second | × SDK | CPU seconds | and to start | peak MB |")
            print("|---|---:|---:|---:|---:|---:|")
            results = {what: best(command, root, folder, args.repeat) for what, command in CONTENDERS.items()}
            net = {what: seconds - start[what] for what, (seconds, _, _) in results.items()}
            for what, (_, _, peak) in results.items():
                times = net[SDK] / net[what]
                figures = f"{args.tasks / net[what]:,.0f} | {times:.1f} | {net[what]:.2f} | {start[what]:.2f}"
                print(f"| {what} | {figures} | {peak:,.0f} |", flush=True)
            shutil.rmtree(root)


def write(root: Path, kind: str, tasks: int, seed: int = 1) -> None:
    """Write a corpus of `tasks` articles to `root`, with export.json and config.xml of a project of them."""
    shutil.copytree(Path(__file__).resolve().parent.parent / "schema", root / "schema")
    schema = Schema.read(root)
    (root / "config.xml").write_text(labelling_config(schema))
    (root / "raw").mkdir()
    rng = random.Random(seed)
    with (root / "raw" / "all.jsonl").open("wb") as raw, (root / "export.json").open("wb") as export:
        export.write(b"[")
        for number in range(tasks):
            record, annotation = DOCUMENTS[kind](rng, f"doc-{number:06}")
            raw.write(orjson.dumps(record) + b"\n")
            result = encode(annotation, record["text"], schema)
            export.write(b"," * (number > 0) + orjson.dumps(_task(number + 1, record, result)))
        export.write(b"]")
        if not tasks:
            raw.write(orjson.dumps(DOCUMENTS[kind](rng, "none")[0]) + b"\n")


def _task(number: int, record: dict[str, Any], result: list[dict[str, Any]]) -> dict[str, Any]:
    """A task as a server of version 1.23 exports it."""
    when = "2026-11-24T07:00:00.000000Z"
    ids = {"doc_id": record["doc_id"], "text_sha256": record["text_sha256"], "schema_version": "1.0"}
    result = [item if item["type"] == "relation" else {**item, "origin": "manual"} for item in result]
    annotation = {"id": number, "completed_by": 1, "result": result, "was_cancelled": False, "ground_truth": False}
    annotation |= {"created_at": when, "updated_at": when, "draft_created_at": when, "lead_time": 421.5}
    annotation |= {"prediction": {}, "result_count": 38, "unique_id": "b9c86a1e-3b1c-4bd9-a9ee-2f6a8cf3c0f7"}
    annotation |= {"task": number, "project": 1, "updated_by": 1, "parent_prediction": None, "parent_annotation": None}
    task = {"id": number, "annotations": [annotation], "file_upload": None, "drafts": [], "predictions": []}
    task |= {"data": {"text": record["text"], "title": record["title"], **ids}, "meta": ids, "created_at": when}
    task |= {"updated_at": when, "inner_id": number, "total_annotations": 1, "cancelled_annotations": 0}
    return task | {"total_predictions": 0, "comment_count": 0, "project": 1, "updated_by": 1, "comment_authors": []}


Made = tuple[dict[str, Any], dict[str, Any]]
"""The record of an article with its text, and its annotation."""


class _Text:
    """A text that grows, and tells where each piece of it stands."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, words: str) -> dict[str, Any]:
        start, self.text = len(self.text), self.text + words
        return {"start": start, "end": len(self.text), "text": words}


def _spans(rng: random.Random, doc_id: str) -> Made:
    text = _Text()
    found = []
    for i in range(30):
        found.append({"id": f"n{i}", "spans": [text.add(bulk.sentence(rng, 2))], "reason": "term"})
        text.add(f" {bulk.sentence(rng, 12)}. ")
    return _made(doc_id, text, {"nonquotes": found})


def _records(rng: random.Random, doc_id: str) -> Made:
    text = _Text()
    mentions: list[dict[str, Any]] = []
    quotes = []
    names = [f"{bulk._word(rng).title()} {bulk._word(rng).title()}" for _ in range(8)]

    def mention(entity: int) -> str:
        spans = [text.add(names[entity])]
        mentions.append({"id": f"m{len(mentions)}", "spans": spans, "form": "NAM", "entity": f"e{entity}"})
        return str(mentions[-1]["id"])

    for i in range(15):
        mention(i % 8)
        text.add(f" {bulk.sentence(rng, 18)}. ")
    for i in range(5):
        text.add("“")
        content = text.add(bulk.sentence(rng, 12) + ",")
        text.add("” ")
        cue = text.add("said")
        text.add(" ")
        source = mention(i)
        text.add(f". {bulk.sentence(rng, 18)}.\n")
        quote = {"id": f"q{i}", "content": [content], "cue": [cue], "source": [source], "speaker": f"e{i}"}
        quote |= {"addressee": None, "type": "direct", "medium": "speech", "attribution": "explicit"}
        quote |= {"speaker_kind": "named", "polarity": "asserted", "parent": None, "continues_paragraph": False}
        quotes.append(quote)
    entities = [
        {"id": f"e{i}", "type": "PER", "name": name, "kb": None, "kb_date": None} for i, name in enumerate(names)
    ]
    return _made(doc_id, text, {"entities": entities, "mentions": mentions, "quotes": quotes})


def _made(doc_id: str, text: _Text, layers: dict[str, Any]) -> Made:
    record = {"doc_id": doc_id, "title": None, "language": "en", "license": "CC0-1.0", "redistribution": "full"}
    record |= {"text_sha256": hashlib.sha256(text.text.encode()).hexdigest(), "length": len(text.text)}
    return record | {"split": "train", "text": text.text}, {"layers_done": list(layers), **layers}


DOCUMENTS = {"spans": _spans, "records": _records}


if __name__ == "__main__":
    main()
