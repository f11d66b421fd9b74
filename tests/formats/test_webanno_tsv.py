"""WebAnno TSV: rows and cells of version 3, the older versions, and what a faulty row costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exchange import annotations, imported, quarantined, with_quarantined

from corpus.formats.tsv_cells import aligned, split, unescape, unescape_java

NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
LINK = "de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink"


def words(value: dict[str, Any], layer: str) -> list[str]:
    return [span["text"] for one in value.get(layer, ()) for span in one["spans"]]


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
    problems, _, _ = tsv(body, tmp_path)
    assert problems == expected
    assert not (tmp_path / "new/annotations").exists()


def test_a_file_of_another_format_is_one_problem(tmp_path: Path) -> None:
    problems, _, _ = tsv("", tmp_path, "#FORMAT=WebAnno TSV 4.0\n#T_SP=x\n")
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
        assert list(quarantined(tmp_path / "new")) == ["doc/gold.json"]
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
    assert left["features kind of webanno.custom.Of", "a relation becomes a field, which has no features"] == 1


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


def test_a_faulty_row_costs_the_annotation_and_not_the_text(tmp_path: Path) -> None:
    body = (
        "#Text=Ada and Eve\n1-1\t0-3\tAda\tPER\t_\t_\t_\t_\n1-2\t4-7\tand\t_\t_\t_\n1-3\t8-11\tEve\tPER\t_\t_\t_\t_\n"
    )
    problems, made, _ = tsv(body, tmp_path)
    assert problems == [("IMP2", 3)]
    assert words(made, "mentions") == ["Ada", "Eve"]
    assert (tmp_path / "new/raw/doc.txt").read_text() == "Ada and Eve"
    assert not (tmp_path / "new/annotations").exists()


def test_the_text_is_known_without_the_first_row_of_a_sentence(tmp_path: Path) -> None:
    body = "#Text=Ada left\n1-1\tAda\n1-2\t4-8\tleft\t_\t_\t_\t_\t_\n"
    problems, _, _ = tsv(body, tmp_path)
    assert problems == [("IMP2", 2)]
    assert (tmp_path / "new/raw/doc.txt").read_text() == "Ada left"


def test_an_unknown_header_is_counted_and_a_row_that_is_commented_out_is_a_fault(tmp_path: Path) -> None:
    body = "#Sentence.id=s1\n#Mood=fine\n" + ONE.format(text="Ada", cells="PER\t_\t_\t_\t_")
    problems, made, left = tsv(body, tmp_path)
    assert problems == []
    assert words(made, "mentions") == ["Ada"]
    assert left["header lines #Mood", "this header line is unknown"] == 1
    (tmp_path / "two").mkdir()
    body = ONE.format(text="Ada", cells="PER\t_\t_\t_\t_").replace("1-1", "#1-1")
    assert ("IMP2", 2) in tsv(body, tmp_path / "two")[0]


TWO_FEATURES = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED}|value|identifier\n\n\n"
KB = {"types": {f"NamedEntity.value={one}": {"layer": "mentions", "entity": one} for one in ("PER", "ORG")}}


@pytest.mark.parametrize(
    ("cells", "kb"),
    [
        ("PER[1]|ORG[2]\thttp://www.wikidata.org/entity/Q1[1]|http://www.wikidata.org/entity/Q2[2]", ["Q1", "Q2"]),
        ("PER[1]|ORG[2]\thttp://www.wikidata.org/entity/Q2[2]|http://www.wikidata.org/entity/Q1[1]", ["Q1", "Q2"]),
        ("PER[1]|ORG[2]\thttp://www.wikidata.org/entity/Q2[2]", [None, "Q2"]),
        ("PER|ORG\t*|http://www.wikidata.org/entity/Q2", [None, "Q2"]),
    ],
)
def test_stacked_annotations_are_paired_by_their_numbers(cells: str, kb: list[str | None], tmp_path: Path) -> None:
    problems, made, _ = tsv(ONE.format(text="Ada", cells=cells), tmp_path, TWO_FEATURES, map=KB, kb_date="2026-01-01")
    assert problems == []
    expected = [one and f"wikidata:{one}" for one in kb]
    assert [(one["type"], one.get("kb")) for one in made["entities"]] == list(
        zip(("PER", "ORG"), expected, strict=True)
    )


def test_stacks_that_cannot_be_paired_are_a_fault() -> None:
    assert aligned([["a", "b"], ["c"]], [True, True]) is None
    assert aligned([["a[1]", "b[1]"], ["c[1]"]], [True, True]) is None
    assert aligned([["a[1]", "b[2]"], ["x"]], [True, False]) is None
    assert aligned([["a", "b"], []], [True, True]) == [["a", None], ["b", None]]


@pytest.mark.parametrize(
    ("version", "written", "text"),
    [
        ("3", "f\\u00FCr", "f\\u00FCr"),
        ("3.1", "f\\u00FCr", "für"),
        ("3.1", '\\"\\374\\"', '"ü"'),
        ("3.2", "f\\u00FCr", "für"),
        ("3.2", "\\uD83D\\uDE00", "😀"),
        ("3.2", "\\uD83D.", "\\uD83D."),
        ("3.3", "a\\\\u00FC", "a\\u00FC"),
        ("3.3", "a\\rb\\\\", "a\rb\\"),
    ],
)
def test_escapes_are_those_of_the_version(version: str, written: str, text: str, tmp_path: Path) -> None:
    units = len(text.encode("utf-16-le")) // 2
    header = f"#FORMAT=WebAnno TSV {version}\n#T_SP={NAMED}|value\n\n\n"
    problems, made, _ = tsv(f"#Text={written}\n1-1\t0-{units}\t{written}\tPER\n", tmp_path, header)
    assert problems == []
    assert words(made, "mentions") == [text]


def test_escapes_of_java_and_of_the_format_differ() -> None:
    assert unescape(r"\q\u00e9\uu00e9") == r"\qéé"
    assert unescape_java(r"\q\101\n") == "qA\n"


CHAINS = (
    "#Text=Ada spoke . She and her crew left\n"
    "1-1\t0-3\tAda\t_\tnam[1]\tcoref->1-1\t_\t_\n1-2\t4-9\tspoke\t_\t_\t_\t_\t_\n1-3\t10-11\t.\t_\t_\t_\t_\t_\n"
    "1-4\t12-15\tShe\t_\tpro[1]\tbridging->1-2\t_\t_\n1-5\t16-19\tand\t_\t_\t_\t_\t_\n"
    "1-6\t20-23\ther\t_\t_\t_\t_\t_\n1-7\t24-28\tcrew\t_\tnom[1]\t*->1-3\t_\t_\n"
)


@pytest.mark.parametrize(
    ("chains", "entities", "dropped", "notes"),
    [
        (["CoreferenceLink"], ["e1", "e1", "e1"], 0, 1),
        (["CoreferenceLink.referenceRelation=coref"], ["e1", "e1", "e2"], 1, 0),
        ([f"{LINK}.referenceRelation=bridging"], ["e1", "e2", "e2"], 1, 0),
    ],
)
def test_a_map_selects_the_relations_of_a_chain(
    chains: list[str], entities: list[str], dropped: int, notes: int, tmp_path: Path
) -> None:
    of = {"chains": chains, "types": {"CoreferenceLink": {"layer": "mentions"}}}
    problems, made, left = tsv(CHAINS, tmp_path, map=of)
    assert problems == []
    assert words(made, "mentions") == ["Ada", "She", "crew"]
    assert [one["entity"] for one in made["mentions"]] == entities
    assert sum(count for (what, _), count in left.items() if what.startswith("relations ")) == dropped


def test_a_relation_layer_is_a_chain_by_its_value(tmp_path: Path) -> None:
    body = (
        "#Text=Ada and Eve\n1-1\t0-3\tAda\tPER\t_\t_\t_\t_\n1-2\t4-7\tand\tPER\t_\t_\tpart\t1-1\n"
        "1-3\t8-11\tEve\tPER\t_\t_\tsame\t1-1\n"
    )
    of = {"chains": ["Of.kind=same"], "types": {f"{NAMED}.value=PER": {"layer": "mentions", "entity": "PER"}}}
    problems, made, left = tsv(body, tmp_path, map=of)
    assert problems == []
    assert [one["entity"] for one in made["mentions"]] == ["e1", "e2", "e1"]
    assert sum(count for (what, _), count in left.items() if what.startswith("relations webanno.custom.Of")) == 1


OLD = {
    "map": {"types": {"NamedEntity.value=PER": {"layer": "mentions", "entity": "PER"}, "Note": {"layer": "nonquotes"}}}
}
TWO = f""" # {NAMED} | value # webanno.custom.Note | kind # webanno.custom.Of | rel | AttachTo={NAMED}
#id=1
#text=Ада Кун said 😀.
1-1\tАда\tB-PER\t_\t_\t_\t
1-2\tКун\tI-PER\t_\t_\t_\t
1-3\tsaid\tO\twebanno.custom.Note\t_\t_\t
1-4\t😀\tPER|B-PER\tx|y\tsame\t1-1\t
1-5\t.\tO|I-PER\t_\t_\t_\t

"""


def test_version_2_has_no_offsets(tmp_path: Path) -> None:
    of = {"map": {**OLD["map"], "chains": ["Of"]}}
    problems, made, left = tsv("", tmp_path, TWO, **of)
    assert problems == []
    assert (tmp_path / "new/raw/doc.txt").read_text("utf-8") == "Ада Кун said 😀."
    assert words(made, "mentions") == ["Ада Кун", "😀.", "😀"]
    assert words(made, "nonquotes") == ["said", "😀", "😀"]
    assert [one["entity"] for one in made["mentions"]] == ["e1", "e2", "e1"]
    assert left["features rel of webanno.custom.Of", "a relation becomes a field, which has no features"] == 1


def test_without_the_text_of_its_sentences_a_text_is_made_of_the_tokens(tmp_path: Path) -> None:
    lines = "1-1\tAda\tB-PER\n1-2\tleft\tO\n\n2-1\tShe\tO\n"
    problems, made, _ = tsv(lines, tmp_path, f" # {NAMED} | value\n", **OLD)
    assert problems == []
    assert (tmp_path / "new/raw/doc.txt").read_text() == "Ada left\nShe"
    assert "made of its tokens" in made["provenance"]["note"]


ONE_OLD = """#id=1
#text=Ms. Ada left .
1\tMs.\t_\tNNP\tB_PER\t2\tMOD\t_\t_
2\tAda\tAda\tNNP\tI_PER|B_ORG\t3\tSBJ\t_\t_
3\tleft\t_\tVBD\tO\t0\tROOT\t_\t_
4\t.\t_\t.\tO\t3\tP\t_\t_

"""


def test_version_1_has_fixed_columns(tmp_path: Path) -> None:
    problems, made, left = tsv("", tmp_path, ONE_OLD)
    assert problems == []
    assert [(one["type"], one["name"]) for one in made["entities"]] == [("PER", "Ms. Ada"), ("ORG", "Ada")]
    dropped = {what.rpartition(".")[2]: count for (what, _), count in left.items()}
    assert (dropped["POS"], dropped["Lemma"], dropped["Dependency"]) == (4, 1, 4)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("1\tMs.\t_\tNNP\t", "1\tMs.\t", 3), ("#id=1", "\xff", 1), ("2\tAda", "Ada", 4)],
)
def test_a_faulty_row_of_an_older_version_is_reported(old: str, new: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "doc.tsv").write_bytes(ONE_OLD.replace(old, new).encode("latin-1"))
    problems, _ = imported("webanno-tsv", tmp_path / "doc.tsv", tmp_path / "new")
    assert [(one.code, one.line) for one in problems] == [("IMP2", line)]
    assert list(quarantined(tmp_path / "new")) == ["doc/gold.json"]
