"""A bulk file that was broken off while it was copied, and the whole one."""

from pathlib import Path

import zstandard

LINES = b"".join(
    b'{"doc_id":"crate-%d","title":"Crate %d","language":"en","license":"CC0-1.0","redistribution":"none",'
    b'"text_sha256":"%064x","length":40,"split":"train"}\n' % (number, number, number)
    for number in range(1, 10)
)


def make(bad: Path, good: Path) -> None:
    packed = zstandard.compress(LINES)
    (good / "raw" / "crates.jsonl.zst").write_bytes(packed)
    (bad / "raw" / "crates.jsonl.zst").write_bytes(packed[: len(packed) // 2])
