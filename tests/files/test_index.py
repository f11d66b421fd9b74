"""The index finds a document among any number by looking at a few ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.files import Index


class Counted(str):
    """A doc_id that counts how often it is compared."""

    compared = 0

    def __lt__(self, other: Any) -> bool:
        Counted.compared += 1
        return super().__lt__(other)

    def __gt__(self, other: Any) -> bool:
        Counted.compared += 1
        return super().__gt__(other)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20,000 documents, some with an annotation, and lines without an id, which have no order of their own."""
    made = tmp_path_factory.mktemp("index")
    (made / "raw").mkdir()
    (made / "annotations/gold").mkdir(parents=True)
    ids = [f"{'zaZ0'[i % 4]}-{i * 7919 % 20_000}" for i in range(20_000)]
    (made / "raw/all.jsonl").write_text("".join(f'{{"doc_id": "{one}"}}\n' for one in ids) + "{}\n" * 3)
    (made / "annotations/gold/all.jsonl").write_text("".join(f'{{"doc_id": "{one}"}}\n' for one in ids[::5]))
    return made


def test_each_document_is_found(root: Path) -> None:
    with Index(root) as index:
        groups: dict[str, list[Any]] = {}
        for entries in index.shards(1000):
            for entry in entries:
                groups.setdefault(entry.doc_id, []).append(entry)
        assert len(groups) == 20_001
        for doc_id in [*list(groups)[::97], ""]:
            assert index.entries(doc_id) == groups[doc_id]
        for unknown in ("A", "a-", "z-99999", "~", "\ud800", "é"):
            assert index.entries(unknown) == []


def test_a_look_up_compares_a_few_ids(root: Path) -> None:
    with Index(root) as index:
        Counted.compared = 0
        assert len(index.entries(Counted("Z-2"))) == 1
        assert 0 < Counted.compared < 40
