"""What a build costs when it is divided: CPU seconds of all processes and of the one that was started, and peak memory.

    python benchmarks/partitions.py --documents 10000 --partition 1000

One corpus of `bulk.py` is built as one file, and in partitions by one process, two processes, and ranks; again without
a change; and again after one partition changed. All builds must have one content hash, and those of partitions the
same bytes. `--dask FILE` also builds it on a cluster, whose workers' CPU is not counted.

    python benchmarks/partitions.py --documents 100000 --partition 1000 --changes

builds in one process alone, and again after each of five changes of one partition. `--corpus` takes a corpus of an
earlier run, which is changed.

    python benchmarks/partitions.py --documents 1000000 --partition 50000 --large

builds in two processes alone, and again without a change. It needs some 30 GB of disk for a million documents.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bulk
import zstandard

ROW = "| {:<40} | {:>8} | {:>8} | {:>7} | {:>8} |"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--partition", type=int, default=1_000, help="documents in each")
    parser.add_argument("--dask", default="", help="the file of a scheduler")
    parser.add_argument("--changes", action="store_true", help="measure only what changes of a partition cost")
    parser.add_argument("--corpus", type=Path, help="with --changes: partitions that exist")
    parser.add_argument("--large", action="store_true", help="measure only a build in two processes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if options.changes or options.large:
            print(ROW.format("", "CPU s", "of it", "largest", "seconds"))
            print(ROW.format("command", "in all", "driver", "MB", ""))
            print("|---|---:|---:|---:|---:|")
        if options.changes:
            root = options.corpus or partitions(folder, options.documents, options.partition)
            corpus("build, one process", root, "build", "--out", str(folder / "a"))
            measure_changes(root, folder / "a")
            return
        if options.large:
            root = partitions(folder, options.documents, options.partition)
            corpus("build, two processes", root, "build", "--out", str(folder / "a"), "--workers", "2")
            time.sleep(3)
            corpus("build again", root, "build", "--out", str(folder / "a"))
            return
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
        measure_changes(root, folder / "a")


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


def partitions(folder: Path, documents: int, size: int) -> Path:
    """Return a corpus of partitions that is made in a folder."""
    bulk.write(folder / "whole", documents)
    argv = ("repartition", "--out", str(folder / "partitions"), "--documents", str(size))
    corpus("repartition", folder / "whole", *argv)
    shutil.rmtree(folder / "whole")
    return folder / "partitions"


def measure_changes(root: Path, out: Path) -> None:
    """Build again after one change of a partition and another."""
    names = sorted(path.name for path in (root / "raw").iterdir())
    middle = names[len(names) // 2]
    # Hashes of files that changed in the last two seconds are not remembered.
    time.sleep(3)
    corpus("build again", root, "build", "--out", str(out))
    for what, name, folders, edit in (
        ("a title", middle, ("raw",), a_title),
        ("a label", middle, ("annotations/gold",), a_label),
        ("all annotations", middle, ("annotations/gold",), all_annotations),
        ("all annotations of the last", names[-1], ("annotations/gold",), all_annotations),
        ("a document less", middle, ("raw", "annotations/gold"), a_document_less),
    ):
        for folder in folders:
            path = root / folder / name
            before = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
            after = edit(before)
            assert after != before, f"{what}: {path}"
            path.write_bytes(zstandard.compress(after))
        time.sleep(3)
        corpus(f"build again, {what}", root, "build", "--out", str(out))


def a_title(data: bytes) -> bytes:
    """Change one word of a record."""
    return data.replace(b'"title":"', b'"title":"Changed ', 1)


def a_label(data: bytes) -> bytes:
    """Change one label of an annotation."""
    return data.replace(b'"intensity":2', b'"intensity":1', 1)


def all_annotations(data: bytes) -> bytes:
    """Delete the last mention of each annotation, and give its stances another intensity."""
    data = re.sub(rb',\{"id":"m29",[^\n]*?"entity":"e\d"\}', b"", data)
    return data.replace(b'"intensity":2', b'"intensity":3')


def a_document_less(data: bytes) -> bytes:
    """Delete the last document."""
    return b"".join(data.splitlines(keepends=True)[:-1])


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
