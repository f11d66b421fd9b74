"""Formats of UIMA, WebAnno and INCEpTION: typed layers with features, and offsets in UTF-16 code units."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.corpora import Corpus, run
from support.exchange import EXAMPLES, annotations, imported, with_quarantined

from corpus.formats.uima_common import Offsets
from corpus.formats.webanno_tsv import split, unescape

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
        assert (ran.code, ran.out.count("\n")) == (1, 1)
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
HEADER = f"""#FORMAT=WebAnno TSV 3.3
#T_SP={NAMED}|value
#T_CH={LINK}|referenceType|referenceRelation
#T_RL=webanno.custom.Of|kind|BT_{NAMED}


"""


def tsv(
    body: str, folder: Path, header: str = HEADER, **said: Any
) -> tuple[list[tuple[str, int]], dict[str, Any], Any]:
    """Import a file; return codes and lines (after the header), its annotation, and what was dropped."""
    (folder / "source").mkdir()
    (folder / "source/doc.tsv").write_bytes((header + body).encode())
    problems, left = imported("webanno-tsv", folder / "source", folder / "new", **said)
    made = with_quarantined(folder / "new")
    return [(one.code, one.line - header.count("\n")) for one in problems], made.get("gold/doc.json", {}), left


ONE = "#Text={text}\n1-1\t0-3\tAda\t{cells}\n"


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ("_\t_\t_\t_\t_", []),
        ("PER\t_\t_\t_\t_\t", ["Ada"]),
        ("PER|LOC\t_\t_\t_\t_", ["Ada", "Ada"]),
        ("PER[1]|PER[2]\t_\t_\t_\t_", ["Ada", "Ada"]),
        ("*\t_\t_\t_\t_", []),
        ("_\t*[1]\t*->1-1\t_\t_", ["Ada"]),
        ("_\t*[1]|*[2]\t*->1-1|*->2-1\t_\t_", ["Ada", "Ada"]),
        ("PER\t*[1]\t*->1-1\t_\t_", ["Ada"]),
    ],
)
def test_cells_of_a_token(cells: str, texts: list[str], tmp_path: Path) -> None:
    problems, made, _ = tsv(ONE.format(text="Ada", cells=cells), tmp_path)
    assert problems == []
    assert words(made, "mentions") == texts


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (ONE.format(text="Ada", cells="_\t_\t_\t_"), [("IMP2", 2)]),
        (ONE.format(text="Ada", cells="_\t_\t_\t_\t_\t_"), [("IMP2", 2)]),
        (ONE.format(text="Adb", cells="_\t_\t_\t_\t_"), [("IMP3", 2)]),
        (ONE.format(text="Ad", cells="_\t_\t_\t_\t_"), [("IMP3", 2)]),
        (ONE.format(text="Ada", cells="P]R\t_\t_\t_\t_"), [("IMP2", 2)]),
        (ONE.format(text="Ada", cells="_\t*[1]\tcoref\t_\t_"), [("IMP2", 2)]),
        (ONE.format(text="Ada", cells="_\t*|*\t*->1-1\t_\t_"), [("IMP2", 2)]),
        (ONE.format(text="Ada", cells="PER\t_\t_\tx\ty"), [("IMP2", 2)]),
        ("1-1\t0-3\tAda\t_\t_\t_\t_\t_\n", [("IMP2", 1)]),
        ("#Text=Ada\n", [("IMP2", 2)]),
        ("Ada\n", [("IMP2", 1)]),
        (
            ONE.format(text="Ada", cells="_\t_\t_\t_\t_") + "\n" + ONE.format(text="Ada", cells="_\t_\t_\t_\t_"),
            [("IMP3", 5)],
        ),
        ("#Text=\U0001f600a\n1-1\t0-1\t\U0001f600\t_\t_\t_\t_\t_\n", [("IMP3", 2)]),
    ],
)
def test_a_line_that_cannot_be_read_is_reported_with_its_location(
    body: str, expected: list[tuple[str, int]], tmp_path: Path
) -> None:
    problems, made, _ = tsv(body, tmp_path)
    assert problems == expected
    assert made == {}


def test_a_file_of_another_format_is_one_problem(tmp_path: Path) -> None:
    problems, _, _ = tsv("", tmp_path, "#FORMAT=WebAnno TSV 2.0\n#T_SP=x\n")
    assert problems == [("IMP2", 1 - 2)]


def test_sentences_and_parts_of_tokens_stand_where_their_offsets_say(tmp_path: Path) -> None:
    body = (
        "#Text=😀 \\\\ tab\\there\n#Text=on\n"
        "1-1\t0-2\t😀\t_\t_\t_\t_\t_\n1-2\t3-4\t\\\\\t_\t_\t_\t_\t_\n1-3\t5-8\ttab\tPER[1]\t_\t_\t_\t_\n"
        "1-4\t9-13\there\t_\t_\t_\t_\t_\n1-4.1\t9-11\the\tPER[1]\t_\t_\t_\t_\n1-4.2\t10-12\ter\tORG\t_\t_\t_\t_\n"
        "1-5\t14-16\ton\t_\t_\t_\t_\t_\n"
        "\n#Sentence.id=x\n#Text=End\n2-1\t19-22\tEnd\tPER\t_\t_\t_\t_\n2-1.1\t20-20\t\tPER\t_\t_\t_\t_\n"
    )
    problems, made, left = tsv(body, tmp_path)
    assert problems == []
    assert (tmp_path / "new/raw/doc.txt").read_text("utf-8") == "😀 \\ tab\there\non\n  End"
    assert words(made, "mentions") == ["tab\the", "er", "End"]
    assert left["annotations of empty spans", "a span must not be empty"] == 1


@pytest.mark.parametrize(
    ("roles", "to", "codes", "source", "cue"),
    [
        ("source", "1-1", [], ["m1"], []),
        ("source;cue[7]", "1-1;1-2", [], ["m1"], ["and"]),
        ("*", "1-1", [], [], ["Ada"]),
        ("_", "*", [], [], []),
        ("_", "_", [], [], []),
        ("source", "1-2[9]", ["IMP5"], [], []),
        ("source", "1-1;1-2", ["IMP2"], None, None),
        ("source", "Ada", ["IMP2"], None, None),
    ],
)
def test_slots_lead_to_annotations(
    roles: str, to: str, codes: list[str], source: list[str] | None, cue: list[str] | None, tmp_path: Path
) -> None:
    header = (
        f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED}|value\n#T_SP=x.Cue|\n"
        "#T_SP=x.Quote|kind|ROLE_x.Quote:link_x.QuoteLink|uima.tcas.Annotation\n\n\n"
    )
    body = (
        "#Text=Ada and Eve\n1-1\t0-3\tAda\tPER\t_\t_\t_\t_\n1-2\t4-7\tand\t_\t*\t_\t_\t_\n"
        f"1-3\t8-11\tEve\t_\t_\tindirect\t{roles}\t{to}\n"
    )
    types = {
        f"{NAMED}.value=PER": {"layer": "mentions", "entity": "PER"},
        "Quote": {
            "layer": "quotes",
            "roles": {"source": "source", "cue": "cue", "link": "cue"},
            "attributes": {"kind": "type"},
        },
    }
    problems, made, _ = tsv(body, tmp_path, header, map={"types": types})
    assert [code for code, _ in problems] == codes
    if source is None:
        assert made == {}
        return
    (quote,) = made["quotes"]
    assert (quote["source"], [span["text"] for span in quote["cue"]], quote["type"]) == (source, cue, "indirect")


def test_a_relation_leads_from_where_its_token_says(tmp_path: Path) -> None:
    body = (
        "#Text=Ada and Eve\n1-1\t0-3\tAda\tA[1]|B[2]\t_\t_\t_\t_\n1-2\t4-7\tand\t_\t_\t_\t_\t_\n"
        "1-3\t8-11\tEve\tB\t_\t_\tx\t1-1[1_0]\n"
    )
    rules = {
        f"{NAMED}.value=A": {"layer": "quotes"},
        f"{NAMED}.value=B": {"layer": "mentions"},
    }
    of = {"types": rules, "relations": {"Of": {"of": "Governor", "field": "source"}}}
    problems, made, left = tsv(body, tmp_path, map=of)
    assert problems == []
    assert words(made, "mentions") == ["Ada", "Eve"]
    assert [one["source"] for one in made["quotes"]] == [["m2"]]
    assert left["features of webanno.custom.Of", "a relation becomes a field, which has no features"] == 1


def test_what_a_relation_leads_to_and_does_not_exist_is_reported(tmp_path: Path) -> None:
    of = {"relations": {"Of": {"of": "Dependent", "field": "entity"}}}
    problems, made, _ = tsv(ONE.format(text="Ada", cells="PER\t_\t_\t*\t7-7"), tmp_path, map=of)
    assert [code for code, _ in problems] == ["IMP5"]
    assert words(made, "mentions") == ["Ada"]


@given(values=st.lists(st.text(st.sampled_from("ab\\|[]_->;\t\n*é")), min_size=1))
def test_what_was_escaped_is_read_again(values: list[str]) -> None:
    escapes = {char: f"\\{char}" for char in "\\[]|_;*"} | {"\t": "\\t", "\n": "\\n"}
    written = ["".join(escapes.get(char, char) for char in value).replace("->", "\\->") for value in values]
    assert [unescape(value) for value in split("|".join(written), "|")] == values


def test_a_link_to_wikidata_is_the_entitys(tmp_path: Path) -> None:
    header = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED}|identifier|value\n\n\n"
    cells = "http://www.wikidata.org/entity/Q42\tPER"
    problems, made, _ = tsv(ONE.format(text="Ada", cells=cells), tmp_path, header, kb_date="2026-01-01")
    assert problems == []
    assert made["entities"] == [
        {"id": "e1", "type": "PER", "name": "Ada", "kb": "wikidata:Q42", "kb_date": "2026-01-01"}
    ]


def test_what_was_curated_is_gold(tmp_path: Path) -> None:
    folder = tmp_path / "source/curation/a.txt"
    folder.mkdir(parents=True)
    (folder / "CURATION_USER.tsv").write_text(HEADER + ONE.format(text="Ada", cells="PER\t_\t_\t_\t_"))
    assert imported("webanno-tsv", tmp_path / "source", tmp_path / "new")[0] == []
    assert list(annotations(tmp_path / "new")) == ["gold/a.txt.json"]


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
        ('target="2"', 'target="77"', [("IMP2", 1)], None),
        ("<custom:Cue ", "<custom:Unknown ", [("IMP2", 1)], None),
        ('xmi:id="5"', 'xmi:id="4"', [("IMP2", 7)], None),
        ("<cas:View", "<cas:Vie", [("IMP2", 1)], None),
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


@pytest.mark.parametrize("name", ["x=__import__('os').mkdir('RAN')", "a b", "class", "__init__", ""])
def test_a_name_that_is_none_makes_no_class(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    types = TYPES.replace("<name>manner</name>", f"<name>{name}</name>")
    problems, made, _ = xmi(' manner="indirect"', "", tmp_path, types)
    assert [code for code, _ in problems] == ["IMP2", "IMP1"]
    assert made == {}
    assert not (tmp_path / "RAN").exists()


def test_without_its_type_system_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "doc.xmi").write_bytes(XMI.read_bytes())
    problems, _ = imported("uima-xmi", tmp_path / "doc.xmi", tmp_path / "new")
    assert [one.code for one in problems] == ["IMP1"]


def test_without_cassis_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cassis", None)
    ran = run("import", "uima-xmi", f"{EXAMPLES}/uima", "--into", str(tmp_path / "new"))
    assert (ran.code, ran.err) == (2, "corpus: dkpro-cassis is not installed: pip install 'on-the-record[formats]'\n")
