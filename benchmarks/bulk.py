"""A bulk corpus of made-up documents, to measure on: `write(folder, documents, faulty)`.

A document is about 7 kB: 2.5 kB of text with 30 mentions of 10 entities, 6 quotes and 4 stances, in
raw/all.jsonl and annotations/gold/all.jsonl. The same content stands, joined, in joined.jsonl, for
tools that read one file. Words and names are invented, and the same seed gives the same bytes.
"""

from __future__ import annotations

import hashlib
import random
import shutil
from pathlib import Path
from typing import Any

import orjson

_SYLLABLES = ("ba", "den", "fir", "gol", "hask", "im", "jor", "kel", "lun", "mar", "nol", "pel", "quen", "ris", "sol")
_FIRST = ["Mira", "Ivo", "Lene", "Tomas", "Ada", "Jorun", "Pell", "Cato", "Nadja", "Osk"]
_TARGETS = ("build-the-bridge", "close-the-port")


def write(folder: Path, documents: int, faulty: float = 0.0, seed: int = 1) -> None:
    """Write a corpus of `documents` documents to `folder`, a share `faulty` of them with a wrong offset."""
    repository = Path(__file__).resolve().parent.parent
    shutil.copytree(repository / "schema", folder / "schema")
    registry = [{"target_id": name, "kind": "issue", "statement": f"One wants to {name}."} for name in _TARGETS]
    (folder / "schema" / "targets.json").write_bytes(orjson.dumps({"version": "1.0", "targets": registry}))
    (folder / "raw").mkdir()
    (folder / "annotations" / "gold").mkdir(parents=True)
    rng = random.Random(seed)
    with (
        (folder / "raw" / "all.jsonl").open("wb") as raw,
        (folder / "annotations" / "gold" / "all.jsonl").open("wb") as gold,
        (folder / "joined.jsonl").open("wb") as joined,
    ):
        for number in range(documents):
            record, annotation = _document(rng, f"doc-{number:08}")
            if rng.random() < faulty:
                annotation["mentions"][rng.randrange(30)]["spans"][0]["start"] += 1
            raw.write(orjson.dumps(record) + b"\n")
            gold.write(orjson.dumps(annotation) + b"\n")
            joined.write(orjson.dumps(annotation | record) + b"\n")


class _Text:
    """A text that grows, and tells where each piece of it stands."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, words: str) -> dict[str, Any]:
        start = len(self.text)
        self.text += words
        return {"start": start, "end": len(self.text), "text": words}


def _document(rng: random.Random, doc_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    text = _Text()
    names = [f"{rng.choice(_FIRST)} {_word(rng).title()}{i}" for i in range(10)]
    entities = [{"id": f"e{i}", "type": "PER", "name": name} for i, name in enumerate(names)]
    mentions: list[dict[str, Any]] = []
    quotes: list[dict[str, Any]] = []

    def mention(entity: int, words: str, form: str) -> str:
        mentions.append({"id": f"m{len(mentions)}", "spans": [text.add(words)], "form": form, "entity": f"e{entity}"})
        return str(mentions[-1]["id"])

    title = sentence(rng, 7)
    for i in range(10):
        mention(i, names[i], "NAM")
        text.add(f" {sentence(rng, 10)}. ")
        if i % 3 == 2:
            text.add("\n")
    for i in range(6):
        text.add("“")
        content = text.add(sentence(rng, 13).capitalize() + ",")
        text.add("” ")
        source = mention(i, names[i], "NAM")
        text.add(" ")
        cue = text.add("said")
        text.add(f". {sentence(rng, 6).capitalize()} as ")
        mention(i, "she", "PRO")
        text.add(" left.\n")
        quotes.append(
            {
                "id": f"q{i}",
                "content": [content],
                "cue": [cue],
                "source": [source],
                "speaker": f"e{i}",
                "addressee": None,
            }
            | {"type": "direct", "medium": "speech", "attribution": "explicit", "speaker_kind": "named"}
            | {"polarity": "asserted", "parent": None, "continues_paragraph": False}
        )
    for i in range(8):
        mention(i, names[i].split()[1], "NAM")
        text.add(f" {sentence(rng, 7)}. ")
    stances = [
        {
            "id": f"s{i}",
            "scope": "speaker",
            "holder": f"e{i}",
            "target": _TARGETS[i % 2],
            "label": rng.choice(("favor", "against")),
        }
        | {"intensity": 2, "explicit": True, "evidence_quotes": [f"q{i}"], "evidence_spans": []}
        for i in range(4)
    ]
    sha256 = hashlib.sha256(text.text.encode()).hexdigest()
    record = {"doc_id": doc_id, "title": title, "language": "en", "source": "The Bench", "license": "CC0-1.0"}
    record |= {"redistribution": "full", "text_sha256": sha256, "length": len(text.text)}
    record |= {"split": rng.choices(("train", "dev", "test"), (8, 1, 1))[0], "text": text.text}
    layers = {"entities": entities, "mentions": mentions, "quotes": quotes, "nonquotes": [], "stances": stances}
    annotation = {"doc_id": doc_id, "schema_version": "1.0", "text_sha256": sha256, "annotator": "gold"}
    return record, annotation | {"layers_done": list(layers)} | layers


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.choice((1, 2, 2, 3))))


def sentence(rng: random.Random, words: int) -> str:
    """So many invented words."""
    return " ".join(_word(rng) for _ in range(words))
