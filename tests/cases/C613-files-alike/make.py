"""Two names that not every file system can tell apart, so they are not committed."""

import hashlib
import json
from pathlib import Path


def make(bad: Path, good: Path) -> None:
    _write(bad / "raw" / "May.jsonl", "may-one", "It rained for all of May.")
    _write(bad / "raw" / "may.jsonl", "may-two", "A wren built its nest in a boot.")
    _write(good / "raw" / "may-1.jsonl", "may-one", "It rained for all of May.")
    _write(good / "raw" / "may-2.jsonl", "may-two", "A wren built its nest in a boot.")


def _write(file: Path, doc_id: str, text: str) -> None:
    record = {"doc_id": doc_id, "title": "May", "language": "en", "license": "CC-BY-4.0", "redistribution": "full"}
    record |= {"text_sha256": hashlib.sha256(text.encode()).hexdigest(), "length": len(text), "split": "train"}
    file.write_text(json.dumps(record | {"text": text}) + "\n", "utf-8")
