"""YAML is written in the same bytes with libyaml and without."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from corpus.core import yaml_file
from corpus.core.yaml_file import dump_yaml

WORDS = (
    st.from_regex(r"[A-Za-z0-9_./*:-]{1,20}", fullmatch=True)
    | st.sampled_from(["yes", "null", "1.0", "0x1f", "2026-01-01", "...", "---", "-", "1_000", "12:30:45", "a:", "*a"])
    | st.text(max_size=20)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.dates() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, VALUES, max_size=5))
def test_the_bytes_are_those_of_pyyaml(value: dict[str, Any]) -> None:
    assert dump_yaml(value) == yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)


def test_without_libyaml_the_bytes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"configs": [{"config_name": "documents", "data_files": [{"split": "train", "path": "a/train-*.parquet"}]}]}
    with_libyaml = dump_yaml(value)
    monkeypatch.setattr(yaml_file, "_FAST", yaml.SafeDumper)
    assert dump_yaml(value) == with_libyaml
