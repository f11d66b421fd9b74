"""A bulk file of a few hundred bytes that unpacks to half a million faulty lines, and one that holds articles."""

from pathlib import Path

import zstandard

LINES = b"".join(
    b'{"doc_id":"bale-%d","title":"Bale %d","language":"en","license":"CC0-1.0","redistribution":"none",'
    b'"text_sha256":"%064x","length":40,"split":"train"}\n' % (number, number, number)
    for number in range(1, 10)
)


def make(bad: Path, good: Path) -> None:
    (good / "raw" / "bales.jsonl.zst").write_bytes(zstandard.compress(LINES))
    (bad / "raw" / "bales.jsonl.zst").write_bytes(zstandard.compress(b"{}\n" * 500_000))
