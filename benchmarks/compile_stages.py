"""Where the time of `corpus build` goes: CPU microseconds a document, by stage.

    python benchmarks/compile_stages.py [--documents 10000] [--faulty 0]

The documents are those of bulk.py; one process. A stage that is inside of another is named below it and is part of its
figure. `validate` has the same stages without tables and Parquet.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bulk

from corpus.checks import screening
from corpus.cli.main import main as corpus
from corpus.columns import documents as columns
from corpus.core.no_pandas import without_pandas
from corpus.files import Reader
from corpus.files.table_hash import TableHash
from corpus.pipeline import shard
from corpus.pipeline.reduce import Reduction
from corpus.pipeline.tables import entities, parquet
from corpus.release import build

STAGES: dict[str, list[tuple[Any, str]]] = {
    "read the bytes": [(Reader, "read")],
    "columns": [(shard, "read_columns")],
    "· parse": [(columns, "parse")],
    "· compare with the schema": [(columns, "unsound")],
    "screens": [(shard, "screened")],
    "· summaries": [(screening, "summaries_of")],
    "read into Python objects": [(Reader, "documents")],
    "checks": [(shard, "check_document")],
    "tables": [(shard, "build")],
    "· sentences": [(entities, "sentences_in")],
    "Parquet": [(parquet.Writer, "add"), (parquet.Writer, "close")],
    "· hash": [(TableHash, "update")],
    "· encode and compress": [(parquet.pq.ParquetWriter, "write_table")],
    "corpus-wide checks": [(Reduction, "finish")],
    "card and manifest": [(build, "card"), (build, "manifest_of")],
}
_REST = "start, and all else"


def main() -> None:
    """Build a corpus once, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--faulty", type=float, default=0.0, help="share of faulty documents: nothing is built")
    args = parser.parse_args()
    spent: Counter[str] = Counter()
    for stage, functions in STAGES.items():
        for holder, name in functions:
            setattr(holder, name, _timed(getattr(holder, name), spent, stage))
    before = time.process_time_ns()
    with tempfile.TemporaryDirectory(prefix="corpus-bench-") as folder:
        root = Path(folder) / "corpus"
        root.mkdir()
        bulk.write(root, args.documents, args.faulty)
        made = time.process_time_ns()
        without_pandas()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            corpus(["--root", str(root), "build"])
        total = before + time.process_time_ns() - made
    of_all = sum(time_ for stage, time_ in spent.items() if not stage.startswith("· "))
    spent[_REST] = total - of_all
    print("| stage, µs a document | |\n|---|---:|")
    for stage in (*STAGES, _REST):
        print(f"| {stage} | {spent[stage] / args.documents / 1000:,.0f} |")
    print(f"| all | {total / args.documents / 1000:,.0f} |")


def _timed(function: Callable[..., Any], spent: Counter[str], stage: str) -> Callable[..., Any]:
    """Return a function that adds the time that another takes, not counting what a generator's reader does."""

    def timed(*args: Any, **options: Any) -> Any:
        start = time.process_time_ns()
        try:
            return function(*args, **options)
        finally:
            spent[stage] += time.process_time_ns() - start

    return timed


if __name__ == "__main__":
    main()
