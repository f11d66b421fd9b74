"""The examples train and score on the compiled corpus, and print an honest baseline beside the model."""

from __future__ import annotations

import re
from pathlib import Path

import datasets
import pytest
from support.corpora import REPOSITORY
from support.shell import Shell
from threadpoolctl import threadpool_limits

EXAMPLES = {path.stem: path for path in sorted((REPOSITORY / "examples").glob("*.py"))}
ON = {"entities": "few_built", "quotes": "few_built", "stances": "built_corpus"}
"""The least corpus on which the model of an example beats its baseline."""


def beats_its_baseline(example: Path, root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    # Threads of BLAS that wait for each other take twice the time of one.
    with threadpool_limits(1):
        printed = Shell(root).command(f"python {example} build")
    _, _, compared = printed.partition(" training ")
    assert re.match(r"\w+, [1-9]\d* test \w+", compared)
    figures = (re.findall(r"\d\.\d{3}", line) for line in compared.splitlines())
    *baselines, model = [float(of_line[-1]) for of_line in figures if of_line]
    assert baselines
    assert model > max(baselines)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_beats_its_baseline(
    name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats_its_baseline(EXAMPLES[name], request.getfixturevalue(ON[name]), tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, corpus in ON.items() if corpus == "few_built"])
def test_an_example_beats_its_baseline_on_all_documents(
    name: str, built_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats_its_baseline(EXAMPLES[name], built_corpus, tmp_path, monkeypatch)
