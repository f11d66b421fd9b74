"""A command does without pandas, which takes a third of a second to load; what needs pandas still finds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.copies import copy_repository, originals

pytest.importorskip("pandas")
_RUN = """
import sys
from corpus.cli.main import main
sys.argv = ["corpus", "--root", {root!r}, *{arguments!r}]
main()
print("loaded" if "pandas" in sys.modules else "not loaded")
"""


def run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("arguments", [["validate", "--no-cache"], ["build", "--out", "{out}"]], ids=lambda one: one[0])
def test_a_command_does_not_load_pandas(arguments: list[str], tmp_path: Path) -> None:
    # Without annotators: agreement is measured with pandas.
    root = copy_repository(tmp_path / "corpus", tuple(originals("annotations/gold")[::15]), ("gold",))
    arguments = [one.format(out=tmp_path / "out") for one in arguments]
    assert run(_RUN.format(root=str(root), arguments=arguments)).splitlines()[-1] == "not loaded"


def test_pandas_can_be_imported_and_converted_afterwards() -> None:
    script = """
from corpus.core.no_pandas import without_pandas
without_pandas()
import pandas
import pyarrow
print(pyarrow.Table.from_pandas(pandas.DataFrame({"a": [1.0, None]})).to_pandas()["a"].isna().sum())
"""
    assert run(script) == "1\n"


def test_a_process_that_has_pandas_keeps_it_for_arrow() -> None:
    script = """
import pandas
from corpus.core.no_pandas import without_pandas
without_pandas()
import pyarrow
print(pyarrow.array(pandas.Series([1.0, None])).null_count)
"""
    assert run(script) == "1\n"
