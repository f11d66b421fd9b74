"""What `corpus view --out` writes, rewrites, deletes and refuses to touch, and what of an article its index holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, annotation, span

PAGE = "annotations/gold/alpha.html"
INERT = "<b>&amp;</script><script>document.body.dataset.hit=1</script>"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the site goes."""
    return tmp_path / "site"


def view(corpus: Corpus, out: Path, *options: str, code: int = 0) -> str:
    """Write the site, and return what the command says."""
    ran = corpus.run("view", "--out", str(out), *options)
    assert ran.code == code, ran.err
    return ran.err


def contents(out: Path) -> dict[str, tuple[bytes, int]]:
    """The bytes and the inode of each file of a site: a file that was written again has another inode."""
    files = (path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): (path.read_bytes(), path.stat().st_ino) for path in files}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The files that were written, also with the same bytes, or deleted."""
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def holding(out: Path, words: str) -> list[str]:
    """The files of a site that hold some words, apart from the page of the rules, whose examples are made up."""
    return [name for name, (data, _) in contents(out).items() if words.encode() in data and name != "rules.html"]


def index(out: Path, kind: str) -> list[Any]:
    """The values of all files of the index of one kind, such as "rows" or "quotes"."""
    found = []
    for path in sorted((out / "index").glob(f"*.{kind}.js")):
        script = path.read_text()
        found += json.loads("[" + script[script.index("(") + 1 : script.rindex(")")] + "]")[-1]
    return found


def withhold(corpus: Corpus, redistribution: str = "offsets_only") -> None:
    """Withhold the text of alpha; the annotation quotes no words of it."""
    value = annotation("alpha")
    for one in (*value["mentions"], *value["quotes"]):
        for name in ("spans", "content", "cue"):
            for each in one.get(name, ()):
                del each["text"]
    value["entities"][0]["name"] = "the mayor"
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"redistribution": redistribution})
    for annotator in ("gold", "ann-a"):
        corpus.write(f"annotations/{annotator}/alpha.json", value | {"annotator": annotator})
    (corpus.root / "raw/alpha.txt").unlink()


def test_a_second_run_writes_nothing(corpus: Corpus, out: Path) -> None:
    view(corpus, out)
    before = contents(out)
    assert {"index.html", PAGE, "annotations/gold/beta.html"} <= set(before)
    view(corpus, out)
    assert contents(out) == before


def test_the_same_corpus_gives_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    view(corpus, tmp_path / "one")
    corpus.add("gamma", TEXT.replace("safe", "long"))
    view(corpus, tmp_path / "two")
    for name in ("raw/gamma.json", "raw/gamma.txt", "annotations/gold/gamma.json"):
        (corpus.root / name).unlink()
    view(corpus, tmp_path / "two")
    one, two = ({name: data for name, (data, _) in contents(tmp_path / folder).items()} for folder in ("one", "two"))
    assert one == two


def test_only_the_pages_of_a_changed_article_are_written(corpus: Corpus, out: Path) -> None:
    view(corpus, out)
    before = contents(out)
    value = annotation("alpha")
    value["quotes"][0]["type"] = "mixed"
    corpus.write("annotations/gold/alpha.json", value)
    view(corpus, out)
    names = changed(before, contents(out))
    assert {"index.html", PAGE} <= names
    assert not [name for name in names if "beta" in name or name.startswith("static/")]
    assert not [name for name in names if name.endswith((".text.js", ".mentions.js"))]


def test_the_pages_of_a_deleted_article_are_deleted(corpus: Corpus, out: Path) -> None:
    view(corpus, out)
    for path in [*corpus.root.rglob("beta.*")]:
        path.unlink()
    view(corpus, out)
    assert not [name for name in contents(out) if "beta" in name]
    assert "beta" not in (out / "index.html").read_text()


def test_a_page_that_was_deleted_or_edited_is_written_again(corpus: Corpus, out: Path) -> None:
    view(corpus, out)
    page = (out / PAGE).read_bytes()
    (out / PAGE).unlink()
    for path in (out / "index").glob("*.rows.js"):
        path.unlink()
    (out / "index.html").write_text("edited")
    view(corpus, out)
    assert (out / PAGE).read_bytes() == page
    assert len(index(out, "rows")) == 2
    assert "edited" not in (out / "index.html").read_text()


def test_foreign_files_are_kept_and_never_replaced(corpus: Corpus, out: Path) -> None:
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    assert "holds other files than a site" in view(corpus, out, code=2)
    (out / "thesis.txt").unlink()
    view(corpus, out)
    (out / "CNAME").write_text("corpus.example")
    view(corpus, out)
    assert (out / "CNAME").read_text() == "corpus.example"
    (out / "annotations/gold/gamma.html").write_text("mine")
    corpus.add("gamma", TEXT.replace("safe", "long"))
    assert "annotations/gold/gamma.html is not of the site" in view(corpus, out, code=2)
    assert (out / "annotations/gold/gamma.html").read_text() == "mine"


def test_nothing_is_written_or_deleted_through_a_link(corpus: Corpus, out: Path, tmp_path: Path) -> None:
    view(corpus, out)
    elsewhere = tmp_path / "elsewhere"
    (out / "annotations").rename(elsewhere)
    os.symlink(elsewhere, out / "annotations")
    for path in [*corpus.root.rglob("beta.*")]:
        path.unlink()
    assert "annotations is not a directory of the site" in view(corpus, out, code=2)
    assert (elsewhere / "gold/beta.html").exists()


@pytest.mark.parametrize("name", ["../kept.html", "/etc/passwd", "annotations/../../kept.html", 7, "a\nb"])
def test_a_list_that_names_files_elsewhere_is_refused(corpus: Corpus, out: Path, tmp_path: Path, name: object) -> None:
    (tmp_path / "kept.html").write_text("kept")
    view(corpus, out)
    listed = out / "index/site.json"
    value = json.loads(listed.read_bytes())
    listed.write_text(json.dumps(value | {"files": [*value["files"], name]}))
    assert "is damaged" in view(corpus, out, code=2)
    assert (tmp_path / "kept.html").read_text() == "kept"


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"articles": {"alpha": 1}, "files": [], "summary": {}}', b"\xff"])
def test_a_damaged_part_is_made_again(corpus: Corpus, out: Path, damage: bytes) -> None:
    view(corpus, out)
    before = (out / "index.html").read_bytes()
    parts = [path for path in (out / "index").glob("*.json") if path.stem not in ("site", "agreement")]
    for path in parts:
        path.write_bytes(damage)
    view(corpus, out)
    assert (out / "index.html").read_bytes() == before
    assert all(path.read_bytes() != damage for path in parts)


def test_withheld_texts_are_in_no_file(corpus: Corpus, out: Path) -> None:
    withhold(corpus)
    corpus.run("attach", "alpha", "--text", str(corpus.write("copy.txt", TEXT)))
    view(corpus, out)
    secret = "The bridge is safe"
    assert not holding(out, secret)
    assert index(out, "text")[0] is None
    view(corpus, out, "--with-attached")
    assert secret in index(out, "text")[0]
    view(corpus, out)
    assert not holding(out, secret)


def test_a_text_in_raw_that_must_not_be_there_is_not_shown(corpus: Corpus, out: Path) -> None:
    withhold(corpus)
    corpus.write("raw/alpha.txt", TEXT)
    view(corpus, out)
    assert index(out, "text")[0] is None
    assert "The bridge is safe" not in (out / PAGE).read_text()


def test_an_article_of_which_nothing_may_be_published_is_left_out(corpus: Corpus, out: Path) -> None:
    withhold(corpus, "none")
    said = view(corpus, out)
    assert "1 article" in said
    assert [row[0] for row in index(out, "rows")] == ["beta"]
    assert not (out / PAGE).exists()
    assert "alpha" not in (out / "index.html").read_text()


def test_titles_and_names_are_inert(corpus: Corpus, out: Path) -> None:
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"title": INERT, "story": INERT, "source": INERT})
    value = annotation("alpha")
    value["entities"][0]["name"] = INERT
    corpus.write("annotations/gold/alpha.json", value)
    view(corpus, out)
    for name, (data, _) in contents(out).items():
        assert b"<script>document" not in data, name
    assert index(out, "rows")[0][1] == INERT
    assert index(out, "entities")[0][0] == [INERT]


def test_offsets_count_as_browsers_count(corpus: Corpus, out: Path) -> None:
    view(corpus, out)
    text = index(out, "text")[0].encode("utf-16-le")
    names, records = index(out, "quotes")[0]
    (record_id, _, (start, end), of) = records[0]
    assert (record_id, text[2 * start : 2 * end].decode("utf-16-le")) == ("q1", "The bridge is safe,")
    assert [names[one] for one in of] == ["Åsa Lindqvist"]


def test_an_annotation_with_errors_is_listed_without_records(corpus: Corpus, out: Path) -> None:
    value = annotation("alpha")
    value["mentions"][0]["spans"][0]["end"] = 5000
    corpus.write("annotations/gold/alpha.json", value)
    assert corpus.run("view", "--out", str(out)).code in (0, 1)
    row = index(out, "rows")[0]
    assert (row[0], row[4], row[5], row[7]) == ("alpha", [None] * 5, [], 2)
    assert index(out, "mentions")[0] == 0
    assert "has errors" in (out / "index.html").read_text()


def test_a_layer_that_nobody_planned_is_counted_and_found(corpus: Corpus, out: Path) -> None:
    path = "schema/annotation.schema.json"
    schema = corpus.read(path)
    labels = {
        "title": "Rig",
        "description": "How.",
        "oneOf": [{"const": "sloop", "title": "Sloop", "description": "One mast."}],
    }
    spans = {"$ref": "#/$defs/spans", "title": "Where", "description": "The words."}
    fields = {"id": {"$ref": "#/$defs/id"}, "where": spans, "rig": labels}
    items = {"type": "object", "additionalProperties": False, "required": ["id", "where"], "properties": fields}
    schema["properties"]["boats"] = {"title": "Boats", "description": "Boats.", "type": "array", "items": items}
    corpus.write(path, schema)
    boat = {"id": "b1", "where": [span(TEXT, "bridge")], "rig": "sloop"}
    value = annotation("alpha", layers_done=["entities", "mentions", "quotes", "boats"], boats=[boat])
    corpus.write("annotations/gold/alpha.json", value)
    view(corpus, out)
    assert index(out, "boats")[0][1][0][0] == "b1"
    page = (out / "index.html").read_text()
    assert "Boats by split" in page
    assert 'data-filter="boats.rig" data-value="sloop"' in page


def test_a_twin_is_named_on_its_page_and_is_in_no_list(corpus: Corpus, out: Path) -> None:
    corpus.write("raw/alpha.json", corpus.read("raw/alpha.json") | {"story": "bridge"})
    corpus.add("twin", TEXT.replace("spoke", "speaks"), story="bridge", twin_of="alpha", twin_kind="noisy")
    view(corpus, out)
    assert "<bdi>noisy twin of alpha</bdi>" in (out / "annotations/gold/twin.html").read_text()
    assert "twin of" not in (out / PAGE).read_text()
    page = (out / "index.html").read_text()
    stories = page[page.index('<table class="stories">') :]
    assert PAGE in stories
    assert "gold/twin.html" not in page
    assert '"count": 2' in page
    assert "noisy" not in page, "a filter has a value that no listed article has"
    assert corpus.run("show", "twin").out.splitlines()[1] == "twin · gold · train · noisy twin of alpha"


def test_only_chosen_articles(corpus: Corpus, out: Path) -> None:
    view(corpus, out)
    said = corpus.run("view", "beta", "--out", str(out))
    assert said.code == 0
    assert [row[0] for row in index(out, "rows")] == ["beta"]
    assert not (out / PAGE).exists()
    assert "there is no article gamma" in corpus.run("view", "gamma", "--out", str(out)).err


def test_an_index_shows_no_record_that_the_page_does_not(corpus: Corpus, out: Path) -> None:
    value = annotation("alpha")
    value["mentions"][1]["id"] = "m1"
    corpus.write("annotations/gold/alpha.json", value)
    assert corpus.run("view", "--out", str(out)).code == 1
    assert "R401" in corpus.run("view", "--out", str(out)).err, "said again, although nothing is written"
    assert (index(out, "rows")[0][4], index(out, "mentions")[0]) == ([None] * 5, 0)


def test_an_annotation_without_an_article_is_said(corpus: Corpus, out: Path) -> None:
    for path in (corpus.root / "raw").glob("beta.*"):
        path.unlink()
    said = view(corpus, out, code=1)
    assert "annotations/gold/beta.json:1:1 has an error, F106" in said
    assert [row[0] for row in index(out, "rows")] == ["alpha"]


def test_a_corpus_without_articles_has_a_page(corpus: Corpus, out: Path) -> None:
    for folder in ("raw", "annotations/gold", "annotations/ann-a"):
        for path in (corpus.root / folder).iterdir():
            path.unlink()
    view(corpus, out)
    assert "0 articles" in (out / "index.html").read_text()


def test_a_site_may_not_go_into_the_corpus(corpus: Corpus) -> None:
    for folder in ("raw/site", "annotations/site", "schema"):
        assert corpus.run("view", "--out", str(corpus.root / folder)).code == 2
        assert not (corpus.root / "raw/site").exists()
