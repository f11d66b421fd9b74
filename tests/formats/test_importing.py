"""What every import does: it says what it drops, sets faulty annotations aside, invents nothing, and ends valid."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset
from hypothesis import given
from hypothesis import strategies as st
from support.corpora import TEXT, Corpus, Ran, run, tiny
from support.exchange import EXAMPLES, FEW, SAID, annotations, imported, quarantined

from corpus.core.schema import Schema
from corpus.formats import FORMATS
from corpus.formats.known import Causes, Known
from corpus.formats.names import annotators, doc_ids
from corpus.formats.offset_readings import OffsetReadings
from corpus.formats.sources import problem
from corpus.labelstudio.decode import decode
from corpus.labelstudio.tasks import encode

RECORD = [f"--record={key}={value}" for key, value in SAID.items()]
PERSON = '[types.Person]\nlayer = "mentions"\nentity = "PER"\n'


def make(folder: Path, files: dict[str, str]) -> Path:
    """Write files into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def come_in(name: str, tmp_path: Path, files: dict[str, str], of: str = "", *more: str) -> tuple[Ran, Path]:
    """Import files with a map; return what came of the command, and the new corpus."""
    source = make(tmp_path / "source", files)
    (tmp_path / "map.toml").write_text(of)
    root = tmp_path / "new"
    said = [f"--map={tmp_path / 'map.toml'}"] if of else []
    return run("import", name, str(source), "--into", str(root), *said, *RECORD, *more), root


EXAMPLE = {"brat": "attribution", "conll": "columns", "prodigy": "prodigy", "doccano": "doccano"}
EXAMPLE |= {"webanno-tsv": "webanno", "uima-xmi": "uima", "label-studio": "label-studio"}


@pytest.mark.parametrize("name", EXAMPLE)
def test_what_an_import_writes_validates_builds_and_loads(name: str, tmp_path: Path) -> None:
    of = "webanno" if name == "uima-xmi" else EXAMPLE[name]
    root = tmp_path / "new"
    run("import", name, f"{EXAMPLES}/{EXAMPLE[name]}", f"--map={EXAMPLES}/{of}.toml", "--into", str(root), *RECORD)
    corpus = Corpus(root)
    assert [one for one in corpus.findings() if one["severity"] == "error"] == []
    assert corpus.run("build").code == 0
    loaded = load_dataset(str(root / "build"), "documents", cache_dir=str(tmp_path / "cache"))
    assert sum(split.num_rows for split in loaded.values()) == len(list((root / "raw").glob("*.json")))


def test_a_mention_without_a_form_builds_and_loads(tmp_path: Path) -> None:
    files = {"d.txt": "Ada met Bob.", "d.ann": "T1\tPER 0 3\tAda\nT2\tPER 8 11\tBob\nA1\tform T1 NAM\n"}
    ran, root = come_in("brat", tmp_path, files)
    assert (ran.code, Corpus(root).run("build").code) == (0, 0)
    (row,) = load_dataset(str(root / "build"), "entities", cache_dir=str(tmp_path / "cache"))["train"]
    assert row["tokens"] == ["Ada", "met", "Bob", "."]


def test_a_refused_text_is_not_an_import(tmp_path: Path) -> None:
    ran, root = come_in("brat", tmp_path, {"d.txt": "\ufeffAda left.\n", "d.ann": "T1\tPerson 1 4\tAda\n"}, PERSON)
    assert (ran.code, root.exists()) == (1, False)
    assert ran.err.splitlines()[-1] == "nothing was imported"
    assert "imported;" not in ran.err


def test_what_was_read_in_part_gives_no_rows_of_o(tmp_path: Path) -> None:
    rows = "EU NNP I-NP B-ORG\nrejects VBZ I-VP O\n\nPeter NNP I-NP B-PER\nBlackburn NNP I-NP I-ORG\nwent VBD I-VP O\n"
    ran, root = come_in("conll", tmp_path, {"train.conll": rows})
    assert ran.code == 1
    assert annotations(root) == {}
    assert not (root / "annotations").exists()
    (held,) = (root / "quarantine").rglob("*.problems.json")
    assert {one["code"] for one in json.loads(held.read_text("utf-8"))} == {"IMP2"}
    assert "could not read" in next(iter(quarantined(root).values()))["provenance"]["note"]
    assert Corpus(root).run("build").code == 0
    with pytest.raises(ValueError, match="'entities' not found"):
        load_dataset(str(root / "build"), "entities", cache_dir=str(tmp_path / "cache"))


def test_names_in_any_script_have_an_id_of_their_own(tmp_path: Path) -> None:
    names = ["甲", "乙", "Отчёт"]
    files = {f"{one}.txt": f"Ada left {one}." for one in names}
    files |= {f"{who}/{one}.ann": "T1\tPerson 0 3\tAda\n" for one in names for who in ("李", "Müller")}
    all_of_them, root = come_in("brat", tmp_path / "all", files, PERSON)
    assert all_of_them.code == 0
    few = {name: text for name, text in files.items() if "乙" in name}
    _, other = come_in("brat", tmp_path / "few", few, PERSON)
    made = annotations(root)
    assert len(made) == 6
    assert annotations(other).keys() <= made.keys()
    records = [json.loads(path.read_bytes()) for path in sorted((root / "raw").glob("*.json"))]
    assert sorted(one["imported_from"] for one in records) == sorted(names)
    notes = {one["provenance"]["note"] for one in made.values()}
    assert notes == {"the source names the annotator '李'", "the source names the annotator 'Müller'"}
    assert Corpus(root).findings() == []


def test_valid_names_do_not_depend_on_each_other() -> None:
    names = ["a b", "a-b", "Ünsafe?", "Unsafe", "日本", "語", "con", "x" * 200]
    made = {one: doc_ids()(one) for one in names}
    together = doc_ids()
    assert {one: together(one) for one in reversed(names)} == made
    assert len(set(made.values())) == len(names)
    assert made["a-b"] == "a-b"
    assert doc_ids()("é.txt") == doc_ids()("e\u0301.txt")
    assert annotators()("Eve") == "eve"


def test_annotators_that_differ_in_case_are_not_merged(tmp_path: Path) -> None:
    files = {"d.txt": "Ada left.", "Eve/d.ann": "", "eve/d.ann": ""}
    ran, _ = come_in("brat", tmp_path, files, PERSON)
    assert (ran.code, "'Eve' and 'eve' both become 'eve'" in ran.err) == (2, True)


TSV = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value


#Text=Ada left .
1-1\t0-3\tAda\thttp://www.wikidata.org/entity/Q64\tPER\t
1-2\t4-8\tleft\t_\t_\t
1-3\t9-10\t.\t_\t_\t
"""
NAMED = '[types."NamedEntity.value=PER"]\nlayer = "mentions"\nentity = "PER"\n'


@pytest.mark.parametrize(
    ("of", "more", "kb"),
    [
        (NAMED, [], None),
        (NAMED, ["--kb-date=2026-01-01"], "2026-01-01"),
        ('kb_date = "2026-01-01"\n' + NAMED, [], "2026-01-01"),
        ("kb_date = 2026-01-01\n" + NAMED, [], "2026-01-01"),
        (NAMED + 'set = { kb_date = "2026-01-01" }\n', [], "2026-01-01"),
        (NAMED + "set = { kb_date = 2026-01-01 }\n", [], "2026-01-01"),
    ],
)
def test_an_id_of_a_knowledge_base_has_a_date(of: str, more: list[str], kb: str | None, tmp_path: Path) -> None:
    ran, root = come_in("webanno-tsv", tmp_path, {"d.tsv": TSV}, of, *more)
    assert ran.code == 0
    (entity,) = next(iter(annotations(root).values()))["entities"]
    assert (entity.get("kb"), entity.get("kb_date")) == ("wikidata:Q64" if kb else None, kb)
    assert ("dropped 1 knowledge-base id of wikidata: an id needs the date" in ran.err) == (kb is None)
    assert Corpus(root).findings() == []


def test_a_date_that_is_none_is_refused(tmp_path: Path) -> None:
    ran, _ = come_in("webanno-tsv", tmp_path, {"d.tsv": TSV}, NAMED, "--kb-date=soon")
    assert (ran.code, "'soon' is not a date" in ran.err) == (2, True)


def test_a_control_character_is_a_finding_or_is_replaced(tmp_path: Path) -> None:
    files = {"d.txt": "Ada\x0cLee\x00 left.\n", "d.ann": "T1\tPerson 4 7\tLee\nT2\tPerson 0 8\tAda\x0cLee\x00\n"}
    ran, _ = come_in("brat", tmp_path / "as-is", files, PERSON)
    assert ran.code == 1
    assert "F111" in ran.out
    assert "help: import again with --replace-controls" in ran.out
    ran, root = come_in("brat", tmp_path / "replaced", files, PERSON, "--replace-controls")
    assert (ran.code, Corpus(root).findings()) == (0, [])
    assert (root / "raw/d.txt").read_text("utf-8") == "Ada Lee\ufffd left.\n"
    assert Corpus(root).read("raw/d.json")["replaced_characters"] == ["3 U+000C", "7 U+0000"]
    words = [one["spans"][0]["text"] for one in annotations(root)["gold/d.json"]["mentions"]]
    assert words == ["Ada Lee\ufffd", "Lee"]


DOCCANO = '[types]\nPERSON = { layer = "mentions", entity = "PER" }\n'


@pytest.mark.parametrize(
    ("text", "span", "reason"),
    [
        ("One line.\r\nAda left.", [10, 13], "were made on a text with LF line endings"),
        ("One line.\nAda left.", [11, 14], "were made on a text with CRLF line endings"),
        ("\U0001f600 hello Ada left.", [9, 12], "count UTF-16 units"),
        ("\U0001f600 left \U0001f600 Ada", [11, 14], "count UTF-16 units"),
        ("Ünë Ada left.", [6, 9], "count UTF-8 bytes"),
        (
            "\U0001f600 one.\r\n\r\nAda left.",
            [9, 12],
            "count UTF-16 units and were made on a text with LF line endings",
        ),
    ],
)
def test_offsets_in_other_units_are_converted_with_a_note(
    text: str, span: list[int], reason: str, tmp_path: Path
) -> None:
    line = json.dumps({"id": 3, "text": text, "label": [[*span, "PERSON"]]})
    ran, root = come_in("doccano", tmp_path, {"all.jsonl": line}, DOCCANO)
    assert ran.code == 0
    value = annotations(root)["gold/3.json"]
    assert [one["spans"][0]["text"] for one in value["mentions"]] == ["Ada"]
    assert value["provenance"]["note"] == f"the offsets {reason} and were converted"
    assert f"note: all.jsonl: the offsets {reason}; converted spans" in ran.err


@pytest.mark.parametrize(
    "lines",
    [
        [("One line.\r\nAda left.", [11, 14])],
        [("\U0001f600 hello Ada left.", [8, 11])],
        [("Berliner\nAda", [0, 6]), ("Der Berliner\nAda", [13, 16])],  # a part of a word, on purpose
        [("日本語\n東京都", [4, 6])],
        [("日\U0001f600本 語東京", [0, 2])],
    ],
)
def test_offsets_in_code_points_stay(lines: list[tuple[str, list[int]]]) -> None:
    readings = OffsetReadings()
    for text, (start, end) in lines:
        readings.add(text, [(start, end)])
    reading = readings.decide()
    for text, (start, end) in lines:
        assert reading.of(text).pair(start, end) == (start, end)
    assert reading.unclear == ""


WORDS = st.sampled_from(["Ada", "Müller", "Отчёт", "сказал", "الرئيس", "قال", "\U0001f600", "naïve", "x", "1,000"])
OTHERS = {
    "utf-16": lambda text, at: len(text[:at].encode("utf-16-le")) // 2,
    "utf-8": lambda text, at: len(text[:at].encode()),
    "lf": lambda text, at: at - text[:at].count("\r\n"),
    "code points": lambda text, at: at,
}


@pytest.mark.parametrize("unit", OTHERS)
@FEW
@given(
    texts=st.lists(st.lists(WORDS, min_size=4, max_size=12), min_size=6, max_size=10),
    rng=st.randoms(use_true_random=False),
)
def test_the_reading_of_a_file_is_found_in_any_script(unit: str, texts: list[list[str]], rng: random.Random) -> None:
    readings, expected = OffsetReadings(), []
    for words in texts:
        text = "".join(word + rng.choice([" ", " ", "\r\n"]) for word in ["\U0001f600", *words, "said"])
        pairs = [(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
        counted = [(OTHERS[unit](text, start), OTHERS[unit](text, end)) for start, end in pairs]
        readings.add(text, counted)
        expected.append((text, pairs, counted))
    reading = readings.decide()
    for text, pairs, counted in expected:
        assert reading.unclear or [reading.of(text).pair(*pair) for pair in counted] == pairs


def test_readings_that_cannot_be_told_apart_set_the_annotation_aside(tmp_path: Path) -> None:
    # As it is, the span is a blank; UTF-16 units make it the word before, LF line endings the word after.
    line = json.dumps({"id": 3, "text": "\U0001f600\r\na b left.", "label": [[4, 5, "PERSON"]]})
    ran, root = come_in("doccano", tmp_path, {"all.jsonl": line}, DOCCANO)
    assert (ran.code, annotations(root)) == (1, {})
    assert "which cannot be told apart" in ran.out


def test_keys_and_files_that_a_reader_does_not_know_are_counted(tmp_path: Path) -> None:
    files = {
        "d.txt": "Ada left.",
        "d.ann": "T1\tPerson 0 3\tAda\n",
        "d.rel": "",
        "e.rel": "",
        "notes.xml": "<x/>",
        "annotation.conf": "",
        ".hidden": "",
    }
    ran, root = come_in("brat", tmp_path, files, PERSON)
    assert ran.code == 0
    assert "dropped 2 files *.rel: this format reads .ann and .a1 and .a2 and .txt" in ran.err
    assert "dropped 1 file *.xml: this format reads .ann and .a1 and .a2 and .txt" in ran.err
    assert ".conf" not in ran.err
    assert ".hidden" not in ran.err
    report = Corpus(root).read("import.json")
    why = "this format reads .ann and .a1 and .a2 and .txt"
    assert {"what": "files *.rel", "why": why, "count": 2} in report["dropped"]
    keys = Known("values of", ("text",), "unknown")
    _, left = imported("brat", tmp_path / "source", tmp_path / "again")
    keys.drop_others({"text": "x", "cats": ["a"], "empty": [], "none": None, "zero": 0}, left)
    assert (left["values of cats", "unknown"], left["values of zero", "unknown"]) == (1, 1)
    assert ("values of empty", "unknown") not in left


def test_names_without_a_pattern_are_shown(tmp_path: Path) -> None:
    files = {"d.txt": "Ada left.", "d.ann": "", "x/y/z.ann": ""}
    ran, _ = come_in("brat", tmp_path, files, 'files = "{doc}.ann"\n' + PERSON)
    assert "dropped 1 file: no pattern of the map's `files` matches x/y/z.ann" in ran.err


@pytest.mark.parametrize(
    ("of", "code", "said"),
    [
        ('[types.Persn]\nlayer = "mentions"\nentity = "PER"\n', 1, "types.Persn\n    help: did you mean 'Person'?"),
        (
            PERSON + '[types.Org]\nlayer = "mentions"\nentity = "ORG"\n',
            0,
            "the files have nothing for types.Org of the map",
        ),
        ("typs = {}\n", 2, "map: unknown typs; did you mean 'types'?; known are "),
    ],
)
def test_names_of_a_map_that_match_nothing(of: str, code: int, said: str, tmp_path: Path) -> None:
    ran, _ = come_in("brat", tmp_path, {"d.txt": "Ada left.", "d.ann": "T1\tPerson 0 3\tAda\n"}, of)
    assert ran.code == code
    assert said in ran.out + ran.err


def test_a_note_on_a_relation_is_counted(tmp_path: Path) -> None:
    lines = ["T1\tPerson 0 3\tAda", "T2\tPerson 4 7\tEve", "R1\tFamily Arg1:T1 Arg2:T2", "A1\tConf R1 high"]
    lines += ["A2\tConf T1 high", "#1\tAnnotatorNotes R1\tsure?", "#2\tAnnotatorNotes A2\twhy?"]
    ran, root = come_in("brat", tmp_path, {"d.txt": "Ada Eve", "d.ann": "\n".join(lines)}, PERSON)
    assert (ran.code, ran.out) == (0, "")
    assert "dropped 2 notes AnnotatorNotes: it belongs to a relation or attribute, which becomes a field" in ran.err
    assert len(annotations(root)["gold/d.json"]["mentions"]) == 2


def test_nothing_is_invented_by_a_round_trip(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    path = "annotations/gold/alpha.json"
    value: dict[str, Any] = corpus.read(path)
    unknown = {"parent", "speaker", "continues_paragraph"}
    value["quotes"] = [{key: one for key, one in quote.items() if key not in unknown} for quote in value["quotes"]]
    value["fields_done"] = {"quotes": [key for key in value["quotes"][0] if key != "id"]}
    corpus.write(path, value | {"schema_version": "1.1"})
    for name in ("brat", "citron"):
        assert corpus.run("export", name, str(tmp_path / name)).code == 0
        assert imported(name, tmp_path / name, tmp_path / f"from-{name}")[0] == []
        (quote,) = annotations(tmp_path / f"from-{name}")["gold/alpha.json"]["quotes"]
        assert quote.keys() <= value["quotes"][0].keys() | ({"speaker"} if name == "citron" else set())


def test_problems_with_one_cause_are_one_problem() -> None:
    causes = Causes()
    for line in (3, 4, 9):
        causes.add("IOB1", problem("IMP2", "f", "the tags look like IOB1", place=(line, 1), suggestion="scheme"))
    (one,) = causes
    assert (one.line, one.suggestion) == (3, "scheme")
    assert one.message.endswith("the tags look like IOB1 (3 times, here first)")


def test_bulk_files_hold_the_same_corpus(tmp_path: Path) -> None:
    files = {f"d{i}.txt": f"Ada left {i}." for i in range(3)} | {f"d{i}.ann": "T1\tPerson 0 3\tAda\n" for i in range(3)}
    _, single = come_in("brat", tmp_path / "one", files, PERSON)
    ran, bulk = come_in("brat", tmp_path / "two", files, PERSON, "--bulk")
    assert (ran.code, Corpus(bulk).findings()) == (0, [])
    assert sorted(path.name for path in (bulk / "raw").iterdir()) == ["imported.jsonl"]
    lines = (bulk / "annotations/gold/imported.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(dict(sorted(annotations(single).items())).values())


def test_a_suggested_map_is_a_map(tmp_path: Path) -> None:
    out = tmp_path / "map.toml"
    ran = run("import", "doccano", f"{EXAMPLES}/doccano", "--suggest-map", "--out", str(out))
    assert (ran.code, ran.out) == (0, "")
    text = out.read_text("utf-8")
    assert "layer = " in text
    root = tmp_path / "new"
    ran = run("import", "doccano", f"{EXAMPLES}/doccano", "--map", str(out), "--into", str(root), *RECORD)
    assert ran.code == 1
    assert run("import", "doccano", f"{EXAMPLES}/doccano", "--suggest-map", "--out", str(out)).code == 2
    assert run("import", "german-news", f"{EXAMPLES}/doccano", "--suggest-map").code == 2
    assert run("import", "doccano", f"{EXAMPLES}/doccano").code == 2
    assert FORMATS["german-news"].reads


def shared(root: Path) -> tuple[Corpus, dict[str, Any]]:
    """A corpus in which two mentions with the same words belong to two entities, and that annotation."""
    corpus = tiny(root)
    value: dict[str, Any] = corpus.read("annotations/gold/alpha.json")
    value["entities"].append({**value["entities"][0], "id": "e2", "type": "ORG", "name": "The Council"})
    value["mentions"].insert(1, {**value["mentions"][0], "id": "m9", "entity": "e2"})
    corpus.write("annotations/gold/alpha.json", value)
    return corpus, value


def entities_of(value: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Where each mention is, and the name of its entity."""
    names = {one["id"]: one["name"] for one in value["entities"]}
    return [(one["spans"][0]["start"], one["spans"][0]["end"], names[one["entity"]]) for one in value["mentions"]]


def test_a_mention_of_two_entities_is_kept_by_brat(tmp_path: Path) -> None:
    corpus, value = shared(tmp_path / "corpus")
    assert corpus.run("export", "brat", str(tmp_path / "out")).code == 0
    assert imported("brat", tmp_path / "out", tmp_path / "again")[0] == []
    again = annotations(tmp_path / "again")["gold/alpha.json"]
    assert entities_of(again) == entities_of(value)


def test_a_mention_of_two_entities_is_kept_by_label_studio(tmp_path: Path) -> None:
    corpus, value = shared(tmp_path / "corpus")
    schema = Schema.read(corpus.root)
    decoded = decode(json.loads(json.dumps(encode(value, TEXT, schema))), TEXT, schema)
    assert decoded.faults == []
    assert sorted(entities_of(decoded.layers)) == sorted(entities_of(value))


CHAINS = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value
#T_CH=de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink|referenceType|referenceRelation


#Text=Ada she it
1-1\t0-3\tAda\tPER\t*[1]|*[2]\t*->1-1|*->2-1\t
1-2\t4-7\tshe\t_\t*\t*->1-2\t
1-3\t8-10\tit\t_\t*\t*->2-2\t
"""


def test_words_in_two_chains_are_two_mentions(tmp_path: Path) -> None:
    ran, root = come_in("webanno-tsv", tmp_path, {"d.tsv": CHAINS})
    assert ran.code in (0, 1)
    (value,) = annotations(root).values()
    assert len({one["entity"] for one in value["mentions"]}) == 2
    assert [one["spans"][0]["text"] for one in value["mentions"]] == ["Ada", "Ada", "she", "it"]
