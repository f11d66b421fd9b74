"""Write the files of an import or export into a new directory, which `files.new_folder` syncs and renames as a whole.

A file needs no sync and no temporary name of its own there: what is incomplete never gets its final name.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..core.model import Record
from ..core.schema import Schema
from ..files import canonical
from ..files.write import canonical_line
from .documents import Faults

BULK = "imported.jsonl"
"""The name of a bulk file of an import."""
_BUFFER = 2**20
"""Bytes of a bulk file that are held before they are written."""


def json_bytes(value: Any) -> bytes:
    """Return indented JSON, formatted like the files of schema/."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def write_file(path: Path, data: bytes) -> None:
    """Write a file of a new directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


class CorpusWriter:
    """Writes articles and annotations into a new corpus: a file for each, or one bulk file for each annotator."""

    def __init__(self, into: Path, schema: Schema, bulk: bool) -> None:
        self._into, self._schema, self._bulk = into, schema, bulk
        self._lines: dict[Path, list[bytes]] = {}
        self._held = 0
        self._articles: set[str] = set()

    def article(self, record: Record, text: str) -> None:
        """Write the record and the text of an article. Only in bulk files, a second one with the same id is ignored."""
        doc_id, full = record["doc_id"], record["redistribution"] == "full"
        if self._bulk:
            if doc_id in self._articles:
                return
            self._articles.add(doc_id)
            line = canonical_line(record, "record", self._schema, text if full else None)
            self._line(self._into / "raw" / BULK, line)
        else:
            write_file(self._into / f"raw/{doc_id}.json", canonical(record, "record", self._schema))
        if not full or not self._bulk:
            write_file(self._into / f"raw/{'' if full else 'attached/'}{doc_id}.txt", text.encode())

    def annotation(self, value: Record) -> None:
        """Write an annotation."""
        folder = self._into / "annotations" / value["annotator"]
        if self._bulk:
            self._line(folder / BULK, canonical_line(value, "annotation", self._schema))
        else:
            write_file(folder / f"{value['doc_id']}.json", canonical(value, "annotation", self._schema))

    def quarantine(self, value: Record, faults: Faults) -> None:
        """Write an annotation that could only be read in part, with its Problems, to `quarantine/`."""
        if self._bulk:
            line = {"annotation": value, "problems": [asdict(one) for one in faults]}
            self._line(self._into / "quarantine" / BULK, json.dumps(line, ensure_ascii=False).encode() + b"\n")
            return
        path = self._into / "quarantine" / value["doc_id"] / f"{value['annotator']}.json"
        write_file(path, canonical(value, "annotation", self._schema))
        write_file(path.with_suffix(".problems.json"), json_bytes([asdict(one) for one in faults]))

    def close(self) -> None:
        """Write what is still held."""
        for path, lines in self._lines.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.writelines(lines)
        self._lines.clear()
        self._held = 0

    def _line(self, path: Path, line: bytes) -> None:
        self._lines.setdefault(path, []).append(line)
        self._held += len(line)
        if self._held > _BUFFER:
            self.close()
