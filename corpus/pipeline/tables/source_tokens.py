"""The tokens and sentences of the files that a corpus was imported from, as columns of the config `entities`.

A release has tokens of its own, which are the same for every corpus. Published scores count those of the source, so a
schema may have a layer `sentences` with a field of spans `tokens`, which imports fill and these columns offer.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...columns.keys import Mask
from ...core.source_tokens import SENTENCES
from ...core.tokens import Ints, Tokens
from .rows import Rows

COLUMNS = (
    ("source_tokens", pa.string()),
    ("source_token_starts", pa.int64()),
    ("source_ner_tags", pa.string()),
    ("source_sentences", pa.int64()),
)
"""The tokens, where they begin, their tags, and the number in the article of the sentence of each, from 0."""


class SourceTokens:
    """The tokens of the source of some articles, in columns; starts and ends count in the joined texts."""

    def __init__(self, rows: Rows, chosen: Mask) -> None:
        texts, records = rows.texts, rows.layer(SENTENCES)
        own = rows.columns.gold[records.annotation] & chosen[records.document]
        # Sentences are numbered in the order of the text.
        start, end = records.first("spans")
        order = np.lexsort((end, start, records.document, ~own))
        order = order[: int(own.sum())]
        document = records.document[order]
        number = np.zeros(len(records), np.int64)
        number[order] = np.arange(len(order)) - np.searchsorted(document, document)
        spans = records.spans("tokens")
        of_own = np.flatnonzero(own[spans.record])
        begins = texts.begins[spans.document[of_own]]
        starts, ends, numbers = spans.start[of_own] + begins, spans.end[of_own] + begins, number[spans.record[of_own]]
        order = np.lexsort((numbers, ends, starts))
        starts, ends = starts[order], ends[order]
        self.tokens = Tokens(starts, ends, texts.strings(starts, ends), texts.begins)
        self.numbers: Ints = numbers[order]


def bounds_of(starts: Ints, row_starts: Ints, article_of: Ints) -> Ints:
    """Return where the tokens of each row begin, and the end of the last row.

    A token belongs to the last row that begins before it or with it, and a token before the first row of its article
    to that first row: `article_of` has the begin of the article of each row.
    """
    first = np.ones(len(row_starts), bool)
    first[1:] = article_of[1:] != article_of[:-1]
    begins = np.where(first, article_of, row_starts)
    return np.append(np.searchsorted(starts, begins), len(starts))
