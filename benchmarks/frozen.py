"""An earlier version beside this one, in one run: CPU seconds and seconds of `validate` and `build`.

    git worktree add /tmp/1.0.0 a669158b
    python benchmarks/frozen.py /tmp/1.0.0 [--documents 10000] [--repeat 3]

Both versions run in this environment, in turns, and the least of all runs counts. Each reads the made-up documents of
its own bulk.py, which must be the same, with its own schema.
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

HERE = Path(__file__).resolve().parent.parent
COMMANDS = {
    "corpus validate": ["validate", "--no-cache"],
    "corpus build": ["build"],
    "corpus build, 2 processes": ["build", "--workers", "2"],
}
FILES = ("raw/all.jsonl", "annotations/gold/all.jsonl")
_WRITE = "import bulk, pathlib, sys; bulk.write(pathlib.Path(sys.argv[1]), int(sys.argv[2]))"


def main() -> None:
    """Make both corpora, run all commands in turns, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("copy", type=Path, help="the repository at the earlier version")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; the least counts")
    args = parser.parse_args()
    names = ("pyarrow", "numpy", "orjson", "jsonschema-rs", "sentencex")
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    )
    print(", ".join(f"{name} {version(name)}" for name in names))
    with tempfile.TemporaryDirectory(prefix="corpus-bench-") as folder:
        code = {Path(folder, "then"): args.copy.resolve(), Path(folder, "now"): HERE}
        for root, copy in code.items():
            root.mkdir()
            _run([sys.executable, "-c", _WRITE, str(root), str(args.documents)], copy / "benchmarks")
        then, now = code
        if any((then / name).read_bytes() != (now / name).read_bytes() for name in FILES):
            raise SystemExit(f"{args.copy}: its bulk.py writes other documents")
        print(
            "\n| command | CPU seconds then | now | now / then | seconds then | now |\n|---|---:|---:|---:|---:|---:|"
        )
        for name, verb in COMMANDS.items():
            runs: dict[Path, list[tuple[float, float]]] = {root: [] for root in code}
            for _ in range(args.repeat):
                for root, copy in code.items():
                    runs[root].append(_run([sys.executable, "-m", "corpus", "--root", str(root), *verb], copy))
            cpu, wall = ([min(one[i] for one in runs[root]) for root in code] for i in range(2))
            print(
                f"| {name} | {cpu[0]:.2f} | {cpu[1]:.2f} | {cpu[1] / cpu[0]:.2f} | {wall[0]:.1f} | {wall[1]:.1f} |",
                flush=True,
            )


def _run(command: list[str], code: Path) -> tuple[float, float]:
    """Return the CPU seconds and the seconds of a command that must find no error, with the modules in `code`."""
    # An installed package has its bytecode, so each copy may write its own.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment |= {"PYTHONPATH": str(code)}
    # `python -m` looks in the working directory first, which may be that of one of the versions.
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=code)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)[:200]}\n{ran.stdout[-1000:]}{ran.stderr[-1000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


if __name__ == "__main__":
    main()
