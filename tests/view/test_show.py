"""`corpus show` prints every record of a document, whatever the schema holds, and no text that is withheld."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, run, span

from corpus.core.schema import Schema
from corpus.view import as_text, load_document

SCHEMA = Schema.read(REPOSITORY)
AS_GOOD = (
    {"layer": "quotes", "record": "q1", "field": "medium", "value": "unspecified"},
    {"layer": "quotes", "record": "q1", "field": "cue", "spans": []},
    {"layer": "mentions", "record": "m2", "note": "she may be another"},
    {"layer": "mentions", "spans": [span(TEXT, "Mayor")]},
)
SHOWN = """\
alpha
alpha · gold · train

Mayor [Åsa Lindqvist|m1] spoke 😀.
“[The bridge is safe,|q1]” [she|m2] [said|q1.cue].


Entities: 1
  e1  PER · name Åsa Lindqvist

Mentions: 2
  m1  spans “Åsa Lindqvist” 6–19 · NAM · entity Åsa Lindqvist (e1)
  m2  spans “she” 51–54 · PRO · entity Åsa Lindqvist (e1)

Quotes: 1
  q1  content “The bridge is safe,” 30–49 · cue “said” 55–59 · source “she” 51–54 (m2) · speaker Åsa Lindqvist (e1) · \
direct · speech · anaphoric · named · asserted · continues_paragraph no

Non-quotes: not annotated

Stances: not annotated
"""


def test_an_article_is_shown_with_brackets_and_its_records(corpus: Corpus) -> None:
    ran = corpus.run("show", "alpha")
    assert (ran.code, ran.out) == (0, SHOWN)
    assert corpus.run("show", "alpha", "ann-a").out == SHOWN.replace("gold", "ann-a")


def test_layers_are_chosen(corpus: Corpus) -> None:
    shown = corpus.run("show", "alpha", "--layer", "mentions").out
    assert "[she|m2] said." in shown
    assert "q1" not in shown
    ran = corpus.run("show", "alpha", "--layer", "mention")
    assert (ran.code, "there is no layer mention" in ran.err) == (2, True)


def test_spans_that_cross_and_pieces_can_be_told_apart(corpus: Corpus) -> None:
    value = annotation("alpha")
    first, second, cue = span(TEXT, "Åsa Lindqvist"), span(TEXT, "The bridge is safe,"), span(TEXT, "Lindqvist spoke")
    value["quotes"][0] |= {"content": [first, second], "cue": [cue], "type": "indirect", "continues_paragraph": True}
    corpus.write("annotations/gold/alpha.json", value)
    shown = corpus.run("show", "alpha", "--layer", "quotes").out
    assert "Mayor [Åsa [Lindqvist|q1:1/2] spoke|q1.cue] 😀.\n“[The bridge is safe,|q1:2/2]” she" in shown


@pytest.mark.parametrize("layers", [(), ("mentions",), ("quotes", "nonquotes")])
def test_the_text_is_whole_between_the_brackets(layers: tuple[str, ...]) -> None:
    for path in sorted((REPOSITORY / "raw").glob("*.txt"))[::7]:
        document = load_document(REPOSITORY, SCHEMA, path.stem)
        lines = list(as_text(document, SCHEMA, layers))
        text = path.read_text("utf-8")
        marked = "\n".join(lines[3 : 3 + len(text.split("\n"))])
        plain = re.sub(r"\|[\w.:/-]+\]", "", marked).replace("[", "")
        assert plain == text.replace("[", "").replace("\u00a0", "⍽").replace("\u200d", "<U+200D>")


def test_every_record_of_every_layer_is_shown() -> None:
    document = load_document(REPOSITORY, SCHEMA, "tram-crash-meridian")
    shown = "\n".join(as_text(document, SCHEMA))
    for layer in SCHEMA.layers:
        assert all(f"\n  {record['id']}  " in shown for record in document.layer(layer))


def test_readings_that_are_as_good_are_below_their_records(corpus: Corpus) -> None:
    value = annotation("alpha") | {"schema_version": "1.1", "provenance": {"alternatives": AS_GOOD}}
    corpus.write("annotations/gold/alpha.json", value)
    ran = corpus.run("show", "alpha")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert [one for one in lines if "as good" in one] == [
        "    as good: left out (she may be another)",
        "  as good, another record: “Mayor” 0–5",
        "    as good: medium unspecified",
        "    as good: cue none",
    ]
    assert lines[lines.index("    as good: left out (she may be another)") - 1].startswith("  m2 ")


def test_a_layer_that_nobody_planned_is_shown(corpus: Corpus) -> None:
    path = "schema/annotation.schema.json"
    schema = corpus.read(path)
    spans, entity = {"$ref": "#/$defs/spans"}, {"type": "string", "refersTo": "entities"}
    fields = {"id": {"$ref": "#/$defs/id"}, "where": spans, "owner": entity, "size": {"type": "number"}}
    for name in ("where", "owner", "size"):
        fields[name] = {**fields[name], "title": name.capitalize(), "description": "A field."}
    items = {"type": "object", "additionalProperties": False, "required": ["id", "where"], "properties": fields}
    schema["properties"]["boats"] = {"title": "Boats", "description": "Boats.", "type": "array", "items": items}
    corpus.write(path, schema)
    boat = {"id": "b1", "where": [span(TEXT, "bridge")], "owner": "e1", "size": 2.5}
    value = annotation("alpha", layers_done=["entities", "mentions", "quotes", "boats"], boats=[boat])
    corpus.write("annotations/gold/alpha.json", value)
    shown = corpus.run("show", "alpha", "--layer", "boats").out
    assert "The [bridge|b1] is safe" in shown
    assert "Boats: 1\n  b1  where “bridge” 34–40 · owner Åsa Lindqvist (e1) · size 2.5\n" in shown


def test_a_withheld_text_is_not_shown(corpus: Corpus) -> None:
    value = annotation("alpha")
    for one in (*value["mentions"], *value["quotes"]):
        for part in ("spans", "content", "cue"):
            for each in one.get(part, ()):
                del each["text"]
    value["entities"][0]["name"] = "the mayor"
    record = corpus.read("raw/alpha.json") | {"redistribution": "offsets_only"}
    corpus.write("raw/alpha.json", record)
    corpus.write("annotations/gold/alpha.json", value)
    (corpus.root / "raw/alpha.txt").unlink()
    shown = corpus.run("show", "alpha").out
    assert "The text is withheld" in shown
    assert "content 30–49 · cue 55–59" in shown
    copy = corpus.write("copy.txt", TEXT)
    assert corpus.run("attach", "alpha", "--text", str(copy)).code == 0
    assert corpus.run("show", "alpha").out == shown
    assert "“[The bridge is safe,|q1]”" in corpus.run("show", "alpha", "--with-attached").out


def test_control_characters_do_not_reach_the_terminal(corpus: Corpus) -> None:
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"title": "a\u001b[31mb\u202e"})
    assert corpus.run("show", "alpha").out.startswith("a<U+001B>[31mb<U+202E>\n")


def test_colours_leave_the_words_as_they_are(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    document = load_document(corpus.root, SCHEMA, "alpha")
    coloured = "\n".join(as_text(document, SCHEMA, coloured=True)) + "\n"
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == SHOWN


def test_an_annotation_with_errors_in_its_structure_is_refused(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["end"] = 5000
    corpus.write("annotations/gold/alpha.json", value)
    ran = corpus.run("show", "alpha")
    assert (ran.code, ran.out) == (2, "")
    assert "annotations/gold/alpha.json" in ran.err
    assert "P304" in ran.err
    assert corpus.run("show", "alpha", "ann-a").code == 0
    corpus.write("annotations/gold/alpha.json", b"{")
    assert "F103" in corpus.run("show", "alpha").err


def test_what_is_missing_is_named(corpus: Corpus, tmp_path: Path) -> None:
    assert "there is no article gamma in raw/" in corpus.run("show", "gamma").err
    assert "alpha has no annotation of ann-b: name one of ann-a, gold" in corpus.run("show", "alpha", "ann-b").err
    corpus.add("bare", TEXT.replace("safe", "old"), annotators=())
    assert "bare has no annotation" in corpus.run("show", "bare", "ann-a").err
    bare = corpus.run("show", "bare")
    assert (bare.code, bare.out.count("not annotated"), "The bridge is old," in bare.out) == (0, 5, True)
    corpus.add("one", TEXT.replace("safe", "red"), annotators=("ann-a",))
    assert "one · ann-a" in corpus.run("show", "one").out
    assert run("--root", str(tmp_path / "nowhere"), "show", "alpha").code == 2
