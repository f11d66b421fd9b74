"""An article over which offsets get lost, with its annotation, and how to add one to a desk."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from support.desk import Desk

# Over these, offsets get lost: two UTF-16 units, many code points in one grapheme, combining marks, CR LF, hard spaces.
HARD = (
    "Zoe\u0308 🙂 met Renée.\r\n“No\u00a0way,” the 👩‍👩‍👧 twins 🇳🇱 told Zoe\u0308, “not 𝒶gain.”\r\n\r\nThe end of it."
)


def layers(data: bytes) -> bytes:
    """The bytes of an annotation file from its first layer on, and the line that says which layers were looked at."""
    lines = data.split(b"\n")
    done = next(line for line in lines if line.startswith(b'  "layers_done"'))
    of_layers = (
        i for i, line in enumerate(lines) if line.startswith(b'  "') and line.endswith((b'": [', b'": [],', b'": []'))
    )
    first = next(of_layers)
    return b"\n".join([done, *lines[first:]])


def add_document(desk: Desk, doc_id: str, text: str, annotation: dict[str, Any], **record: Any) -> None:
    """Add an article and its gold annotation to a desk, in canonical form."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    raw, gold = desk.root / "raw", desk.root / "annotations" / "gold"
    written = {
        "doc_id": doc_id,
        "title": "A hard text",
        "language": "en",
        "source": "test",
        "url": None,
        "published": None,
        "retrieved": None,
        "license": "CC0-1.0",
        "redistribution": "full",
        "text_sha256": digest,
        "length": len(text),
        "split": "train",
        "story": doc_id,
        **record,
    }
    (raw / f"{doc_id}.json").write_text(json.dumps(written))
    if written["redistribution"] == "full":
        (raw / f"{doc_id}.txt").write_bytes(text.encode())
    head = {"doc_id": doc_id, "schema_version": "1.0", "text_sha256": digest, "annotator": "gold"}
    (gold / f"{doc_id}.json").write_text(json.dumps({**head, **annotation}))
    desk.run("fmt")


def hard_annotation(quoted: bool = True) -> dict[str, Any]:
    """Discontinuous, nested and shared spans in the hard text."""

    def span(words: str, nth: int = 0) -> dict[str, Any]:
        start = -1
        for _ in range(nth + 1):
            start = HARD.index(words, start + 1)
        return {"start": start, "end": start + len(words), **({"text": words} if quoted else {})}

    def entity(id_: str, type_: str, name: str) -> dict[str, Any]:
        return {"id": id_, "type": type_, "name": name, "kb": None, "kb_date": None}

    def mention(id_: str, of: str, *spans: dict[str, Any], form: str = "NAM") -> dict[str, Any]:
        return {"id": id_, "spans": list(spans), "form": form, "entity": of}

    quote = {
        "id": "q1",
        "content": [span("No\u00a0way,"), span("not 𝒶gain.")],
        "cue": [span("told")],
        "source": ["m3"],
        "speaker": "e3",
        "addressee": "e1",
        "type": "direct",
        "medium": "speech",
        "attribution": "explicit",
        "speaker_kind": "collective",
        "polarity": "asserted",
        "parent": None,
        "continues_paragraph": False,
    }
    return {
        "layers_done": ["entities", "mentions", "quotes", "nonquotes", "stances"],
        "provenance": {"tool": "hand"},
        "entities": [entity("e1", "PER", "Zoe\u0308"), entity("e2", "PER", "Renée"), entity("e3", "PER", "the twins")],
        "mentions": [
            mention("m1", "e1", span("Zoe\u0308")),
            mention("m2", "e2", span("Renée")),
            # discontinuous, around another one, and two that share a span
            mention("m3", "e3", span("the 👩‍👩‍👧 twins"), span("🇳🇱"), form="NOM"),
            mention("m4", "e3", span("twins"), form="NOM"),
            mention("m5", "e1", span("Zoe\u0308", 1)),
            mention("m6", "e2", span("Zoe\u0308", 1)),
        ],
        "quotes": [quote],
        "nonquotes": [],
        "stances": [],
    }
