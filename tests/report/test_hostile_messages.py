"""Escapes in a corpus reach no terminal: every message that quotes them is printable."""

from __future__ import annotations

import pytest
from support.corpora import Corpus, annotation, record, span
from support.hostile import (
    GOLD,
    with_zulu,
)


@pytest.fixture
def corpus(corpus: Corpus) -> Corpus:
    """Two valid articles, and `zulu`."""
    return with_zulu(corpus)


def test_messages_obey_nothing(corpus: Corpus) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u2066\x9b31m\r\n::error::\u2028"
    value = corpus.read(GOLD)
    value["entities"][0]["type"] = evil
    value[evil] = 1
    value["layers_done"].append(evil)
    corpus.write(GOLD, value)
    corpus.write("raw/beta.json", {**record("beta"), "doc_id": evil, "length": evil})
    corpus.write("annotations/gold/beta.json", '{"\\u001b[31m": 1, "\\u001b[31m": 2}')
    unseen = "\u202egnp.exe\u2066\u2028\u200b"
    text = f"{unseen} “Äh {unseen}”, said she, Åsa Lindqvist."
    corpus.write("raw/yankee.json", record("yankee", text))
    corpus.write("raw/yankee.txt", text)
    wrong = annotation("yankee", text)
    wrong["mentions"][1]["spans"] = [{**span(text, unseen), "text": unseen + evil}]
    corpus.write("annotations/gold/yankee.json", wrong)
    shown = corpus.run("validate")
    assert shown.code == 1
    for line in shown.out.splitlines():
        assert line.replace("\u202d", "").replace("\u202c", "").isprintable()
    for code in ("S203", "S204", "S208", "F105", "P307"):
        assert code in shown.out
    assert "<U+202E>" in shown.out
    assert not any(line.startswith("::error") for line in shown.out.splitlines())
    formatted = corpus.run("fmt")
    assert formatted.out.replace("\n", "").isprintable()
    refused = corpus.run("validate", str(corpus.root / "\x1b[31m"))
    assert refused.code == 2
    assert refused.err[:-1].isprintable()
