"""Write the files of an import or export: atomically, JSON indented."""

from __future__ import annotations

import json
from pathlib import Path

from ..core.model import Record
from ..files import replace_file


def json_bytes(value: Record) -> bytes:
    """Return indented JSON, formatted like the files of schema/."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def write_file(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    with replace_file(path) as file:
        file.write(data)
