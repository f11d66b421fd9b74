"""`corpus validate` beside other validators, in one run: MB of their own input per CPU-second.

    python benchmarks/validate.py [--documents 3000] [--few 100]

`corpus validate` asks all levels of `--documents` made-up documents (see bulk.py). Python's `jsonschema` holds the
annotations of the first `--few` of them against the same schema and asks nothing else. udtools holds as many sentences,
with every word a node, against the levels 1 to 3 of Universal Dependencies: format and the part of the contents that
knows no language. Start and imports count for none: of two runs of different size the difference counts. udtools is
in no extra: `pip install udtools`.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import bulk

_SCHEMA = """
import json, sys
from jsonschema import Draft202012Validator
root, number = sys.argv[1], int(sys.argv[2])
validator = Draft202012Validator(json.load(open(root + "/schema/annotation.schema.json")))
with open(root + "/annotations/gold/all.jsonl", "rb") as lines:
    for _, line in zip(range(number), lines):
        assert validator.is_valid(json.loads(line))
"""


def main() -> None:
    """Make the inputs, run every contender twice, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--few", type=int, default=100, help="documents for the slower contenders")
    args = parser.parse_args()
    names = ("on-the-record", "jsonschema", "udtools", "jsonschema-rs", "orjson")
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    )
    print(", ".join(f"{name} {version(name)}" for name in names))
    print("\n| what | MB | CPU seconds | MB per CPU-second | corpus validate is |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="corpus-bench-") as name:
        folder = Path(name)
        rows = {
            "corpus validate, all checks": _ours(folder, args.documents),
            "jsonschema, annotations": _jsonschema(folder, args.few),
            "udtools, levels 1 to 3": _udtools(folder, args.few * 20),
        }
    ours = rows["corpus validate, all checks"][0] / rows["corpus validate, all checks"][1]
    for what, (size, seconds) in rows.items():
        print(f"| {what} | {size:.1f} | {seconds:.2f} | {size / seconds:.2f} | {ours * seconds / size:.0f} × |")


def _ours(folder: Path, documents: int) -> tuple[float, float]:
    seconds, sizes = [], []
    for number in (documents // 10, documents):
        root = folder / f"ours-{number}"
        root.mkdir()
        bulk.write(root, number)
        seconds.append(_cpu([sys.executable, "-m", "corpus", "--root", str(root), "validate", "--no-cache"]))
        sizes.append(sum(path.stat().st_size for path in root.rglob("all.jsonl")))
    return (sizes[1] - sizes[0]) / 1e6, seconds[1] - seconds[0]


def _jsonschema(folder: Path, documents: int) -> tuple[float, float]:
    root = folder / "jsonschema"
    root.mkdir()
    bulk.write(root, documents)
    few = documents // 10
    lines = (root / "annotations" / "gold" / "all.jsonl").read_bytes().splitlines(keepends=True)
    seconds = [_cpu([sys.executable, "-c", _SCHEMA, str(root), str(number)]) for number in (few, documents)]
    return sum(map(len, lines[few:])) / 1e6, seconds[1] - seconds[0]


def _udtools(folder: Path, sentences: int) -> tuple[float, float]:
    seconds, sizes = [], []
    for number in (sentences // 10, sentences):
        file = folder / f"{number}.conllu"
        rng = random.Random(1)
        file.write_text("".join(_sentence(rng, i) for i in range(number)), "utf-8")
        seconds.append(_cpu([str(Path(sys.executable).with_name("udvalidate")), "--lang=ud", "--level=3", str(file)]))
        sizes.append(file.stat().st_size)
    return (sizes[1] - sizes[0]) / 1e6, seconds[1] - seconds[0]


def _sentence(rng: random.Random, number: int) -> str:
    """A sentence in CoNLL-U: a noun with its adjectives, a verb, a full stop."""
    words = bulk.sentence(rng, 11).split()
    rows = [(word, "ADJ", len(words) - 1, "amod") for word in words[:-2]]
    rows += [(words[-2], "NOUN", len(words), "nsubj"), (words[-1], "VERB", 0, "root")]
    lines = [f"# sent_id = s{number}", f"# text = {' '.join(words)}."]
    for i, (word, tag, head, relation) in enumerate(rows, 1):
        space = "SpaceAfter=No" if i == len(rows) else "_"
        lines.append(f"{i}\t{word}\t{word}\t{tag}\t_\t_\t{head}\t{relation}\t_\t{space}")
    lines.append(f"{len(rows) + 1}\t.\t.\tPUNCT\t_\t_\t{len(rows)}\tpunct\t_\t_")
    return "\n".join(lines) + "\n\n"


def _cpu(command: list[str]) -> float:
    """CPU seconds of a command that must find nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)[:200]}\n{ran.stdout[-1000:]}{ran.stderr[-1000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
