"""A release of one document; in bad, the second half of its table is missing."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def make(bad: Path, good: Path) -> None:
    for side in (bad, good):
        folder = side / "releases" / "1.0.0" / "documents"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"doc_id": ["slow-clock"]}), folder / "train-00000-of-00001.parquet")
    path = bad / "releases" / "1.0.0" / "documents" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:100])
