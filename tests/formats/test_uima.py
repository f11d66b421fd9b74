"""Formats of UIMA, WebAnno and INCEpTION: typed layers with features, and offsets in UTF-16 code units."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import cassis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import Corpus, run
from support.exchange import EXAMPLES, FEW, SAID, SCHEMA, annotations, has_words, imported, with_quarantined, written
from support.strategies import Doc, corpora

from corpus.core.model import Article, CorpusError, Document
from corpus.formats import FORMATS
from corpus.formats.documents import LeftOut, Options, renamed
from corpus.formats.exporting import export
from corpus.formats.uima_common import Offsets

NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
LINK = "de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink"


@given(text=st.text(st.sampled_from("a é\n😀𝒜\ufeff")))
def test_code_units_are_code_points(text: str) -> None:
    offsets = Offsets(text)
    units = [len(text[:i].encode("utf-16-le")) // 2 for i in range(len(text) + 1)]
    expected = {unit: i for i, unit in enumerate(units)}
    assert {unit: offsets(unit) for unit in range(-1, units[-1] + 2)} == {
        unit: expected.get(unit) for unit in range(-1, units[-1] + 2)
    }


def words(value: dict[str, Any], layer: str) -> list[str]:
    return [span["text"] for one in value.get(layer, ()) for span in one["spans"]]


@pytest.mark.parametrize(("name", "folder"), [("webanno-tsv", "webanno"), ("uima-xmi", "uima")])
def test_an_export_of_inception_is_read_with_a_map(name: str, folder: str, tmp_path: Path) -> None:
    root = tmp_path / "new"
    ran = run("import", name, f"{EXAMPLES}/{folder}", f"--map={EXAMPLES}/webanno.toml", "--into", str(root))
    if name == "webanno-tsv":
        assert (ran.code, ran.out.count("\n")) == (1, 2)
        assert "meier.tsv:12:1: error IMP3" in ran.out
    else:
        assert (ran.code, ran.out) == (0, "")
    (made,) = annotations(root).values()
    assert (made["doc_id"], made["annotator"]) == ("report.txt", "novak")
    assert (root / "raw/report.txt.txt").read_text("utf-8") == EXPECTED
    assert words(made, "mentions") == ["Ada Kuhn", "She"]
    assert [one["entity"] for one in made["mentions"]] == ["e1", "e1"]
    assert [one.get("form") for one in made["mentions"]] == ["NAM", "PRO"]
    assert made["entities"] == [{"id": "e1", "type": "PER", "name": "Ada Kuhn"}]
    (quote,) = made["quotes"]
    assert (quote["content"][0]["text"], quote["cue"][0]["text"]) == ("that the bridge is safe", "said")
    assert (quote["source"], quote["type"], quote["medium"]) == (["m1"], "indirect", "speech")
    assert Corpus(root).findings() == []


EXPECTED = "Ada Kuhn said 😀 that the bridge is safe .\nShe left ."
XMI = EXAMPLES / "uima/annotation/report.txt/novak.xmi"
TYPES = (EXAMPLES / "uima/TypeSystem.xml").read_text("utf-8")


def xmi(old: str, new: str, folder: Path, types: str = TYPES) -> tuple[list[tuple[str, int]], dict[str, Any], Any]:
    """Import the example with a part replaced; return codes and lines, its annotation, and what was dropped."""
    written = XMI.read_text("utf-8")
    assert old in written
    (folder / "source").mkdir()
    (folder / "source/TypeSystem.xml").write_text(types, "utf-8")
    (folder / "source/doc.xmi").write_text(written.replace(old, new), "utf-8")
    problems, left = imported("uima-xmi", folder / "source", folder / "new")
    made = with_quarantined(folder / "new")
    return [(one.code, one.line) for one in problems], made.get("gold/doc.json", {}), left


@pytest.mark.parametrize(
    ("old", "new", "expected", "mentions"),
    [
        ('begin="0"', 'begin="0"', [], ["Ada Kuhn", "She"]),
        ('begin="9" end="13"', 'begin="9" end="15"', [("IMP3", 7)], ["Ada Kuhn", "She"]),
        ('begin="43" end="46"', 'begin="43" end="99"', [("IMP3", 6)], ["Ada Kuhn"]),
        ('begin="43" end="46"', 'begin="46" end="43"', [("IMP3", 6)], ["Ada Kuhn"]),
        ('begin="43" end="46"', 'begin="43"', [("IMP3", 6)], ["Ada Kuhn"]),
        ('begin="43" end="46"', 'begin="43" end="43"', [], ["Ada Kuhn"]),
        ('referenceType="pronoun"', 'next="3"', [], ["Ada Kuhn", "She"]),
        ('first="3"', 'first="77"', [("IMP5", 9)], ["Ada Kuhn", "Ada Kuhn", "She"]),
        ("<custom:Cue ", "<custom:Unknown ", [], ["Ada Kuhn", "She"]),
        ("<?xml version='1.0'", "<?xml version='1.1'", [], ["Ada Kuhn", "She"]),
        ('xmi:id="5"', 'xmi:id="4"', [("IMP2", 7)], None),
        ("<cas:View", "<cas:Vie", [("IMP2", 13)], None),
        ("<xmi:XMI ", "<xmi:XML ", [("IMP2", 2)], None),
        ("</xmi:XMI>", "", [("IMP2", 15)], None),
        ('sofaString="Ada', 'sofaString="&#xFEFF;Ada', [("IMP1", 1)], None),
        ("<xmi:XMI", "<!DOCTYPE x>\n<xmi:XMI", [("IMP2", 2)], None),
    ],
)
def test_an_xmi_file_is_read_or_reported(
    old: str, new: str, expected: list[tuple[str, int]], mentions: list[str] | None, tmp_path: Path
) -> None:
    problems, made, _ = xmi(old, new, tmp_path)
    assert problems == expected
    assert (words(made, "mentions") if made else None) == mentions


def test_an_entity_is_never_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Secret")
    doctype = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{tmp_path}/secret.txt">]>\n<xmi:XMI'
    assert xmi("<xmi:XMI", doctype, tmp_path)[:2] == ([("IMP2", 2)], {})


def test_what_the_type_system_lacks_is_read_and_named(tmp_path: Path) -> None:
    options = Options(record=SAID)
    (tmp_path / "source").mkdir()
    written = XMI.read_text("utf-8").replace("<custom:Cue ", '<custom:Hint kind="verb" ')
    (tmp_path / "source/doc.xmi").write_text(written.replace(' medium="speech"', ' mood="fine"'), "utf-8")
    (tmp_path / "source/TypeSystem.xml").write_text(TYPES, "utf-8")
    assert list(FORMATS["uima-xmi"].read(tmp_path / "source", tmp_path / "new", options)) == []
    why = "the type system lacks {}: its values are read as strings"
    lacking = {why.format("type webanno.custom.Hint"): 1, why.format("feature mood of webanno.custom.Quote"): 1}
    assert options.notes == lacking
    assert options.left_out["annotations of type webanno.custom.Hint", HINT] == 1


HINT = 'the map has no such rule: add [types."webanno.custom.Hint"]'


def test_without_its_type_system_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "doc.xmi").write_bytes(XMI.read_bytes())
    problems, _ = imported("uima-xmi", tmp_path / "doc.xmi", tmp_path / "new")
    assert [one.code for one in problems] == ["IMP1"]


QUOTE = {"types": {"Quote": {"layer": "quotes", "roles": {"source": "source", "cue": "cue"}}}}


def test_a_role_that_leads_nowhere_sets_the_annotation_aside(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/TypeSystem.xml").write_text(TYPES, "utf-8")
    (tmp_path / "source/doc.xmi").write_text(XMI.read_text("utf-8").replace('target="2"', 'target="77"'), "utf-8")
    problems, _ = imported("uima-xmi", tmp_path / "source", tmp_path / "new", map=QUOTE)
    assert [(one.code, one.line) for one in problems] == [("IMP5", 8)]
    (made,) = with_quarantined(tmp_path / "new").values()
    assert [span["text"] for span in made["quotes"][0]["cue"]] == ["said"]


@pytest.mark.parametrize(
    ("name", "gold", "names"),
    [("CURATION_USER", None, ["gold", "novak"]), ("eve", "novak", ["eve", "gold"]), ("eve", "eve", ["gold", "novak"])],
)
def test_any_annotator_may_be_gold(name: str, gold: str | None, names: list[str], tmp_path: Path) -> None:
    for annotator in (name, "novak"):
        folder = tmp_path / f"source/{'curation' if annotator == 'CURATION_USER' else 'annotation'}/report.txt"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{annotator}.xmi").write_bytes(XMI.read_bytes())
    (tmp_path / "source/TypeSystem.xml").write_text(TYPES, "utf-8")
    said = {"map": {"gold": gold}} if gold else {}
    assert imported("uima-xmi", tmp_path / "source", tmp_path / "new", **said)[0] == []
    assert sorted(path.name for path in (tmp_path / "new/annotations").iterdir()) == names


def cas(*structures: dict[str, Any], views: dict[str, Any] | None = None, **types: str) -> dict[str, Any]:
    """A CAS JSON with a text, and structures numbered from 2."""
    sofa = {"%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": "Ада 😀 said 日本"}
    numbered = [{"%ID": i, "@sofa": 1, **one} for i, one in enumerate((sofa, *structures), 1)]
    members = [one["%ID"] for one in numbered[1:] if "begin" in one or "%M" in one]
    return {
        "%TYPES": {name: {"%NAME": name, "%SUPER_TYPE": above} for name, above in types.items()},
        "%FEATURE_STRUCTURES": numbered,
        "%VIEWS": views or {"_InitialView": {"%SOFA": 1, "%MEMBERS": members}},
    }


def named(begin: int, end: int, **more: Any) -> dict[str, Any]:
    return {"%TYPE": NAMED, "begin": begin, "end": end, "value": "PER", **more}


def read_json(value: dict[str, Any], folder: Path, **said: Any) -> tuple[list[str], dict[str, Any], Any]:
    """Import a CAS JSON; return codes, its annotation, and what was dropped."""
    (folder / "doc.json").write_text(json.dumps(value), "utf-8")
    problems, left = imported("uima-json", folder / "doc.json", folder / "new", **said)
    return [one.code for one in problems], with_quarantined(folder / "new").get("gold/doc.json", {}), left


def test_offsets_of_json_are_code_units(tmp_path: Path) -> None:
    codes, made, _ = read_json(cas(named(0, 3), named(4, 6), named(12, 14)), tmp_path)
    assert codes == []
    assert words(made, "mentions") == ["Ада", "😀", "日本"]
    codes, made, _ = read_json(cas(named(0, 3), named(4, 5), named(12, 99), {"%TYPE": NAMED}), tmp_path)
    assert codes == ["IMP3", "IMP3"]
    assert words(made, "mentions") == ["Ада"]


@pytest.mark.parametrize("source", [7, {"a": 1}, [["b"]], True])
def test_a_reference_of_another_type_is_refused_by_the_schema(source: Any) -> None:
    """Fuzzing found maps and features that put a number where ids belong."""
    quote = {"id": "x", "content": [{"start": 0, "end": 3, "text": "Ада"}], "source": source, "speaker": source}
    (made,) = renamed({"quotes": [quote]}, SCHEMA)["quotes"]
    assert (made["id"], made["source"], made["speaker"]) == ("q1", source, source)


def test_structures_may_be_an_object_by_their_ids(tmp_path: Path) -> None:
    value = cas(named(0, 3))
    structures = value["%FEATURE_STRUCTURES"]
    value["%FEATURE_STRUCTURES"] = {str(one.pop("%ID")): one for one in structures}
    codes, made, _ = read_json(value, tmp_path)
    assert (codes, words(made, "mentions")) == ([], ["Ада"])


def test_lists_and_arrays_lead_to_their_elements(tmp_path: Path) -> None:
    quote = {"%TYPE": "x.Quote", "begin": 7, "end": 11, "@source": 4, "@cue": 6, "@marks": 9}
    value = cas(
        named(0, 3),
        named(4, 6),
        {"%TYPE": "uima.cas.FSArray", "%ELEMENTS": [2, 3]},
        quote,
        {"%TYPE": "uima.cas.NonEmptyFSList", "@head": 7, "@tail": 8},
        {"%TYPE": "x.Cue", "begin": 12, "end": 14},
        {"%TYPE": "uima.cas.EmptyFSList"},
        {"%TYPE": "uima.cas.StringArray", "%ELEMENTS": ["speech", "x"]},
    )
    types = {"NamedEntity.value=PER": {"layer": "mentions", "entity": "PER"}}
    of = {"types": {**types, "Quote": {"layer": "quotes", "roles": {"source": "source", "cue": "cue"}}}}
    codes, made, left = read_json(value, tmp_path, map=of)
    assert codes == []
    (one,) = made["quotes"]
    assert (one["source"], one["cue"][0]["text"]) == (["m1", "m2"], "日本")
    assert sum(count for (what, _), count in left.items() if what == "attributes marks") == 2


def test_a_second_view_is_counted_or_chosen(tmp_path: Path) -> None:
    second = {"%TYPE": "uima.cas.Sofa", "sofaID": "translation", "sofaString": "Bo Li left"}
    views = {
        "_InitialView": {"%SOFA": 1, "%MEMBERS": [2]},
        "translation": {"%SOFA": 3, "%MEMBERS": [4, 5]},
    }
    value = cas(named(0, 3), second, named(0, 5, **{"@sofa": 3}), named(6, 10, **{"@sofa": 3}), views=views)
    codes, made, left = read_json(value, tmp_path)
    assert (codes, words(made, "mentions")) == ([], ["Ада"])
    assert (
        left["annotations of view translation", "an article has one text; `view` of the map selects another view"] == 2
    )
    codes, made, left = read_json(value, tmp_path, map={"view": "translation"})
    assert (codes, words(made, "mentions")) == ([], ["Bo Li", "left"])
    assert read_json(value, tmp_path, map={"view": "translatoin"})[0] == ["IMP1"]


def test_what_no_index_lists_is_counted(tmp_path: Path) -> None:
    value = cas(
        named(0, 3),
        named(4, 6),
        {"%TYPE": "x.Meta", "mood": "fine"},
        views={"_InitialView": {"%SOFA": 1, "%MEMBERS": [2]}},
    )
    codes, made, left = read_json(value, tmp_path)
    assert (codes, words(made, "mentions")) == ([], ["Ада"])
    counted = {what: count for (what, _), count in (+left).items()}
    assert counted == {f"annotations of type {NAMED}": 1, "annotations of type x.Meta": 1}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"_context": {}, "_views": {}},
        {"%VIEWS": {}, "%FEATURE_STRUCTURES": [1]},
        {"%VIEWS": {}, "%FEATURE_STRUCTURES": [{"%ID": 1}]},
        {"%VIEWS": {}, "%FEATURE_STRUCTURES": [{"%ID": 1, "%TYPE": "x"}, {"%ID": 1, "%TYPE": "x"}]},
    ],
)
def test_what_is_no_cas_is_refused(value: Any, tmp_path: Path) -> None:
    assert read_json(value, tmp_path)[0] == ["IMP2"]


def test_a_type_system_with_a_circle_ends(tmp_path: Path) -> None:
    codes, made, _ = read_json(
        cas(named(0, 3), {"%TYPE": "x.A", "begin": 0, "end": 3}, **{"x.A": "x.B", "x.B": "x.A"}), tmp_path
    )
    assert (codes, words(made, "mentions")) == ([], ["Ада"])


def exported(name: str, docs: list[Doc], folder: Path) -> list[Path]:
    """The files that an export writes of documents."""
    corpus = written(folder / "corpus", docs)
    shutil.rmtree(folder / name, ignore_errors=True)
    try:
        export(corpus.root, FORMATS[name], folder / name, annotators=("gold", "ann-a", "eve_2"))
    except CorpusError:
        return []  # no annotation is valid, or XML cannot hold the text
    return sorted((folder / name).glob("*/*"))


@pytest.mark.parametrize(("name", "load"), [("uima-xmi", "load_cas_from_xmi"), ("uima-json", "load_cas_from_json")])
@settings(FEW, max_examples=8)
@given(docs=corpora(SCHEMA, least=1))
def test_cassis_reads_what_is_written_and_writes_it_again(
    name: str, load: str, docs: list[Doc], tmp_path: Path
) -> None:
    docs = [Doc(doc.doc_id, doc.text, {**doc.record, "redistribution": "full"}, doc.annotations) for doc in docs]
    docs = [doc for doc in docs if doc.annotations and all(map(has_words, doc.annotations.values()))]
    paths = exported(name, docs, tmp_path)
    if not paths:
        return
    assert imported(name, tmp_path / name, tmp_path / "one")[0] == []
    types = tmp_path / name / "TypeSystem.xml"
    for path in paths:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.filterwarnings("ignore", "Trying to add feature `type`")
            own = {"typesystem": cassis.load_typesystem(types)} if types.exists() else {}
            loaded = getattr(cassis, load)(file, **own)
        before = annotations(tmp_path / "one")[f"{path.parent.name}/{path.stem}.json"]
        for layer in ("mentions", "quotes", "nonquotes"):
            place = "content" if layer == "quotes" else "spans"
            found = sorted((one.begin, one.end) for one in loaded.select(f"webanno.custom.{layer}"))
            assert found == sorted((one[place][0]["start"], one[place][0]["end"]) for one in before.get(layer, ()))
        (loaded.to_xmi if name == "uima-xmi" else loaded.to_json)(path)
    assert imported(name, tmp_path / name, tmp_path / "two")[0] == []
    assert annotations(tmp_path / "two") == annotations(tmp_path / "one")


def test_an_xmi_export_leaves_out_a_text_that_xml_cannot_hold(tmp_path: Path) -> None:
    document = Document("a", Article("a", {}, "a\x0cb", ()), None)
    left: LeftOut = LeftOut()
    assert FORMATS["uima-xmi"].carry(document, SCHEMA, left) is None
    assert left == {("documents", "XML cannot hold a control character"): 1}


@pytest.mark.parametrize(("name", "folder"), [("webanno-tsv", "webanno"), ("uima-xmi", "uima")])
def test_a_suggested_map_has_the_types_with_their_values(name: str, folder: str, tmp_path: Path) -> None:
    ran = run("import", name, f"{EXAMPLES}/{folder}", "--suggest-map", "--out", str(tmp_path / "map.toml"))
    assert ran.code == 0
    text = (tmp_path / "map.toml").read_text("utf-8")
    assert '[types."NamedEntity.value=PER"]' in text
    assert 'chains = ["CoreferenceLink"]' in text
    assert "roles.source = " in text
    said = [f"--record={key}={value}" for key, value in SAID.items()]
    ran = run(
        "import",
        name,
        f"{EXAMPLES}/{folder}",
        "--map",
        str(tmp_path / "map.toml"),
        "--into",
        str(tmp_path / "new"),
        *said,
    )
    assert "Traceback" not in ran.err
    assert words(annotations(tmp_path / "new")["novak/report.txt.json"], "mentions")[0] == "Ada Kuhn"
