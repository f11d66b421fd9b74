"""How often gold is wrong, by a fresh reader of drawn articles: annotations/rereading.toml → a table of the card.

    reader = "a model that had seen none of these articles"
    seed = 19                                  # of the draw
    [[article]]
    doc_id = "alpha"
    quotes = {read = 12, wrong = 1}            # records of the layer that were read, and those with an error or missing

The intervals are Wilson's for a proportion. They take the records for independent, which those of one article are not
quite: see the note below the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..core.schema import Schema
from ..core.toml_file import read_toml

REREADING = "annotations/rereading.toml"
_KEYS = {"reader", "seed", "article"}


@dataclass(frozen=True, slots=True)
class Rate:
    """Of a layer: the records read, those with an error, and the 95% interval of their share."""

    layer: str
    read: int
    wrong: int
    low: float
    high: float


def rereading(root: Path, schema: Schema, doc_ids: set[str]) -> tuple[list[Rate], str]:
    """Return the rates by layer, and a sentence on the draw; no rates without the file.

    Raises CorpusError if the file has another form, or names an article that is not one of `doc_ids`.
    """
    if not (root / REREADING).is_file():
        return [], "Gold was not read again by a fresh reader."
    value = read_toml(root / REREADING)
    articles = value.get("article")
    if set(value) != _KEYS or not isinstance(articles, list) or not all(isinstance(one, dict) for one in articles):
        raise CorpusError(f"{REREADING}: it has reader, seed and [[article]]")
    totals: dict[str, tuple[int, int]] = {}
    seen: set[str] = set()
    for number, article in enumerate(articles, 1):
        where = f"{REREADING}: article {number}"
        doc_id = article.get("doc_id")
        if doc_id not in doc_ids or doc_id in seen:
            raise CorpusError(
                f"{where}: {doc_id!r} is {'listed twice' if doc_id in seen else 'not an article with gold'}"
            )
        seen.add(doc_id)
        for layer, read, wrong in _counts(article, schema, where):
            before = totals.get(layer, (0, 0))
            totals[layer] = before[0] + read, before[1] + wrong
    rates = [Rate(layer, *of, *_interval(*of)) for layer in schema.layers if (of := totals.get(layer)) and of[0]]
    about = (
        f"{len(seen):,} article{'s' * (len(seen) != 1)}, drawn with seed {value['seed']}, read by {value['reader']}."
    )
    return rates, f"{about} Intervals are 95%, by Wilson, and take records for independent."


def _counts(article: dict[str, Any], schema: Schema, where: str) -> Iterator[tuple[str, int, int]]:
    for layer, of in article.items():
        if layer == "doc_id":
            continue
        known = layer in schema.layers and isinstance(of, dict) and len(of) == 2
        read, wrong = (of.get("read"), of.get("wrong")) if known else (None, None)
        if type(read) is not int or type(wrong) is not int:
            raise CorpusError(f"{where}: write LAYER = {{read = 12, wrong = 1}}, not {layer} = {of!r}")
        if not 0 <= wrong <= read:
            raise CorpusError(f"{where}: {layer} has {wrong} wrong records of {read}")
        yield layer, read, wrong


def _interval(read: int, wrong: int) -> tuple[float, float]:
    """Return the 95% interval of a share (Wilson 1927, "Probable inference", without continuity correction)."""
    share, z = wrong / read, 1.959963984540054
    middle = (share + z * z / (2 * read)) / (1 + z * z / read)
    half = z / (1 + z * z / read) * sqrt(share * (1 - share) / read + z * z / (4 * read * read))
    return max(0.0, middle - half), min(1.0, middle + half)
