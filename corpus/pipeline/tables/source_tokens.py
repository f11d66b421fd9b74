"""The tokens and sentences of the files that a corpus was imported from, as columns of the config `entities`.

A release has tokens of its own, which are the same for every corpus. Published scores count those of the source, so a
schema may have a layer `sentences` with a field of spans `tokens`, which imports fill and these columns offer.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...core.done import layer_done
from ...core.model import Record
from ...core.source_tokens import SENTENCES
from ...core.tokens import Ints, Tokens
from .rows import Row

COLUMNS = (
    ("source_tokens", pa.string()),
    ("source_token_starts", pa.int64()),
    ("source_ner_tags", pa.string()),
    ("source_sentences", pa.int64()),
)
"""The tokens, where they begin, their tags, and the number in the article of the sentence of each, from 0."""


def source_sentences(row: Row) -> list[Record] | None:
    """Return the sentences of the source in the order of the text; None if the gold annotation has none."""
    if row.gold is None or not layer_done(row.gold.value, SENTENCES):
        return None
    return sorted(row.gold.layer(SENTENCES), key=lambda one: (one["spans"][0]["start"], one["spans"][-1]["end"]))


class SourceTokens:
    """The tokens of the source of several articles, in columns; starts and ends count in the joined texts."""

    def __init__(self, rows: list[Row], begins: list[int]) -> None:
        sentences = [source_sentences(row) for row in rows]
        numbered = [
            (begin + token["start"], begin + token["end"], number, row.text or "", begin)
            for row, begin, some in zip(rows, begins, sentences, strict=False)
            for number, one in enumerate(some or ())
            for token in one.get("tokens", ())
        ]
        numbered.sort(key=lambda item: item[:2])
        starts, ends, numbers = (np.array([item[i] for item in numbered], np.int64) for i in range(3))
        words = [text[start - begin : end - begin] for start, end, _, text, begin in numbered]
        self.tokens = Tokens(starts, ends, pa.array(words, pa.string()), np.array(begins, np.int64))
        self.numbers: Ints = numbers
        self.known = [some is not None for some in sentences]
        """For each article, True if its gold annotation has the sentences of the source."""


def bounds_of(starts: Ints, row_starts: Ints, article_of: Ints) -> Ints:
    """Return where the tokens of each row begin, and the end of the last row.

    A token belongs to the last row that begins before it or with it, and a token before the first row of its article
    to that first row: `article_of` has the begin of the article of each row.
    """
    first = np.ones(len(row_starts), bool)
    first[1:] = article_of[1:] != article_of[:-1]
    begins = np.where(first, article_of, row_starts)
    return np.append(np.searchsorted(starts, begins), len(starts))
