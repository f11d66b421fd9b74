"""Two releases; the later one, by number and not by name, has the document in train."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def make(bad: Path, good: Path) -> None:
    for side in (bad, good):
        for version, split in (("1.9.0", "dev"), ("1.10.0", "train")):
            folder = side / "releases" / version / "documents"
            folder.mkdir(parents=True)
            pq.write_table(pa.table({"doc_id": ["slow-clock"]}), folder / f"{split}-00000-of-00001.parquet")
