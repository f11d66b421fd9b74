"""Hostile values: a field of any type and a number of any size is found by the schema and the checks."""

from __future__ import annotations

import pytest
from support.corpora import TEXT, Corpus, record
from support.hostile import (
    GOLD,
    ZULU,
    Damage,
    article,
    assert_found_and_kept,
    both,
    bulk,
    change,
    first_span,
    replace,
    with_zulu,
    write,
)

WRONG_EVERYWHERE = {
    "doc_id": 1,
    "title": [],
    "language": {},
    "license": None,
    "redistribution": 3.5,
    "text_sha256": [1],
    "length": "12",
    "split": {"a": []},
    "story": False,
    "topics": "x",
    "published": 2026,
}

HOSTILE: dict[str, tuple[Damage, set[str]]] = {
    "offset in a string": (first_span(start="6"), {f"S201 {GOLD}"}),
    "offset 6.0": (first_span(start=6.0), {f"S206 {GOLD}"}),
    "offset 6e0": (replace(GOLD, '"start": 6', '"start": 6e0'), {f"S206 {GOLD}"}),
    "offset 1e3": (replace(GOLD, '"end": 19', '"end": 1e3'), {f"S206 {GOLD}", f"P304 {GOLD}"}),
    "offset 6.5": (first_span(start=6.5), {f"S201 {GOLD}"}),
    "offset true": (first_span(start=True), {f"S201 {GOLD}"}),
    "offset null": (first_span(start=None), {f"S201 {GOLD}"}),
    "negative offset": (first_span(start=-3), {f"P304 {GOLD}"}),
    "huge offset": (first_span(end=2**70), {f"F120 {GOLD}"}),
    "huge negative offset": (first_span(start=-(2**70)), {f"F120 {GOLD}"}),
    "offset of 400 digits": (replace(GOLD, '"end": 19', f'"end": 1{"0" * 400}'), {f"F103 {GOLD}"}),
    "offset 1e400": (replace(GOLD, '"end": 19', '"end": 1e400'), {f"F103 {GOLD}"}),
    "offset NaN": (replace(GOLD, '"end": 19', '"end": NaN'), {f"F103 {GOLD}"}),
    "length in a string": (change("raw/alpha.json", length="12"), {"S201 raw/alpha.json"}),
    "huge length": (change("raw/alpha.json", length=2**70), {"F120 raw/alpha.json"}),
    "large offset": (first_span(end=2**62), {f"P304 {GOLD}"}),
    "negative length": (change("raw/alpha.json", length=-1), {"S205 raw/alpha.json"}),
    "record is a list": (write("raw/alpha.json", "[]"), {"S201 raw/alpha.json"}),
    "record is a number": (write("raw/alpha.json", "1e3"), {"S201 raw/alpha.json"}),
    "record is a string": (write("raw/alpha.json", '"alpha"'), {"S201 raw/alpha.json"}),
    "record is null": (write("raw/alpha.json", "null"), {"S201 raw/alpha.json"}),
    "fields_done is a list": (change(GOLD, schema_version="1.1", fields_done=["quotes"]), {f"S201 {GOLD}"}),
    "fields_done is null": (change(GOLD, schema_version="1.1", fields_done=None), {f"S201 {GOLD}"}),
    "fields of a layer are a string": (
        change(GOLD, schema_version="1.1", fields_done={"quotes": "content"}),
        {f"S201 {GOLD}"},
    ),
    "fields of a layer are an object": (
        change(GOLD, schema_version="1.1", fields_done={"quotes": {"content": 1}}),
        {f"S201 {GOLD}"},
    ),
    "a field that is done is a list": (
        change(GOLD, schema_version="1.1", fields_done={"mentions": ["form", "entity", ["spans"]]}),
        {f"S201 {GOLD}"},
    ),
    "a field that is done is there twice": (
        change(GOLD, schema_version="1.1", fields_done={"mentions": ["form", "form", "entity"]}),
        {f"S205 {GOLD}"},
    ),
    "fields of a layer with a hostile name": (
        change(GOLD, schema_version="1.1", fields_done={"../\ud7ff\n": [""], "x" * 10000: [], "quotes": ["y" * 10000]}),
        {f"S210 {GOLD}", f"S211 {GOLD}"},
    ),
    "annotation is a list": (write(GOLD, "[{}]"), {f"S201 {GOLD}"}),
    "annotation is a number": (write(GOLD, "12"), {f"S201 {GOLD}"}),
    "annotation is a string": (write(GOLD, '"x"'), {f"S201 {GOLD}"}),
    "annotation is null": (write(GOLD, "null"), {f"S201 {GOLD}"}),
    "annotation is false": (write(GOLD, "false"), {f"S201 {GOLD}"}),
    "wrong types everywhere": (
        lambda c: c.write("raw/alpha.json", WRONG_EVERYWHERE),
        {"S201 raw/alpha.json", "S204 raw/alpha.json"},
    ),
    "layers of wrong types": (
        change(GOLD, entities={}, mentions="x", quotes=[1, None, [], "q"], layers_done=7, provenance=[], stances=0),
        {f"S201 {GOLD}"},
    ),
    "spans of wrong types": (
        change(GOLD, mentions=[{"id": 1, "spans": {"start": 1}, "form": [], "entity": {}}]),
        {f"S201 {GOLD}", f"S204 {GOLD}"},
    ),
    "text in a record's own file": (change("raw/alpha.json", text=TEXT), {"S203 raw/alpha.json"}),
    "text in a record's own file and no other": (
        both(change("raw/alpha.json", text=TEXT), lambda c: (c.root / "raw/alpha.txt").unlink()),
        {"F115 raw/alpha.json"},
    ),
    "text in bulk and in a file": (
        both(bulk("raw/b.jsonl", article("delta")), write("raw/delta.txt", TEXT)),
        {"S203 raw/b.jsonl"},
    ),
}


@pytest.fixture
def corpus(corpus: Corpus) -> Corpus:
    """Two valid articles, and `zulu`."""
    return with_zulu(corpus)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(corpus: Corpus, name: str) -> None:
    assert_found_and_kept(corpus, *HOSTILE[name])


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c.write("raw/w.json", record("w", redistribution="offsets_only", length=2**70)),
        change(GOLD, provenance={"lead_time": 2**70}),
    ],
)
def test_numbers_that_no_column_holds_are_found(corpus: Corpus, damage: Damage) -> None:
    damage(corpus)
    assert corpus.codes() > ZULU
    assert corpus.run("build").code == 1
