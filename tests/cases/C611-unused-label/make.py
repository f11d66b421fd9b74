"""300 mentions, none of which is a pronoun; in the good corpus one is."""

import hashlib
import json
from pathlib import Path


def make(bad: Path, good: Path) -> None:
    text = "All " + "Ada " * 299
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    for side in (bad, good):
        types = ("PER", "ORG", "GPE", "LOC", "FAC", "NORP", "EVENT", "WORK", "PRODUCT", "OTHER")
        entities = [{"id": f"e{i}", "type": type_, "name": f"N{i}" if i else "Ada"} for i, type_ in enumerate(types)]
        mentions = []
        for i in range(300):
            start = 4 * i
            span = {"start": start, "end": start + 3, "text": text[start : start + 3]}
            form = "NAM" if i >= 10 else "NOM"
            form = "PRO" if not i and side is good else form
            mentions.append({"id": f"m{i}", "spans": [span], "form": form, "entity": "e0" if i >= 10 else f"e{i}"})
        record = {"doc_id": "many-mentions", "title": "Ada", "language": "en", "license": "CC-BY-4.0"}
        record |= {"redistribution": "full", "text_sha256": sha256, "length": len(text), "split": "train"}
        value = {"doc_id": "many-mentions", "schema_version": "1.0", "text_sha256": sha256, "annotator": "gold"}
        value |= {"layers_done": ["entities", "mentions"], "entities": entities, "mentions": mentions}
        (side / "annotations" / "gold").mkdir(parents=True, exist_ok=True)
        (side / "raw" / "many-mentions.json").write_text(json.dumps(record), "utf-8")
        (side / "raw" / "many-mentions.txt").write_text(text, "utf-8")
        (side / "annotations" / "gold" / "many-mentions.json").write_text(json.dumps(value), "utf-8")
