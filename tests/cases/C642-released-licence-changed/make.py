"""A release has another licence."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def make(bad: Path, good: Path) -> None:
    record = json.loads((good / "raw" / "licence-narrowed.json").read_bytes())
    columns = {name: [record[name]] for name in ("doc_id", "text_sha256", "license")}
    for side in (bad, good):
        folder = side / "releases" / "1.10.0" / "documents"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), folder / "train-00003-of-00004.parquet")
