"""What one changed document costs in a corpus of many: CPU-seconds of `corpus validate` and `--since HEAD`.

    python benchmarks/since.py [--documents 10000]

Makes documents in files of their own (see bulk.py), three each, in a git repository and with a cache of their own;
validates, validates again, changes one annotation, and asks about the change. CPU-seconds are user and system, of the
command and what it starts, imports included.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import bulk
import orjson


def main() -> None:
    """Make the corpus, run the command, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    args = parser.parse_args()
    names = ", ".join(f"{name} {version(name)}" for name in ("on-the-record", "orjson", "pyarrow"))
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    )
    print(f"{names}; {args.documents:,} documents\n\n| what | CPU seconds |\n|---|---:|")
    with tempfile.TemporaryDirectory(prefix="corpus-bench-") as name:
        folder = Path(name) / "corpus"
        folder.mkdir()
        files(folder, args.documents)
        os.environ["ON_THE_RECORD_CACHE"] = str(Path(name) / "seen")
        git(folder, "init", "-q")
        # Else git tidies up in the background, while the directory is deleted.
        git(folder, "config", "gc.auto", "0")
        git(folder, "config", "maintenance.auto", "false")
        git(folder, "add", "--all")
        git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "all")
        print(f"| corpus validate, the first time | {run(folder):.2f} |")
        print(f"| corpus validate, again | {run(folder):.2f} |")
        file = sorted((folder / "annotations" / "gold").iterdir())[args.documents // 2]
        file.write_bytes(file.read_bytes().replace(b'"medium":"speech"', b'"medium":"writing"', 1))
        assert subprocess.check_output(["git", "-C", folder, "status", "--porcelain"]).count(b"\n") == 1
        for _ in range(3):
            print(f"| corpus validate --since HEAD, one annotation changed | {run(folder, '--since', 'HEAD'):.2f} |")


def files(folder: Path, documents: int) -> None:
    """The corpus of bulk.py in files of their own."""
    bulk.write(folder, documents)
    for part in ("raw", "annotations/gold"):
        with (folder / part / "all.jsonl").open("rb") as lines:
            for line in lines:
                value = orjson.loads(line)
                if part == "raw":
                    (folder / part / f"{value['doc_id']}.txt").write_text(value.pop("text"), "utf-8")
                (folder / part / f"{value['doc_id']}.json").write_bytes(orjson.dumps(value))
        (folder / part / "all.jsonl").unlink()
    (folder / "joined.jsonl").unlink()


def git(folder: Path, *argv: str) -> None:
    """Run git in the corpus."""
    subprocess.run(["git", "-C", folder, *argv], check=True)


def run(folder: Path, *argv: str) -> float:
    """The CPU-seconds of `corpus validate`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "corpus", "--root", folder, "validate", *argv]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main()
