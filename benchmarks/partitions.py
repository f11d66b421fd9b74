"""What a build costs when it is divided: CPU seconds of all processes and of the one that was started, and peak memory.

    python benchmarks/partitions.py --documents 10000 --partition 1000

One corpus of `bulk.py` is built as one file, and in partitions by one process, two processes, and ranks; again without
a change; and again after one partition changed. All builds must have one content hash, and those of partitions the
same bytes. `--dask FILE` also builds it on a cluster, whose workers' CPU is not counted.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bulk
import zstandard

ROW = "| {:<34} | {:>8} | {:>8} | {:>7} | {:>8} |"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--partition", type=int, default=1_000, help="documents in each")
    parser.add_argument("--dask", default="", help="the file of a scheduler")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        whole, root = folder / "whole", folder / "partitions"
        bulk.write(whole, options.documents)
        print(ROW.format("", "CPU s", "of it", "largest", "seconds"))
        print(ROW.format("command", "in all", "driver", "MB", ""))
        print("|---|---:|---:|---:|---:|")
        corpus("repartition", whole, "repartition", "--out", str(root), "--documents", str(options.partition))
        corpus("build, one file", whole, "build", "--out", str(folder / "w"))
        corpus("build, one process", root, "build", "--out", str(folder / "a"))
        corpus("build, two processes", root, "build", "--out", str(folder / "b"), "--workers", "2")
        for rank in ("1/2", "2/2"):
            corpus(f"build --rank {rank}", root, "build", "--out", str(folder / "c"), "--rank", rank)
        corpus("build --finish", root, "build", "--out", str(folder / "c"), "--finish")
        if options.dask:
            corpus(
                "build, Dask (driver only)",
                root,
                "build",
                "--out",
                str(folder / "d"),
                "--executor",
                f"dask:{options.dask}",
            )
        # Hashes of files that changed in the last two seconds are not remembered.
        time.sleep(3)
        corpus("build again", root, "build", "--out", str(folder / "a"))
        corpus("build again, a third time", root, "build", "--out", str(folder / "a"))
        names = ["a", "b", "c", *(["d"] if options.dask else [])]
        assert len({digest(folder / name) for name in names}) == 1, "the builds differ"
        assert len({content(folder / name) for name in ("w", *names)}) == 1, "the content differs"
        change(root / "raw" / "00000.jsonl.zst")
        corpus("build again, one partition changed", root, "build", "--out", str(folder / "a"))
        annotate(root / "annotations" / "gold" / "00000.jsonl.zst")
        corpus("build again, its annotation changed", root, "build", "--out", str(folder / "a"))


def corpus(name: str, root: Path, *argv: str) -> None:
    """Run a command and print what it took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-c", MEASURED, "--root", str(root), *argv, "-v"]
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    (driver,) = re.findall(r"([\d.]+) s of CPU in this process", ran.stderr)
    (peaks,) = re.findall(r"peaks (.*)", ran.stderr)
    print(ROW.format(name, f"{cpu:.2f}", driver, peaks, f"{time.monotonic() - start:.1f}"), flush=True)


MEASURED = """
import resource, sys
from corpus.cli.main import main
code = main(sys.argv[1:])
kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
print("peaks", "/".join(str(resource.getrusage(kind).ru_maxrss // 1024) for kind in kinds), file=sys.stderr)
sys.exit(code)
"""
"""Prints the peak of the driver and of the largest process that it started."""


def change(path: Path) -> None:
    """Change one word in the records of a partition."""
    text = zstandard.decompress(path.read_bytes()).replace(b'"title":"', b'"title":"Changed ', 1)
    path.write_bytes(zstandard.compress(text))


def annotate(path: Path) -> None:
    """Change one label in the annotations of a partition."""
    text = zstandard.decompress(path.read_bytes()).replace(b'"intensity":2', b'"intensity":1', 1)
    path.write_bytes(zstandard.compress(text))


def digest(folder: Path) -> str:
    """The hash of all files of a build."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


def content(folder: Path) -> str:
    """The content hash of a build."""
    return re.findall(r'"content_sha256": "(\w+)"', (folder / "manifest.json").read_text("utf-8"))[0]


if __name__ == "__main__":
    main()
