"""Checks of chains and mentions: what each finds, and what looks like it and is right."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest
from support.corpora import REPOSITORY

from corpus import checks
from corpus.core.model import GOLD, Annotation, Article, Document, Record, Source
from corpus.core.schema import Schema

SCHEMA = Schema.read(REPOSITORY)
PER = "PER Mira Halloran; PER Ivo Marr"


def codes(text: str, entities: str, mentions: str, language: str = "en", **more: object) -> set[str]:
    """The codes of the findings in an annotation; entities are `type name`; each mention is
    `words/FORM/entity`, in the order of the text."""
    records: list[Record] = []
    at: dict[str, int] = {}
    for i, one in enumerate(filter(None, mentions.split(" | "))):
        words, form, entity = one.rsplit("/", 2)
        start = text.index(words, at.get(words, 0))
        at[words] = start + 1
        span = {"start": start, "end": start + len(words), "text": words}
        records.append({"id": f"m{i}", "spans": [span], "entity": entity} | ({"form": form} if form else {}))
    checksum = sha256(text.encode()).hexdigest()
    value = {"doc_id": "a", "schema_version": "1.1", "text_sha256": checksum, "annotator": GOLD, **more}
    value |= {"layers_done": ["entities", "mentions"], "mentions": records}
    named = [one.partition(" ") for one in entities.split("; ")]
    value["entities"] = [{"id": f"e{i}", "type": type_, "name": name} for i, (type_, _, name) in enumerate(named, 1)]
    record = {"doc_id": "a", "language": language, "text_sha256": checksum, "length": len(text), "title": None}
    record |= {"license": "CC0-1.0", "redistribution": "full", "split": "train"}
    article = Article("a", record, text, (Source("raw/a.json", "record", value=record),))
    source = Source("annotations/gold/a.json", "annotation", value=value)
    document = Document("a", article, Annotation(GOLD, value, source))
    return {problem.code for problem in checks.run(document, SCHEMA, set())}


@pytest.mark.parametrize(
    ("code", "text", "entities", "mentions"),
    [
        (
            "E510",
            "Dunfold won. dunfold!",
            "LOC Dunfold; LOC dunfold",
            "Dunfold/NAM/e1 | dunfold/NAM/e2",
        ),
        (
            "E510",
            "KBC met. KBC left.",
            "ORG KBC; ORG Kellbridge Council",
            "KBC/NAM/e1 | KBC/NAM/e2",
        ),
        ("E511", "Dunfold said she won.", "GPE Dunfold", "Dunfold/NAM/e1 | she/PRO/e1"),
        ("E511", "Mira Halloran lost it when she left.", PER, "Mira Halloran/NAM/e1 | it/PRO/e1 | she/PRO/e1"),
        ("E511", "Dunfold won. [She laughs.]", "GPE Dunfold", "Dunfold/NAM/e1 | She/PRO/e1"),
        ("E512", "Mira Halloran and his dog. She left.", PER, "Mira Halloran/NAM/e1 | his/PRO/e1 | She/PRO/e1"),
        ("E513", "Mira Halloran met us.", PER, "Mira Halloran/NAM/e1 | us/NOM/e2"),
        ("E513", "Later, Ivo Marr left.", PER, "Ivo Marr/PRO/e2"),
        ("E513", "She took the tram.", PER, "She/PRO/e1 | the tram/PRO/e2"),
        ("E514", "Ivo Marr came. Ivo Marr left.", PER, "Ivo Marr/NAM/e2"),
        ("E515", "Ivo Marr came.", "PER Iva Marr", "Ivo Marr/NAM/e1"),
        ("E515", "@sea_lion came.", "PER @sealion", "@sea_lion/NAM/e1"),
        ("E516", "Ivo Mаrr came.", "PER Ivo Mаrr", "Ivo Mаrr/NAM/e1"),
        ("E517", "Ivo Marr. He left.", PER, "Ivo Marr./NAM/e2"),
        ("E517", "The “dry mile” is long.", "LOC dry mile", "“dry mile/NAM/e1"),
        ("E517", "Marr (the firm) left.", "ORG Marr", "Marr (the firm/NAM/e1 | (the firm/NOM/e1"),
        ("E518", "Ivo Marr’s plan failed.", PER, "Ivo Marr’s/NAM/e2"),
        ("E518", "Ivo Marr’s dog.", "PER Ivo Marr; OTHER Ivo Marr’s dog", "Ivo Marr’s/NAM/e1 | Ivo Marr’s dog/NOM/e2"),
        ("E519", "Mira Halloran met Ivo Marr.", PER, "Mira Halloran/NAM/e1 | Ivo Marr/NAM/e1"),
        ("E519", "Mira Marr met Ivo Marr.", PER, "Mira Marr/NAM/e2 | Ivo Marr/NAM/e2"),
    ],
)
def test_found(code: str, text: str, entities: str, mentions: str) -> None:
    assert code in codes(text, entities, mentions)


@pytest.mark.parametrize(
    ("text", "entities", "mentions"),
    [
        # One family name, and a capital that stands for its country.
        (
            "Mira Marr. Ivo Marr. Marr spoke, Marr wept.",
            "PER Mira Marr; PER Ivo Marr",
            "Mira Marr/NAM/e1 | Ivo Marr/NAM/e2 | Marr/NAM/e1 | Marr/NAM/e2 | Marr/NAM/e1 | Marr/NAM/e2",
        ),
        (
            "Ossel. To Dunfold. Dunfold denied it.",
            "GPE Dunfold; GPE Ossel",
            "Ossel/NAM/e2 | Dunfold/NAM/e1 | Dunfold/NAM/e2",
        ),
        # Pronouns of groups, ships and animals, and abbreviations that look like pronouns.
        ("Ivo Marr of St Jude’s", "PER Ivo Marr; FAC St Jude’s", "Ivo Marr of St Jude’s/NAM/e1 | St Jude’s/NAM/e2"),
        ("The family lost its home.", "PER the family", "The family/NOM/e1 | its/PRO/e1"),
        ("The Mira sank; she was old.", "PRODUCT Mira", "Mira/NAM/e1 | she/PRO/e1"),
        ("The WHO and the US met IT firms.", "ORG WHO; GPE US", "WHO/NAM/e1 | US/NAM/e2"),
        ("He read It by King.", "WORK It", "It/NAM/e1"),
        ("Many came. Such others, too.", "PER many", "Many/PRO/e1 | others/PRO/e1"),
        # Names: an occurrence in small letters, an article, composed letters, apostrophes, titles, initials.
        ("Will Hunt left. Will will leave. Will it rain?", "PER Will Hunt", "Will Hunt/NAM/e1 | Will/NAM/e1"),
        ("The Ossel Alliance won.", "ORG the Ossel Alliance", "Ossel Alliance/NAM/e1"),
        ("Zoe\u0308 O’Hara ran.", "PER Zoë O'Hara", "Zoe\u0308 O’Hara/NAM/e1"),
        ("Ivo Marr, President Marr, I. Marr.", PER, "Ivo Marr/NAM/e2 | President Marr/NAM/e2 | I. Marr/NAM/e2"),
        ("Ivo Marr. The engineer Marr, of Mill Lane.", PER, "Ivo Marr/NAM/e2 | The engineer Marr, of Mill Lane/NAM/e2"),
        ("Kim Jong-un and Kim Jung-un.", "PER Kim Jong-un", "Kim Jong-un/NAM/e1 | Kim Jung-un/NAM/e1"),
        # Edges: abbreviations, marks in pairs, a name with a mark of its own, a name in 's.
        ("Brandle Corp. sued the U.S. today.", "ORG Brandle Corp.; GPE U.S.", "Brandle Corp./NAM/e1 | U.S./NAM/e2"),
        ("We saw “Narrow Water” (2020) there.", "WORK “Narrow Water” (2020)", "“Narrow Water” (2020)/NAM/e1"),
        ("Yahoo! closed. ’Tis Ltd.", "ORG Yahoo!; ORG ’Tis Ltd.", "Yahoo!/NAM/e1 | ’Tis Ltd./NAM/e2"),
        ("St Bride’s closed.", "ORG St Bride's", "St Bride’s/NAM/e1"),
    ],
)
def test_right(text: str, entities: str, mentions: str) -> None:
    assert {code for code in codes(text, entities, mentions) if re.match("E51", code)} == set()


def test_an_unknown_language_has_no_pronouns() -> None:
    text, mentions = "Mira Halloran met us and her.", "Mira Halloran/NAM/e1 | us/NOM/e2 | her/NAM/e2"
    assert "E513" in codes(text, PER, mentions)
    assert "E513" not in codes(text, PER, mentions, "fr")


def test_a_form_that_was_not_annotated_is_not_wrong() -> None:
    done = {"mentions": ["spans", "entity"]}
    found = codes("Ivo Marr met us. Ivo Marr left.", PER, "Ivo Marr//e2 | us//e1", fields_done=done)
    assert found & {"E513", "E514", "E515", "E519"} == set()
