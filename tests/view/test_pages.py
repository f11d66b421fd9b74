"""The site of `corpus view`: every article whole, every record at its address, every difference, nothing withheld."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from support.copies import copy_few, originals, read
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, run, span
from support.pages import PageText, read_page

from corpus.core.schema import Schema
from corpus.view import load_document
from corpus.view.article import article_html
from corpus.view.load import read_article
from corpus.view.roles import roles_of
from corpus.view.site import Choice, article_pages

SCHEMA = Schema.read(REPOSITORY)
GOLD = sorted((REPOSITORY / "annotations/gold").glob("*.json"))
SEED = "000_1a148ceac667d117"
LARGEST = 30 * 1024
"""The bytes that an article of up to 2,500 code points needs beside what all share."""
LARGEST_OF_ONE = 13
"""The bytes for each code point of a longer article."""
SHARED = 15 * 1024
CPU = 0.02
"""The seconds of a processor that a page takes, with the checks of its annotation."""
HOSTILE = "</script><script>alert(1)</script>&<!--"


def shown(corpus: Corpus, *options: str, page: str = "annotations/gold/alpha.html") -> PageText:
    """A page of the site of a small corpus."""
    out = corpus.root / "out"
    ran = corpus.run("view", "--out", str(out), *options)
    assert ran.code == 0, ran.err
    return read_page(out / page)


def pages(site: Path) -> list[Path]:
    return sorted(site.glob("annotations/gold/*.html"))


class Outline(NamedTuple):
    """What several tests look at in every page: its paragraphs by their offsets, its ids and its links."""

    paragraphs: dict[int, str]
    ids: list[str]
    links: list[str]


@pytest.fixture(scope="module")
def outlines(site: Path) -> dict[Path, Outline]:
    """Every page of the site, parsed once."""
    found = {}
    for path in site.rglob("*.html"):
        page = read_page(path)
        found[path] = Outline({one.offset: one.text for one in page.paragraphs}, page.ids, page.links)
    return found


def test_the_text_of_every_article_is_whole(site: Path, outlines: dict[Path, Outline]) -> None:
    assert [path.stem for path in pages(site)] == [path.stem for path in GOLD]
    for path in pages(site):
        if not (REPOSITORY / "raw" / f"{path.stem}.txt").exists():
            assert path.stem == SEED or path.stem.startswith("GUM_")
            continue
        text = (REPOSITORY / "raw" / f"{path.stem}.txt").read_bytes().decode()
        at, lines = 0, {}
        for line in text.split("\n"):
            lines |= {at: line} if line else {}
            at += len(line) + 1
        assert outlines[path].paragraphs == lines


def test_every_mark_covers_its_spans(site: Path) -> None:
    shapes = {"quotes": ("content", "q"), "mentions": ("spans", "m"), "nonquotes": ("spans", "p")}
    shown = [path for path in pages(site) if (REPOSITORY / "raw" / f"{path.stem}.txt").exists()]
    for path in shown[::6]:
        page, value = read_page(path), json.loads((REPOSITORY / f"annotations/gold/{path.stem}.json").read_bytes())
        text = (REPOSITORY / "raw" / f"{path.stem}.txt").read_bytes().decode()
        for layer, (field, shape) in shapes.items():
            for record in value[layer]:
                wanted = {at for one in record[field] for at in range(one["start"], one["end"]) if text[at] != "\n"}
                assert page.places(record["id"], shape) == wanted, record
        for record in value["quotes"]:
            cue = {at for one in record["cue"] for at in range(one["start"], one["end"])}
            assert page.places(record["id"], "x") == cue, record


def test_every_record_is_on_the_page_under_its_id_and_no_id_twice(site: Path, outlines: dict[Path, Outline]) -> None:
    for path in pages(site):
        page, value = outlines[path], json.loads((REPOSITORY / f"annotations/gold/{path.stem}.json").read_bytes())
        assert len(page.ids) == len(set(page.ids))
        assert {one["id"] for layer in SCHEMA.layers for one in value[layer]} <= set(page.ids)


def test_every_link_leads_to_an_address_that_exists(outlines: dict[Path, Outline]) -> None:
    known = {path: set(page.ids) for path, page in outlines.items()}
    for path, page in outlines.items():
        for link in page.links:
            target, _, fragment = link.partition("#")
            assert not re.match(r"[a-z]+:|//", link), link
            there = Path(os.path.normpath(path.parent / target)) if target else path
            assert there.is_file(), f"{path}: {link}"
            assert not fragment or unquote(fragment) in known[there], f"{path}: {link}"


def test_a_quote_is_told_with_all_that_belongs_to_it(site: Path) -> None:
    words = read_page(site / "annotations/gold/league-race-courier.html").shown
    words = re.sub(r"\s+", " ", words)
    assert (
        "11 Garrick Thole indirect hypothetical cue “tell” · source “he” · addressee Garrick Thole's friends" in words
    )
    assert "2 pieces · q2 254–309, 322–374" in words
    assert "12 Garrick Thole mixed cue “says” · source “he” · unspecified · anaphoric · named · 2 pieces ·" in words
    assert "stance of Garrick Thole against speaker · Road signs in Upper Ossel should show the Vellish place" in words


def test_readings_that_are_as_good_are_at_their_records(corpus: Corpus) -> None:
    """A mention, which has no card beside the text, is in a list; what could be another record is below the article."""
    good = [
        {"layer": "quotes", "record": "q1", "field": "type", "value": "mixed", "note": "<b>or</b> not"},
        {"layer": "mentions", "record": "m2", "field": "form", "value": "NOM"},
        {"layer": "entities", "record": "e1", "field": "type", "value": "ORG"},
        {"layer": "mentions", "spans": [span(TEXT, "Mayor")]},
    ]
    value = annotation("alpha") | {"schema_version": "1.1", "provenance": {"alternatives": good}}
    corpus.write("annotations/gold/alpha.json", value)
    words = re.sub(r"\s+", " ", shown(corpus, "alpha").shown)
    assert "q1 30–49 as good: type mixed (<b>or</b> not)" in words
    assert "PRO m2 51–54 as good: form NOM" in words
    assert "· as good: type ORG" in words
    assert "as good, another mention “Mayor” 0–5" in words
    assert "{'layer'" not in words


def test_as_many_differences_as_adjudication_finds_each_at_its_place(tmp_path: Path, site: Path) -> None:
    root = copy_few(tmp_path)
    chosen = [path.stem for path in (root / "annotations/ann-a").glob("*.json")]
    for number, pair in enumerate(("gold,ann-a", "gold,ann-b", "ann-a,ann-b"), 1):
        first, second = pair.split(",")
        to = f"to-{number}"
        assert run("--root", str(root), "adjudicate", "--from", pair, "--to", to).code in (0, 1)
        for doc_id in chosen:
            path = root / "adjudication" / to / f"{doc_id}.json"
            items = json.loads(path.read_bytes())["items"] if path.exists() else []
            page = read_page(site / f"annotations/gold/{doc_id}.html")
            cards = [one for one in page.ids if one.startswith(f"-d{number}.")]
            assert len(cards) == len(items), (first, second, doc_id)
            if pair == "gold,ann-a":
                for item in (one for one in items if one["layer"] == "mentions"):
                    record = item["a"] or item["b"]
                    start = min(one["start"] for one in record["spans"])
                    assert any(one.offset <= start <= one.offset + len(one.text) for one in page.paragraphs)


def test_the_same_input_gives_the_same_bytes(corpus: Corpus) -> None:
    before = {}
    for _ in range(2):
        shown(corpus, "--compare", "gold,ann-a")
        out = corpus.root / "out"
        files = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        assert files == before or not before
        before = files


def test_pages_are_small(site: Path, tmp_path: Path) -> None:
    shared = sum((site / "static" / name).stat().st_size for name in ("view.css", "view.js", "toggles.css"))
    assert shared <= SHARED
    lengths = {one: read(REPOSITORY / "raw" / f"{one}.json")["length"] for one in originals("annotations/gold")[::4]}
    assert run("--root", str(REPOSITORY), "view", *lengths, "--out", str(tmp_path / "plain")).code == 0
    sizes = {path.stem: path.stat().st_size for path in pages(tmp_path / "plain")}
    assert sizes.keys() == lengths.keys()
    longer = {one for one, length in lengths.items() if length > 2500}
    assert max(size for one, size in sizes.items() if one not in longer) <= LARGEST
    assert max(sizes[one] / lengths[one] for one in longer) <= LARGEST_OF_ONE


def test_a_page_takes_little_time() -> None:
    documents = read_article(REPOSITORY, "league-race-courier")

    def seconds() -> float:
        begun = time.process_time()
        ((address, page),) = article_pages(documents, SCHEMA, Choice()).pages
        article_html(page, address)
        return time.process_time() - begun

    assert min(seconds() for _ in range(5)) <= CPU


@pytest.mark.parametrize("where", ["title", "name", "text", "source"])
def test_hostile_words_are_shown_and_never_obeyed(corpus: Corpus, where: str) -> None:
    text = TEXT.replace("spoke", f"{HOSTILE} spoke") if where == "text" else TEXT
    value = annotation("alpha", text)
    if where == "name":
        value["entities"][0]["name"] = HOSTILE
        value["provenance"] = {"note": HOSTILE}
    corpus.add("alpha", text, **({where: HOSTILE} if where in ("title", "source") else {}))
    corpus.write("annotations/gold/alpha.json", value)
    page = shown(corpus)
    assert HOSTILE in page.shown or HOSTILE in "".join(one.text for one in page.paragraphs)
    assert [one.attributes.get("src") for one in page.elements if one.tag == "script"] == ["../../static/view.js"]
    html = corpus.root / "out.html"
    assert corpus.run("validate", "--format", f"html={html}").code in (0, 1)
    assert not [one for one in read_page(html).elements if one.tag == "script"]


def test_a_withheld_text_is_shown_only_if_it_is_attached_and_asked_for(corpus: Corpus) -> None:
    value = annotation("alpha")
    for one in (*value["mentions"], *value["quotes"]):
        for part in ("spans", "content", "cue"):
            for each in one.get(part, ()):
                del each["text"]
    value["entities"][0]["name"] = "the mayor"
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"redistribution": "offsets_only"})
    for name in ("gold", "ann-a"):
        corpus.write(f"annotations/{name}/alpha.json", value | {"annotator": name})
    (corpus.root / "raw/alpha.txt").unlink()
    assert corpus.run("attach", "alpha", "--text", str(corpus.write("copy.txt", TEXT))).code == 0
    # A finding whose message, words and fix would quote the text: the cue ends before its last letter.
    value["quotes"][0]["cue"][0]["end"] -= 1
    corpus.write("annotations/gold/alpha.json", value)
    corpus.run(
        "view",
        "--compare",
        "gold,ann-a",
        "--out",
        str(corpus.root / "out"),
        "--svg",
        str(corpus.root / "a.svg"),
        "alpha",
    )
    corpus.run("validate", "--format", f"html={corpus.root / 'out/report.html'}")
    for path in (*(corpus.root / "out").rglob("*.html"), corpus.root / "a.svg"):
        html = path.read_text("utf-8")
        assert not re.search(
            r"bridge|Lindqvist|spoke|\bsai?d?\b", re.sub(r"<section class=\"rule\".*", "", html, flags=re.S)
        ), path
    page = read_page(corpus.root / "out/annotations/gold/alpha.html")
    assert {"e1", "m1", "m2", "q1"} <= set(page.ids)
    assert "30–49" in page.shown
    page = shown(corpus, "--with-attached")
    assert "“The bridge is safe,” she said." in [one.text for one in page.paragraphs]


def test_a_schema_that_nobody_planned_draws_itself(tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "mine"), "--title", "Mine").code == 0
    corpus = Corpus(tmp_path / "mine")
    path = "schema/annotation.schema.json"
    schema = corpus.read(path)
    spans = {"$ref": "#/$defs/spans", "title": "Where", "description": "The words."}

    def layer(title: str, required: list[str], **fields: dict[str, Any]) -> dict[str, Any]:
        properties = {
            name: {"title": name.capitalize(), "description": "A field.", **of} for name, of in fields.items()
        }
        properties["id"] = {"$ref": "#/$defs/id"}
        items = {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", *required],
            "properties": properties,
        }
        return {"title": title, "description": title, "type": "array", "items": items}

    kind = {"oneOf": [{"const": name, "title": name, "description": name} for name in ("red", "blue")]}
    boat, sea = {"type": "string", "refersTo": "boats"}, {"type": ["string", "null"], "refersTo": "seas"}
    schema["properties"] |= {
        "boats": layer(
            "Boats", ["where"], where=spans, kind=kind, size={"type": "integer", "minimum": 0, "maximum": 3}
        ),
        "trips": layer(
            "Trips", ["where", "boat"], where=spans, how=spans, boat=boat, over=sea, safe={"type": "boolean"}
        ),
        "seas": layer("Seas", ["name"], name={"type": "string"}),
        "waves": layer("Waves", ["where", "sea"], where=spans, sea={"type": "string", "refersTo": "seas"}, kind=kind),
        "views": layer("Views", ["trip", "kind"], trip={"type": "string", "refersTo": "trips"}, kind=kind),
        "tags": layer("Tags", ["kind"], kind=kind),
        "sails": layer("Sails", ["where", "boat"], where=spans, boat=boat, torn={"type": "boolean"}),
    }
    corpus.write(path, schema)
    (document,) = (path.stem for path in (corpus.root / "raw").glob("*.txt"))
    text = (corpus.root / f"raw/{document}.txt").read_text("utf-8")
    one, two, three = (span(text, word) for word in text.split()[:3])
    name = next((corpus.root / "annotations").glob("gold/*.json")).relative_to(corpus.root).as_posix()
    value = corpus.read(name)
    value["layers_done"] += ["boats", "trips", "seas", "waves", "views", "tags", "sails"]
    value |= {
        "boats": [{"id": "b1", "where": [one], "kind": "red", "size": 2}],
        "trips": [{"id": "tr1", "where": [one, three], "how": [two], "boat": "b1", "over": "sea1", "safe": True}],
        "seas": [{"id": "sea1", "name": "Open <sea>"}],
        "waves": [{"id": "w1", "where": [two], "sea": "sea1", "kind": "blue"}],
        "views": [{"id": "v1", "trip": "tr1", "kind": "blue"}],
        "tags": [{"id": "g1", "kind": "red"}],
        "sails": [{"id": f"x{i}", "where": [at], "boat": "b1", "torn": True} for i, at in enumerate((two, three))],
    }
    corpus.write(name, value)
    kinds = {name: role.kind for name, role in roles_of(Schema.read(corpus.root)).items()}
    assert {name: kind for name, kind in kinds.items() if name in value["layers_done"][-7:]} == {
        "boats": "plain", "trips": "block", "seas": "owner", "waves": "member", "views": "about", "tags": "about",
        "sails": "member",
    }  # fmt: skip
    picture = corpus.root / "picture.svg"
    ran = corpus.run("view", document, "--out", str(corpus.root / "out"), "--svg", str(picture))
    assert ran.code == 0, ran.err
    assert "Open &lt;sea&gt;" in picture.read_text("utf-8")
    page = read_page(corpus.root / f"out/annotations/{Path(name).parent.name}/{document}.html")
    assert {"b1", "tr1", "sea1", "w1", "v1", "g1", "x0", "x1"} <= set(page.ids)
    assert page.places("tr1", "q") == {*range(one["start"], one["end"]), *range(three["start"], three["end"])}
    assert page.places("tr1", "x") == set(range(two["start"], two["end"]))
    assert page.places("b1", "p") == set(range(one["start"], one["end"]))
    for words in ("Open <sea>", "red", "size", "safe", "view", "tag", "torn"):
        assert words in page.shown


def test_findings_are_on_their_words_with_the_page_of_their_rule(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["quotes"][0]["cue"] = [span(TEXT, "sai")]
    corpus.write("annotations/gold/alpha.json", value)
    page = shown(corpus)
    cards = [one for one in page.ids if one.startswith("-f")]
    assert cards
    assert "Q520" in page.shown
    assert "../../rules.html#Q520" in page.links
    words = [one for one in page.elements if one.attributes.get("class", "").split()[:1] == ["f"] and one.tag == "u"]
    assert words
    rules = read_page(corpus.root / "out/rules.html")
    assert "Q520" in rules.ids
    listed = read_page(corpus.root / "out/findings.html")
    assert "annotations/gold/alpha.html#q1" in listed.links
    assert "Q520" in listed.shown


def test_an_annotation_with_errors_in_its_structure_is_named_and_the_others_are_shown(corpus: Corpus) -> None:
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["end"] = 5000
    corpus.write("annotations/gold/alpha.json", value)
    ran = corpus.run("view", "--out", str(corpus.root / "out"))
    assert ran.code == 1
    assert "annotations/gold/alpha.json" in ran.err
    assert "P304" in ran.err
    page = read_page(corpus.root / "out/annotations/gold/alpha.html")
    assert "its records are not shown" in page.shown
    assert "P304" in page.shown
    assert "m1" not in page.ids
    assert "q1" in read_page(corpus.root / "out/annotations/gold/beta.html").ids


def test_an_error_of_an_article_with_several_annotations_is_named_once(corpus: Corpus) -> None:
    corpus.write("raw/alpha.txt", "other words")
    ran = corpus.run("view", "--compare", "gold,ann-a", "--out", str(corpus.root / "out"))
    assert ran.code == 1
    assert ran.err.count("not shown: raw/alpha.json:1:") == 1


def test_a_picture_ends_and_a_new_directory_is_named(corpus: Corpus) -> None:
    ran = corpus.run("view", "alpha", "--serve", "--svg", str(corpus.root / "a.svg"))
    assert (ran.code, "leave out --serve" in ran.err) == (2, True)
    drawn = corpus.run("view", "alpha", "--svg", str(corpus.root / "new/a.svg"))
    assert (drawn.code, f"note: {corpus.root / 'new'} is a new directory" in drawn.err) == (0, True)
    assert "new directory" not in corpus.run("view", "alpha", "--svg", str(corpus.root / "new/a.svg")).err


def test_what_cannot_be_shown_is_refused_in_one_line(corpus: Corpus) -> None:
    def refused(*options: str) -> str:
        ran = corpus.run("view", *options)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        return ran.err

    out = str(corpus.root / "out")
    assert "there is no article gamma in raw/" in refused("gamma", "--out", out)
    assert "unknown annotator ann-x; the annotators are ann-a, gold" in refused("--annotator", "ann-x", "--out", out)
    assert "unknown annotator ann-x" in refused("--compare", "gold,ann-x", "--out", out)
    assert "two annotators or more" in refused("--compare", "gold", "--out", out)
    assert "--out DIR" in refused()
    assert "one article" in refused("--svg", str(corpus.root / "a.svg"))
    assert "holds other files than a site" in refused("--out", str(corpus.root))
    assert (corpus.root / "schema").is_dir()
    assert "is not a directory" in refused("--out", str(corpus.root / "raw/alpha.txt"))


def test_a_site_replaces_an_earlier_one_and_leaves_nothing_of_it(corpus: Corpus) -> None:
    shown(corpus)
    assert (corpus.root / "out/annotations/gold/beta.html").is_file()
    shown(corpus, "alpha")
    assert not (corpus.root / "out/annotations/gold/beta.html").exists()


def test_each_chosen_annotator_has_a_page_that_leads_to_the_others(corpus: Corpus) -> None:
    page = shown(corpus, "--annotator", "gold", "--annotator", "ann-a")
    assert "../../annotations/ann-a/alpha.html" in page.links
    assert (corpus.root / "out/annotations/ann-a/alpha.html").is_file()


def test_an_article_without_an_annotation_has_a_page(corpus: Corpus) -> None:
    corpus.add("bare", TEXT.replace("safe", "old"), annotators=())
    page = shown(corpus, page="raw/bare.html")
    assert [one.text for one in page.paragraphs] == TEXT.replace("safe", "old").splitlines()
    assert "not annotated" in page.shown


def test_line_ends_other_than_line_feeds_are_kept(corpus: Corpus) -> None:
    text = TEXT.replace("\n", "\r\n")
    corpus.add("alpha", text)
    page = shown(corpus)
    assert "\n".join(one.text for one in page.paragraphs) == text.rstrip("\n")


def test_the_document_that_is_shown_is_not_changed() -> None:
    document = load_document(REPOSITORY, SCHEMA, "tram-crash-brief")
    before = json.dumps(document.value)
    from corpus.view.page import article_page

    article_page(document, SCHEMA, pairs=[(document, document)])
    assert json.dumps(document.value) == before


def test_marks_that_cross_too_often_are_listed_in_place_of_drawn(corpus: Corpus) -> None:
    text = TEXT + "word " * 500
    value = annotation("alpha", text)
    start = len(TEXT)
    value["mentions"] += [
        {
            "id": f"m{at + 10}",
            "spans": [{"start": at, "end": at + 1200, "text": text[at : at + 1200]}],
            "form": "NOM",
            "entity": "e1",
        }
        for at in range(start, start + 1200, 2)
    ]
    corpus.add("alpha", text)
    corpus.write("annotations/gold/alpha.json", value)
    page = shown(corpus, "alpha")
    assert "".join(one.text + "\n" for one in page.paragraphs) == text + "\n"
    assert {one["id"] for one in value["mentions"]} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert "Too many marks cross in 1 paragraph" in page.shown
    assert (corpus.root / "out/annotations/gold/alpha.html").stat().st_size < 2_000_000
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_quotes_that_are_nested_by_the_hundred_are_all_on_the_page(corpus: Corpus) -> None:
    text = f"Mayor Åsa Lindqvist “{'a ' * 300}” she said.\n"
    value, first = annotation("alpha", text), text.index("“") + 1
    quote, end = value["quotes"][0], text.index("”")
    value["quotes"] = []
    for i in range(150):
        content = {"start": first + i, "end": end - i, "text": text[first + i : end - i]}
        value["quotes"].append(quote | {"id": f"q{i}", "content": [content], "parent": f"q{i - 1}" if i else None})
    corpus.add("alpha", text)
    corpus.write("annotations/gold/alpha.json", value)
    page = shown(corpus, "alpha")
    assert {one["id"] for one in value["quotes"]} <= set(page.ids)
    assert page.places("q149", "q") == set(range(first + 149, end - 149))


def test_ids_of_another_schema_may_have_any_characters(corpus: Corpus) -> None:
    schema = corpus.read("schema/annotation.schema.json")
    del schema["$defs"]["id"]["pattern"]
    corpus.write("schema/annotation.schema.json", schema)
    value = annotation("alpha")
    value["mentions"][1]["id"], value["quotes"][0]["source"] = 'm 1"><i>', ['m 1"><i>']
    corpus.write("annotations/gold/alpha.json", value)
    page = shown(corpus)
    assert "m%201%22%3E%3Ci%3E" in page.ids
    assert "#m%201%22%3E%3Ci%3E" in page.links
    assert "".join(one.text for one in page.paragraphs) == TEXT.replace("\n", "")
