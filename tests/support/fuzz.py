"""Feed files that were damaged at random to everything that reads one, and report what each did to the process.

    python tests/support/fuzz.py 1000000 --seed 1 --keep FOLDER

The inputs of a target (see `fuzz_targets`) are drawn from the seed, its name and a number, so that each can be made
again. They are tried in a child process, many at a time. An exception other than the one-line refusal is a fault; the
batch is then tried one by one. A child that uses too much CPU is ended by the kernel, even inside a C library, which
no exception could end; the parent goes on with a new one behind that input. Each line of the output is the JSON of a
target: its inputs, faults, seconds of CPU and peak of memory.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CPU = 20
"""The seconds of CPU after which an input, or a batch of them, hangs."""
WAIT = 900
"""The seconds after which one that uses no CPU hangs."""
MEMORY = 8 * 2**30
"""The address space of a child, in bytes, which protects the machine."""
CHILD = 5_000
"""The inputs of a child: what its libraries keep does not add up without end."""


def run(total: int, seed: str, only: list[str], keep: Path | None) -> Iterator[dict[str, Any]]:
    """Try `total` inputs, or the share of it of the targets `only`; yield what came of each target."""
    targets = importlib.import_module("support.fuzz_targets").TARGETS
    shares = sum(share for share, _, _ in targets.values())
    for name, (share, _, _) in targets.items():
        if not only or name in only:
            yield _target(name, max(1, round(total * share / shares)), seed, keep)


def _target(name: str, inputs: int, seed: str, keep: Path | None) -> dict[str, Any]:
    """Try the inputs of a target, in as many children as it needs."""
    counts: Counter[str] = Counter()
    faults: list[dict[str, Any]] = []
    first, single_until, cpu, peak, slowest = 0, 0, 0.0, 0, 0.0
    while first < inputs:
        last = min(inputs, first + CHILD) if first >= single_until else single_until
        lines, status, usage = _child(name, first, last, seed, first < single_until)
        at = first
        for line in lines:
            at = line.get("at", at)
            counts.update(line.get("counts", {}))
            slowest = max(slowest, line.get("seconds", 0))
            faults += [line["fault"]] if "fault" in line else []
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss // 1024)
        if status == 0:
            first = last
        elif single_until > at:
            faults.append(
                {"target": name, "number": at, "what": f"ended by {signal.Signals(os.WTERMSIG(status)).name}"}
            )
            first = at + 1
        else:  # One input of this batch ended the child: which one?
            first, single_until = at, min(inputs, at + importlib.import_module("support.fuzz_targets").TARGETS[name][1])
    for fault in faults:
        _keep(fault, seed, keep)
    return {
        "target": name,
        "inputs": inputs,
        "faults": faults,
        "seconds": round(cpu, 1),
        "peak_mb": peak,
        "slowest": round(slowest, 2),
        **counts,
    }


def _child(name: str, first: int, last: int, seed: str, single: bool) -> tuple[list[dict[str, Any]], int, Any]:
    """Try some inputs in a forked process; return what it wrote, its status and its use of resources."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        code = 1
        try:
            with tempfile.TemporaryDirectory(prefix="corpus-fuzz-") as folder:
                _try(name, first, last, seed, single, Path(folder), writes)
            code = 0
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    os.close(writes)
    with os.fdopen(reads, "rb") as file:
        lines = [json.loads(line) for line in file]
    _, status, usage = os.wait4(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"the target {name} itself is at fault")
    return lines, status, usage


def _try(name: str, first: int, last: int, seed: str, single: bool, folder: Path, writes: int) -> None:
    def say(**line: Any) -> None:
        os.write(writes, json.dumps(line).encode() + b"\n")

    os.environ["ON_THE_RECORD_CACHE"] = str(folder / "cache")
    os.fsync = lambda *_: None  # a power failure is not what is tried here
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if soft < 0 else min(soft, MEMORY), hard))
    _, batch, make = importlib.import_module("support.fuzz_targets").TARGETS[name]
    target, counts = make(folder), Counter[str]()
    faulthandler.register(signal.SIGPROF, chain=True)
    for at in range(first, last, 1 if single else batch):
        numbers = range(at, min(last, at + (1 if single else batch)))
        say(at=at)
        signal.setitimer(signal.ITIMER_PROF, CPU)
        signal.alarm(WAIT)
        before = time.process_time()
        for fault in _attempt(target, [target.draw(_rng(seed, name, number)) for number in numbers], counts):
            say(fault={"target": name, "number": numbers[fault.pop("place")] if len(numbers) > 1 else at, **fault})
        say(seconds=time.process_time() - before)
    signal.setitimer(signal.ITIMER_PROF, 0)
    say(counts=counts)


def _attempt(target: Any, inputs: list[Any], counts: Counter[str], place: int = 0) -> Iterator[dict[str, Any]]:
    """Try inputs together, and one by one if they do not pass; yield what is wrong with each."""
    from corpus.core.model import CorpusError
    from corpus.core.text import visible

    try:
        counts.update(target.run(inputs))
        return
    except CorpusError as error:
        said = str(error)
        if len(inputs) == 1:
            counts["refused"] += 1
            if visible(said).isprintable() and len(said) < 4000:
                return
        what = f"refused in {len(said):,} characters that a terminal may not print: {said[:200]!r}"
    except Exception:
        what = traceback.format_exc()
    if len(inputs) == 1:
        yield {"place": place, "what": what}
        return
    alone = [fault for at, one in enumerate(inputs) for fault in _attempt(target, [one], counts, at)]
    yield from alone or ([] if what.startswith("refused") else [{"place": 0, "what": f"only together: {what}"}])


def _rng(seed: str, name: str, number: int) -> random.Random:
    return random.Random(f"{seed} {name} {number}")


def _keep(fault: dict[str, Any], seed: str, keep: Path | None) -> None:
    """Write the input of a fault to a folder, so that it can be looked at."""
    if keep is None:
        return
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="corpus-fuzz-") as folder:
        _, _, make = importlib.import_module("support.fuzz_targets").TARGETS[fault["target"]]
        given, data = make(Path(folder)).draw(_rng(seed, fault["target"], fault["number"]))
    path = keep / f"{fault['target']}-{fault['number']}"
    path.with_suffix(".input").write_bytes(data)
    path.with_suffix(".txt").write_text(f"{given}\n{fault['what']}\n", "utf-8", "backslashreplace")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", type=int)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    faulty = False
    for result in run(asked.inputs, asked.seed, asked.only, asked.keep):
        faulty |= bool(result["faults"])
        print(json.dumps(result), flush=True)
    return int(faulty)


if __name__ == "__main__":
    sys.exit(main())
