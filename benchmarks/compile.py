"""Validated build beside what people use instead, in one run: CPU seconds and peak memory.

    python benchmarks/compile.py [--documents 10000 50000] [--faulty 0.01] [--repeat 2]

Each contender runs in a process of its own on the same made-up corpus (see bulk.py). CPU seconds are
those of the process and its children, its start included; peak memory is the sum over the process
tree of what is resident and not shared with others (PSS), sampled every 20 ms. `corpus` reads the
two bulk files and checks and compiles five configs, and by_hand.py writes the same tables with the
checks of a schema, offsets and references; the others read the same content joined in one file,
check nothing and write one table. Two numbers of documents give the marginal cost between them.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import bulk

_CORPUS = [sys.executable, "-m", "corpus", "--root", "{root}"]
_PYTHON = [sys.executable, "-c"]

CONTENDERS: dict[str, list[str]] = {
    "corpus validate": [*_CORPUS, "validate", "--no-cache"],
    "corpus build": [*_CORPUS, "build"],
    "corpus build, 2 processes": [*_CORPUS, "build", "--workers", "2"],
    'load_dataset("json") → Parquet': [
        *_PYTHON,
        "import datasets\n"
        "data = datasets.load_dataset('json', data_files='{root}/joined.jsonl', split='train', cache_dir='{scratch}')\n"
        "data.to_parquet('{scratch}/out.parquet')",
    ],
    "Dataset.from_generator → Parquet": [
        *_PYTHON,
        "import datasets, orjson\n"
        "def rows():\n"
        "    for line in open('{root}/joined.jsonl', 'rb'):\n"
        "        yield orjson.loads(line)\n"
        "data = datasets.Dataset.from_generator(rows, cache_dir='{scratch}')\n"
        "data.to_parquet('{scratch}/out.parquet')",
    ],
    "pandas → Parquet": [
        *_PYTHON,
        "import pandas\n"
        "pandas.read_json('{root}/joined.jsonl', lines=True).to_parquet('{scratch}/out.parquet', compression='zstd')",
    ],
    "polars → Parquet": [
        *_PYTHON,
        "import polars\npolars.read_ndjson('{root}/joined.jsonl').write_parquet('{scratch}/out.parquet')",
    ],
    "pyarrow.json → Parquet": [
        *_PYTHON,
        "import pyarrow.json, pyarrow.parquet\n"
        "table = pyarrow.json.read_json('{root}/joined.jsonl')\n"
        "pyarrow.parquet.write_table(table, '{scratch}/out.parquet', compression='zstd')",
    ],
    "the same tables by hand": [sys.executable, str(Path(__file__).with_name("by_hand.py")), "{root}", "{scratch}"],
    "orjson decode + zstd write (floor)": [
        *_PYTHON,
        "import orjson, zstandard\n"
        "with zstandard.open('{scratch}/out.zst', 'wb') as out:\n"
        "    for line in open('{root}/joined.jsonl', 'rb'):\n"
        "        orjson.loads(line)\n"
        "        out.write(line)",
    ],
}
_REFERENCE = 'load_dataset("json") → Parquet'


def main() -> None:
    """Make the corpora, run every contender, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000])
    parser.add_argument("--faulty", type=float, default=0.01, help="share of faulty documents, for a further validate")
    parser.add_argument("--repeat", type=int, default=2, help="runs of each; the fastest counts")
    parser.add_argument("--only", default="", help="words of names, with commas: corpus,by hand; default: all")
    args = parser.parse_args()
    words = args.only.split(",")
    chosen = {
        name: one for name, one in CONTENDERS.items() if name == _REFERENCE or any(word in name for word in words)
    }
    names = (
        "on-the-record",
        "datasets",
        "pyarrow",
        "pandas",
        "polars",
        "orjson",
        "jsonschema-rs",
        "sentencex",
        "spacy",
    )
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    )
    print(", ".join(f"{name} {version(name)}" for name in names))
    with tempfile.TemporaryDirectory(prefix="corpus-bench-") as folder:
        sizes = sorted(args.documents)
        seconds = {one: _compare(Path(folder), chosen, one, args.faulty, args.repeat) for one in sizes}
    for fewer, more in pairwise(seconds):
        _show_marginal(fewer, more, seconds[fewer], seconds[more])


def _show_marginal(fewer: int, more: int, first: dict[str, float], second: dict[str, float]) -> None:
    """Print what each document costs beyond the first ones, without the start."""
    print(f"\nfrom {fewer:,} to {more:,} documents\n")
    print("| command | documents per CPU-second | × load_dataset |\n|---|---:|---:|")
    speeds = {name: (more - fewer) / max(1e-9, second[name] - first[name]) for name in first}
    for name, speed in speeds.items():
        print(f"| {name} | {speed:,.0f} | {speed / speeds[_REFERENCE]:.2f} |")


def _compare(
    folder: Path, chosen: dict[str, list[str]], documents: int, faulty: float, repeat: int
) -> dict[str, float]:
    """Print the table of one number of documents; return the CPU seconds of each contender."""
    root, broken = folder / f"clean-{documents}", folder / f"faulty-{documents}"
    for place, share in ((root, 0.0), (broken, faulty)):
        place.mkdir()
        bulk.write(place, documents, share)
    size = (root / "joined.jsonl").stat().st_size / documents
    print(f"\n{documents:,} documents of {size / 1000:.1f} kB\n")
    print("| command | documents per CPU-second | × load_dataset | CPU seconds | seconds | peak MB |")
    print("|---|---:|---:|---:|---:|---:|")
    results = {name: best(command, root, folder, repeat) for name, command in chosen.items()}
    results[f"corpus validate, {faulty:.0%} faulty"] = best(CONTENDERS["corpus validate"], broken, folder, repeat)
    reference = documents / results[_REFERENCE][0]
    for name, (seconds, wall, peak) in results.items():
        speed = documents / seconds
        figures = f"{speed:,.0f} | {speed / reference:.2f} | {seconds:.2f} | {wall:.2f} | {peak:,.0f}"
        print(f"| {name} | {figures} |", flush=True)
    shutil.rmtree(root)
    shutil.rmtree(broken)
    return {name: seconds for name, (seconds, _, _) in results.items()}


def best(command: list[str], root: Path, folder: Path, repeat: int) -> tuple[float, float, float]:
    """Return the least CPU seconds, the least seconds, and the greatest peak in MB of some runs."""
    seconds, wall, peak = zip(*(_run(command, root, folder) for _ in range(repeat)), strict=True)
    return min(seconds), min(wall), max(peak)


def _run(command: list[str], root: Path, folder: Path) -> tuple[float, float, float]:
    """Return CPU seconds, seconds and peak MB of one run. Exit code 1 is a run that found something."""
    scratch = folder / "scratch"
    scratch.mkdir()
    filled = [part.replace("{root}", str(root)).replace("{scratch}", str(scratch)) for part in command]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # An installed package has its bytecode. Without it, each process would compile this one.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    with subprocess.Popen(filled, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment) as process:
        watcher = _Watcher(process.pid)
        watcher.start()
        _, errors = process.communicate()
        watcher.done.set()
        watcher.join()
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begun
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(filled)[:200]}\n{errors.decode()[-2000:]}")
    shutil.rmtree(scratch)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, watcher.peak / 1024


class _Watcher(threading.Thread):
    """Samples the PSS of a process and all below it, in kB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.peak = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.02):
            self.peak = max(self.peak, sum(map(_pss, _tree(self._pid))))


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(below for child in children for below in _tree(int(child)))]


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
