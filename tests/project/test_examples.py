"""The examples train and score on the compiled corpus, and print an honest baseline beside the model."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.corpora import REPOSITORY

EXAMPLES = sorted((REPOSITORY / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_beats_its_baseline(example: Path, built_corpus: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "HF_DATASETS_CACHE": str(tmp_path)}
    command = [sys.executable, example, built_corpus / "build"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=1200, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    counted, baseline, model = ran.stdout.splitlines()
    assert re.match(r"[1-9]\d* training \w+, [1-9]\d* test \w+", counted)
    figures = [float(re.findall(r"\d\.\d{3}", line)[-1]) for line in (baseline, model)]
    assert figures[1] > figures[0]
