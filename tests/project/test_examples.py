"""The examples train and score on the compiled corpus, and print an honest baseline beside the model."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.copies import build, copy_repository
from support.corpora import REPOSITORY

EXAMPLES = sorted((REPOSITORY / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_repository(tmp_path_factory.mktemp("examples") / "corpus")
    build(root)
    return root / "build"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_beats_its_baseline(example: Path, built: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "HF_DATASETS_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, example, built]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    counted, baseline, model = ran.stdout.splitlines()
    assert re.match(r"[1-9]\d* \w+ to learn from, [1-9]\d* to score on", counted)
    figures = [float(re.findall(r"\d\.\d{3}", line)[-1]) for line in (baseline, model)]
    assert figures[1] > figures[0]
