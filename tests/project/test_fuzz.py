"""Bytes that nobody planned, fed to everything that reads a file: no exception, no hang, and little memory.

`ON_THE_RECORD_FUZZ=1000000 pytest tests/project/test_fuzz.py` tries a million inputs, by default a few hundred. It
prints a row for each target. `tests/support/fuzz.py` is what runs, and can be asked for one target or another seed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import fuzz

from corpus.core.text import visible

INPUTS = int(os.environ.get("ON_THE_RECORD_FUZZ", "600"))
PEAK = 1000
"""What a process may take, in MB, with all that it imports."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and has the kernel end what hangs")


def test_damaged_inputs(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, fuzz.__file__, str(INPUTS), "--keep", str(tmp_path)], capture_output=True, text=True
    )
    results = [json.loads(line) for line in ran.stdout.splitlines()]
    assert results, ran.stderr
    print("| target | inputs | refused | findings | CPU seconds | peak MB |")
    for one in results:
        columns = (one.get(name, 0) for name in ("inputs", "refused", "findings"))
        print(f"| {one['target']} | {' | '.join(f'{n:,}' for n in columns)} | {one['seconds']} | {one['peak_mb']} |")
    faults = [fault for one in results for fault in one["faults"]]
    assert not faults, f"{tmp_path} has the inputs\n" + "\n".join(fault["what"] for fault in faults[:5])
    unreached = [one["target"] for one in results if one["inputs"] > 200 and one.get("refused", 0) == one["inputs"]]
    assert not unreached, f"every input was refused, so that the code behind the first check is not tried: {unreached}"
    assert max(one["peak_mb"] for one in results) < PEAK
    assert ran.returncode == 0, visible(ran.stderr)
