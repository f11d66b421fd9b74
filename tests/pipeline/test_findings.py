"""Findings come back from the file of a part as they were."""

from __future__ import annotations

from pathlib import Path

from corpus.core.model import Edit, Fix, Place, Problem
from corpus.pipeline.findings import FindingsWriter, read_findings

EVERY = (
    Problem("F117", "warning", "raw/caf\udce9.pdf", "a name that is not UTF-8"),
    Problem(
        *("P310", "info", "annotations/gold/a.jsonl.zst", "white space at an edge", "/mentions/0/spans/1", 7, 40),
        *("a", "m1", "… \u2028 the words\n^^^", "trim it"),
        Fix(True, "3–9", (Edit("/mentions/0/spans/1/end", 9, (7, 44, 7, 46)), Edit("/quotes/0/parent", None))),
        (Place("raw/a.jsonl.zst", 2, 5, "the text"),),
        44,
        (3, 10),
    ),
    Problem("F120", "error", "raw/b.json", "too large", fix=Fix(False, "removes the byte order mark")),
)


def test_findings_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "findings"
    with FindingsWriter(path) as file:
        file.add(EVERY[:1])
        file.add(EVERY[1:])
    assert tuple(read_findings(path)) == EVERY


def test_no_findings_are_none(tmp_path: Path) -> None:
    with FindingsWriter(tmp_path / "findings"):
        pass
    assert list(read_findings(tmp_path / "findings")) == []
