"""brat: what other collections have that ours do not, and the configuration that an export writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.corpora import run, tiny
from support.exchange import SAID, imported, quarantined, with_quarantined

TEXT = "Ada said she saw Bo Li."
ADA, SAW = "T1\tPerson 0 3\tAda\n", "T2\tPerson 17 22\tBo Li\n"
PERSON = {"Person": {"layer": "mentions", "entity": "PER"}}


def read(
    files: dict[str, str], folder: Path, /, **said: Any
) -> tuple[list[tuple[str, str, int]], dict[str, dict[str, Any]], dict[str, int]]:
    """Import files; return (code, file, line) of each Problem, the annotations, and what was dropped."""
    for name, text in files.items():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text(text, "utf-8")
    problems, left = imported("brat", folder / "source", folder / "new", map=said)
    found = [(one.code, one.file.rpartition("/source/")[2], one.line) for one in problems]
    return found, with_quarantined(folder / "new"), {what: count for (what, _), count in (+left).items()}


def words(value: dict[str, Any], layer: str, field: str = "spans") -> list[str]:
    return [span["text"] for one in value.get(layer, ()) for span in one.get(field, ())]


def test_notes_on_relations_and_attributes_are_counted(tmp_path: Path) -> None:
    lines = (
        "R1\tFamily Arg1:T1 Arg2:T2\n#1\tAnnotatorNotes R1\tsure\nA1\tNegation R1\nA2\tConf T1 High\n"
        "#2\tAnnotatorNotes A2\tsee p. 3\n#3\tAnnotatorNotes #1\tindeed\nN1\tReference R1 x:1\tname\n"
    )
    problems, made, dropped = read({"d.txt": TEXT, "d.ann": ADA + SAW + lines}, tmp_path, types=PERSON)
    assert problems == []
    assert words(made["gold/d.json"], "mentions") == ["Ada", "Bo Li"]
    assert dropped == {
        "notes AnnotatorNotes": 3,
        "attributes Negation": 1,
        "attributes Conf": 1,
        "relations Family": 1,
        "knowledge-base ids": 1,
    }


def test_a_note_on_nothing_is_a_fault(tmp_path: Path) -> None:
    problems, _, _ = read({"d.txt": TEXT, "d.ann": ADA + "#1\tAnnotatorNotes R7\tsure\n"}, tmp_path, types=PERSON)
    assert problems == [("IMP5", "d.ann", 2)]


def test_a_text_with_a_byte_order_mark_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    (tmp_path / "d.ann").write_text(ADA.replace("0 3", "1 4"))
    said = [f"--record={key}={value}" for key, value in SAID.items()]
    ran = run("import", "brat", str(tmp_path / "d.ann"), "--into", str(tmp_path / "new"), *said)
    assert (ran.code, "byte-order-mark" in ran.out) == (1, True)
    assert ran.err.splitlines()[-1] == "nothing was imported"
    assert not (tmp_path / "new").exists()


EVENT = "T3\tSay 4 8\tsaid\nT4\tContent 9 22\tshe saw Bo Li\nE1\tSay:T3 Source:T1 What:T4\n"


@pytest.mark.parametrize(
    ("rule", "cue", "content"),
    [
        ({"words": "cue", "roles": {"Source": "source", "What": "content"}}, ["said"], ["she saw Bo Li"]),
        ({"words": False, "roles": {"Source": "source", "What": "content"}}, [], ["she saw Bo Li"]),
        ({"roles": {"Source": "source", "What": "content"}}, [], ["said", "she saw Bo Li"]),
    ],
)
def test_a_map_says_what_a_trigger_is(rule: dict[str, Any], cue: list[str], content: list[str], tmp_path: Path) -> None:
    types = {**PERSON, "Say": {"layer": "quotes", **rule}}
    problems, made, _ = read({"d.txt": TEXT, "d.ann": ADA + EVENT}, tmp_path, types=types)
    assert problems == []
    quotes = made["gold/d.json"]
    assert (words(quotes, "quotes", "cue"), words(quotes, "quotes", "content")) == (cue, content)
    assert quotes["quotes"][0]["source"] == ["m1"]


def test_an_ignored_trigger_without_content_is_set_aside(tmp_path: Path) -> None:
    types = {**PERSON, "Say": {"layer": "quotes", "words": False, "roles": {"Source": "source"}}}
    problems, _, _ = read({"d.txt": TEXT, "d.ann": ADA + EVENT}, tmp_path, types=types)
    assert problems == [("IMP2", "d.ann", 4)]
    assert list(quarantined(tmp_path / "new")) == ["d/gold.json"]


def test_a_trigger_may_be_a_role_too(tmp_path: Path) -> None:
    """The same words are in a field once, and a mention that triggers an event stays a mention."""
    types = {**PERSON, "Say": {"layer": "quotes", "words": "cue", "roles": {"Cue": "cue", "What": "content"}}}
    lines = EVENT.replace("Source:T1", "Cue:T3")
    problems, made, _ = read({"d.txt": TEXT, "d.ann": ADA + lines}, tmp_path, types=types)
    assert (problems, words(made["gold/d.json"], "quotes", "cue")) == ([], ["said"])
    types = {**PERSON, "Say": {"layer": "quotes", "words": "cue", "roles": {"Who": "source", "What": "content"}}}
    lines = "T4\tContent 9 22\tshe saw Bo Li\nE1\tSay:T1 Who:T1 What:T4\n"
    problems, made, _ = read({"d.txt": TEXT, "d.ann": ADA + lines}, tmp_path / "two", types=types)
    assert (problems, words(made["gold/d.json"], "mentions")) == ([], ["Ada"])
    assert made["gold/d.json"]["quotes"][0]["source"] == ["m1"]


def test_types_and_attributes_name_chains(tmp_path: Path) -> None:
    lines = "T1\tC_1 0 3\tAda\nT2\tC_2 17 22\tBo Li\nT3\tC_1 9 12\tshe\n"
    types = {"C_*": {"layer": "mentions", "entity": "PER", "chain": "TYPE"}}
    problems, made, dropped = read({"d.txt": TEXT, "d.ann": lines}, tmp_path, types=types)
    assert (problems, dropped) == ([], {})
    assert [one["entity"] for one in made["gold/d.json"]["mentions"]] == ["e1", "e1", "e2"]
    lines = ADA + SAW + "T3\tPerson 9 12\tshe\nA1\tId T1 7\nA2\tId T3 7\n#1\tNo T2\t7\n"
    types = {"Person": {"layer": "mentions", "entity": "PER", "chain": "Id"}}
    problems, made, _ = read({"d.txt": TEXT, "d.ann": lines}, tmp_path / "two", types=types)
    assert problems == []
    assert [one["entity"] for one in made["gold/d.json"]["mentions"]] == ["e1", "e1", "e2"]


def test_two_types_in_one_chain_are_named(tmp_path: Path) -> None:
    lines = ADA + "T2\tGroup 17 22\tBo Li\n*\tSame T1 T2\n"
    types = {**PERSON, "Group": {"layer": "mentions", "entity": "ORG"}}
    problems, made, dropped = read({"d.txt": TEXT, "d.ann": lines}, tmp_path, types=types, chains=["Same"])
    assert (problems, dropped) == ([], {"mentions of type ORG in a chain of PER": 1})
    assert "ORG in a chain of PER (line 2)" in made["gold/d.json"]["provenance"]["note"]


def test_texts_may_be_elsewhere(tmp_path: Path) -> None:
    files = {"texts/d.txt": TEXT, "texts/e.txt": "Alone.", "README.txt": "About this corpus.", "ann/novak/d.ann": ADA}
    problems, made, dropped = read(
        files, tmp_path, types=PERSON, files="ann/{annotator}/{doc}.ann", texts="texts/{doc}.txt"
    )
    assert (problems, list(made)) == ([], ["novak/d.json"])
    assert sorted(path.name for path in (tmp_path / "new/raw").glob("*.txt")) == ["d.txt", "e.txt"]
    assert dropped == {"files": 1}
    (tmp_path / "source/texts").rename(tmp_path / "texts")
    said = {"types": PERSON, "files": "ann/{annotator}/{doc}.ann", "texts": "../texts/{doc}.txt"}
    assert imported("brat", tmp_path / "source", tmp_path / "new", map=said)[0] == []


def test_any_annotator_is_gold_by_the_map(tmp_path: Path) -> None:
    files = {"d.txt": TEXT, "novak/d.ann": ADA, "meier/d.ann": ADA + SAW}
    assert sorted(read(files, tmp_path, types=PERSON)[1]) == ["meier/d.json", "novak/d.json"]
    _, made, _ = read(files, tmp_path, types=PERSON, gold="meier")
    assert sorted(made) == ["gold/d.json", "novak/d.json"]
    assert words(made["gold/d.json"], "mentions") == ["Ada", "Bo Li"]


SHARED_TASK = {
    "d.txt": TEXT,
    "d.a1": ADA + SAW,
    "d.a2": EVENT + "M1\tSure E1\n*\tSame T1 T2\n",
}
SAY = {**PERSON, "Say": {"layer": "quotes", "words": "cue", "roles": {"Source": "source", "What": "content"}}}


def test_files_of_the_shared_tasks_make_one_annotation(tmp_path: Path) -> None:
    problems, made, dropped = read(SHARED_TASK, tmp_path, types=SAY, chains=["Same"])
    assert (problems, dropped) == ([], {"attributes Sure": 1})
    one = made["gold/d.json"]
    assert [mention["entity"] for mention in one["mentions"]] == ["e1", "e1"]
    assert words(one, "quotes", "content") == ["she saw Bo Li"]


def test_a_fault_in_a_file_of_a_shared_task_has_its_own_line(tmp_path: Path) -> None:
    files = {**SHARED_TASK, "d.a2": EVENT.replace("Source:T1", "Source:T9") + "T1\tPerson 0 3\tAda\n"}
    problems, _, _ = read(files, tmp_path, types=SAY)
    assert sorted(problems) == [("IMP4", "d.a2", 4), ("IMP5", "d.a2", 3)]


def test_an_ann_file_stands_for_those_of_a_shared_task(tmp_path: Path) -> None:
    problems, made, dropped = read({**SHARED_TASK, "d.ann": ADA}, tmp_path, types=PERSON)
    assert (problems, words(made["gold/d.json"], "mentions")) == ([], ["Ada"])
    assert dropped == {"files *.a1 and *.a2": 2}


def test_unknown_files_are_counted_by_their_endings(tmp_path: Path) -> None:
    files = {"d.txt": TEXT, "d.ann": ADA, "d.xml": "", "annotation.conf": "", "notes.ann": ""}
    problems, _, dropped = read(files, tmp_path, types=PERSON, files="d{doc}.ann")
    assert dropped == {"files *.xml": 1, "files": 2}
    assert problems == []


def test_names_in_other_scripts_get_stable_ids(tmp_path: Path) -> None:
    files = {"Отчёт.txt": TEXT, "甲.txt": TEXT, "李/甲.ann": ADA, "Müller/Отчёт.ann": ADA}
    _, before, _ = read(files, tmp_path, types=PERSON)
    _, after, _ = read({**files, "乙.txt": TEXT, "乙/乙.ann": ADA}, tmp_path, types=PERSON)
    assert before.keys() < after.keys()
    records = [path.read_text("utf-8") for path in (tmp_path / "new/raw").glob("*.json")]
    assert all(any(f'"imported_from": "{name}"' in record for record in records) for name in ("Отчёт", "甲", "乙"))


def test_an_export_has_the_configuration_of_brat(tmp_path: Path) -> None:
    assert tiny(tmp_path / "corpus").run("export", "brat", str(tmp_path / "out")).code == 0
    visual = (tmp_path / "out/visual.conf").read_text("utf-8").splitlines()
    types = (tmp_path / "out/annotation.conf").read_text("utf-8").split("[relations]")[0].splitlines()
    labelled = {line.partition(" | ")[0] for line in visual[1 : visual.index("")]}
    assert {line for line in types[1:] if line} <= labelled | {"mentions"}
    drawing = visual[visual.index("[drawing]") + 1 :]
    assert all(line.count("\t") == 1 and ":" in line.partition("\t")[2] for line in drawing)
    assert any(line.startswith("PER\tbgColor:#") for line in drawing)


def test_a_suggested_map_reads_a_collection(tmp_path: Path) -> None:
    for name, text in {**SHARED_TASK, "d.txt": TEXT}.items():
        (tmp_path / name).write_text(text)
    ran = run("import", "brat", str(tmp_path), "--suggest-map")
    assert ran.code == 0
    assert "[types.Person]" in ran.out
    assert "types.Say" in ran.out
    assert 'chains = ["Same"]' in ran.out
