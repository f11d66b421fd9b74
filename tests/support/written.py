"""Write documents of any content as a corpus, as single files or in bulk, and read such a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

Written = tuple[Any, str | None, dict[str, Any]]
"""The record of an article, its text, and the annotation of each annotator."""


def write(root: Path, path: str, data: bytes) -> None:
    """Write a file below a directory."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)


def write_all(root: Path, values: list[Written], bulk: bool) -> None:
    """Write documents in one of the two forms."""
    lines: dict[str, list[bytes]] = {}
    for number, (record, text, by) in enumerate(values):
        name = str(record.get("doc_id") or number)
        parts = {"raw": record, **{f"annotations/{who}": value for who, value in by.items()}}
        if bulk and text is not None:
            parts["raw"] = {**record, "text": text}
        elif text is not None:
            write(root, f"raw/{name}.txt", text.encode())
        for path, value in parts.items():
            if bulk:
                lines.setdefault(f"{path}/all.jsonl", []).append(orjson.dumps(value) + b"\n")
            else:
                write(root, f"{path}/{name}.json", orjson.dumps(value, option=orjson.OPT_INDENT_2))
    for path, written in lines.items():
        write(root, path, b"".join(written))


def real(source: Path) -> list[Written]:
    """The documents of a corpus of single files."""
    found = []
    for path in sorted((source / "raw").glob("*.json")):
        text = path.with_suffix(".txt")
        annotations = {
            one.parent.name: orjson.loads(one.read_bytes()) for one in (source / "annotations").glob(f"*/{path.name}")
        }
        found.append(
            (orjson.loads(path.read_bytes()), text.read_bytes().decode() if text.exists() else None, annotations)
        )
    return found
