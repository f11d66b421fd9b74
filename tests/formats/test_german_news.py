"""`corpus import german-news`: nothing is lost, nothing is invented, and a broken file stops nothing.

The published corpus (CC BY-NC-SA 4.0) is no part of this repository; the tests over it are skipped where it is not
found: at $ON_THE_RECORD_GERMAN_NEWS, or in ../shared/corpora/german-news-quotation beside the repository.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from corpus.cli.main import main
from corpus.core.model import CorpusError, Problem
from corpus.core.schema import Schema, shipped
from corpus.formats import german_news

Json = dict[str, Any]
NAMED = {
    "quotes.type": ["direct", "indirect", "mixed", "reported", "free_indirect", "indirect_free_indirect"],
    "quotes.medium": ["speech", "writing", "thought", "unspecified", "speech_or_writing", "speech_or_thought"],
}

SENTENCES = (
    "🌉 „Die Brücke“, sagte Ada Kuhn dem Stadtrat, „bleibt offen.“",
    "Ole Brandt teilte in einem Brief mit, dass Ada Kuhn gesagt habe, das Geld fehle.",
    "Es gebe keinen Zeitplan.",
    "Im Herbst sollen die Arbeiten beginnen.",
    "Der Verein lobte den Plan.",
)
GAPS = (" \n\n", "  ", "\n\n", " ", "")
TEXT = "".join(map("".join, zip(SENTENCES, GAPS, strict=True)))
BRANDT = "Ole Brandt"


Pairs = list[tuple[int, int]]


def quote(kind: str, medium: str, content: list[str], flags: str = "", **roles: list[str]) -> Json:
    """An annotation to be: its roles are words, to be found in TEXT one behind the other; `flags` are inner, outer."""
    spans = {role: found(words) for role, words in {"quote": content, **roles}.items()}
    return {"type": kind, "medium": medium, "isNested": "inner" in flags, "hasNested": "outer" in flags, **spans}


def found(words: list[str]) -> Pairs:
    spans, at = [], 0
    for word in words:
        at = TEXT.index(word, at)
        spans.append((at, at + len(word)))
        at += len(word)
    return spans


QUOTES = [
    quote(
        "Direct",
        "Speech",
        ["„Die Brücke“", "„bleibt offen.“"],
        cue=["sagte"],
        speaker=["Ada Kuhn"],
        addressee=["dem Stadtrat"],
        frame=[", sagte Ada Kuhn dem Stadtrat,"],
    ),
    quote(
        "Indirect",
        "Writing",
        ["dass Ada Kuhn gesagt habe, das Geld fehle"],
        "outer",
        cue=["teilte", "mit"],
        speaker=[BRANDT],
        frame=["Ole Brandt teilte", "mit,"],
    ),
    quote("Indirect", "SW", ["das Geld fehle"], "inner", cue=["gesagt habe"], frame=["dass Ada Kuhn gesagt habe,"]),
    quote("IndirectFreeIndirect", "ST", ["Es gebe keinen Zeitplan."], speaker=[BRANDT]),
    quote("FreeIndirect", "SW", ["Im Herbst sollen die Arbeiten beginnen."], speaker=[BRANDT]),
    quote("Reported", "Thought", ["Der Verein lobte den Plan"], cue=["lobte"], speaker=["Der Verein"]),
]


def article(quotes: list[Json] = QUOTES, number: int = 7) -> Json:
    """A file of the source: TEXT with these annotations."""
    starts = accumulate((len(words + gap) for words, gap in zip(SENTENCES, GAPS, strict=True)), initial=0)
    sentences = [
        (start, start + len(words), re.findall(r"\w+|[^\w\s]", words))
        for start, words in zip(starts, SENTENCES, strict=False)
    ]
    return published_form(f"{number} - Die „Brücke“: offen (oder zu) (2021-02-03)", TEXT, sentences, quotes)


def back(root: Path, doc_id: str) -> Json:
    """The file of the source again, all of it, from what was made of it."""
    text = (root / f"raw/{doc_id}.txt").read_bytes().decode()
    record = json.loads((root / f"raw/{doc_id}.json").read_bytes())
    value = gold(root, doc_id)
    mentions = {mention["id"]: mention["spans"] for mention in value["mentions"]}
    types = {ours: theirs for theirs, ours in german_news.TYPES.items()}
    media = {ours: theirs for theirs, ours in german_news.MEDIA.items()}
    quotes = []
    for one in sorted(value["quotes"], key=number_of):
        spans = {"quote": one["content"], "cue": one["cue"], "frame": one["frame"]}
        spans["speaker"] = [span for mention in one["source"] for span in mentions[mention]]
        spans["addressee"] = [span for mention in one["addressee_mentions"] for span in mentions[mention]]
        roles = {role: [(span["start"], span["end"]) for span in of] for role, of in spans.items()}
        flags = {"isNested": one["is_nested"], "hasNested": one["has_nested"]}
        quotes.append({"type": types[one["type"]], "medium": media[one["medium"]], **flags, **roles})
    sentences = [(one["spans"][0]["start"], one["spans"][0]["end"], one["tokens"]) for one in value["sentences"]]
    name = f"{doc_id.removeprefix('wikinews-')} - {record['title']} ({record['published']})"
    return published_form(name, text, sentences, quotes)


def number_of(record: Json) -> int:
    return int(record["id"][1:])


def published_form(name: str, text: str, cut: list[tuple[int, int, list[str]]], quotes: list[Json]) -> Json:
    """A file of the source, from the sentences (start, end, tokens) and the annotations with offsets for roles."""
    tokens: list[Json] = []
    sentences: list[Json] = []
    following = [start for start, _, _ in cut[1:]]
    for i, ((start, end, words), upto) in enumerate(zip(cut, [*following, len(text)], strict=True)):
        begin, at = len(tokens), start
        for j, word in enumerate(words, 1):
            at = text.index(word, at)
            place = {"charBegin": at, "charEnd": at + len(word)}
            tokens.append(place | {"id": len(tokens), "sentence": i + 1, "text": word, "word": j})
            at += len(word)
        place = {"begin": begin, "end": len(tokens), "charBegin": start, "charEnd": end}
        ids = list(range(begin, len(tokens)))
        sentences.append(place | {"id": i, "text": text[start:upto].rstrip("\n"), "tokenIds": ids, "tokens": words})
    roles = [{role: role_of(text, tokens, one.get(role, [])) for role in german_news.ROLES} for one in quotes]
    return {
        "annotations": [{"id": i, **one, **of} for i, (one, of) in enumerate(zip(quotes, roles, strict=True))],
        "documentName": name,
        "originalText": text,
        "sentences": sentences,
        "tokens": tokens,
    }


def role_of(text: str, tokens: list[Json], spans: Pairs) -> Json:
    first = {token["charBegin"]: token["id"] for token in tokens}
    last = {token["charEnd"]: token["id"] for token in tokens}
    made = [{"begin": first[s], "charBegin": s, "charEnd": e, "end": last[e] + 1} for s, e in spans]
    ids = [i for span in made for i in range(span["begin"], span["end"])]
    return {"spans": made, "text": " ".join(text[s:e] for s, e in spans), "tokenIds": ids}


def write(path: Path, value: Json) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=4, ensure_ascii=False), "utf-8")
    return path


def run(*words: object) -> tuple[int, str]:
    """The exit code of `corpus` and what it printed."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main([str(word) for word in words])
    return code, out.getvalue()


def gold(root: Path, doc_id: str = "wikinews-7") -> Json:
    value: Json = json.loads((root / f"annotations/gold/{doc_id}.json").read_bytes())
    return value


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    write(tmp_path / "source/7 - Die „Brücke“ (2021-02-03).pretty.json", article())
    assert list(german_news.read(tmp_path / "source", tmp_path / "made")) == []
    return tmp_path / "made"


def test_nothing_is_lost(imported: Path) -> None:
    assert back(imported, "wikinews-7") == article()


def test_the_record(imported: Path) -> None:
    record = json.loads((imported / "raw/wikinews-7.json").read_bytes())
    assert (record["title"], record["published"]) == ("Die „Brücke“: offen (oder zu)", "2021-02-03")
    assert (record["length"], record["split"], record["url"]) == (len(TEXT), "test", None)
    assert (record["license"], record["redistribution"]) == ("CC-BY-NC-SA-4.0", "full")


def test_every_kind_has_its_label(imported: Path) -> None:
    quotes = {one["id"]: one for one in gold(imported)["quotes"]}
    kinds = [(quotes[f"q{i}"]["type"], quotes[f"q{i}"]["medium"]) for i in range(6)]
    assert kinds == [
        ("direct", "speech"),
        ("indirect", "writing"),
        ("indirect", "speech_or_writing"),
        ("indirect_free_indirect", "speech_or_thought"),
        ("free_indirect", "speech_or_writing"),
        ("reported", "thought"),
    ]
    schema = Schema.read(imported)
    for path, names in NAMED.items():
        labels = schema.labels(*path.split("."))
        assert [label.name for label in labels] == names
        assert all(label.title and label.description for label in labels)


def test_spans(imported: Path) -> None:
    quotes = {one["id"]: one for one in gold(imported)["quotes"]}
    words = {name: [span["text"] for span in quotes["q0"][name]] for name in ("content", "cue", "frame")}
    assert words == {
        "content": ["„Die Brücke“", "„bleibt offen.“"],
        "cue": ["sagte"],
        "frame": [", sagte Ada Kuhn dem Stadtrat,"],
    }
    assert [span["text"] for span in quotes["q1"]["cue"]] == ["teilte", "mit"]
    assert quotes["q3"]["cue"] == quotes["q3"]["frame"] == []


def test_equal_spans_share_a_mention(imported: Path) -> None:
    value = gold(imported)
    quotes = {one["id"]: one for one in value["quotes"]}
    words = {mention["id"]: mention["spans"][0]["text"] for mention in value["mentions"]}
    assert list(words.values()) == ["Ada Kuhn", "dem Stadtrat", BRANDT, "Der Verein"]
    assert quotes["q1"]["source"] == quotes["q3"]["source"] == quotes["q4"]["source"] == ["m3"]
    assert words[quotes["q0"]["addressee_mentions"][0]] == "dem Stadtrat"
    assert quotes["q2"]["source"] == []


def test_the_schema_has_what_the_source_has(imported: Path) -> None:
    schema = Schema.read(imported)
    assert list(schema.layers) == gold(imported)["layers_done"] == ["mentions", "quotes", "sentences"]
    assert schema.targets == {}
    assert all("entities" not in field.refers_to for layer in schema.layers.values() for field in layer.fields)
    original = json.loads((shipped() / "annotation.schema.json").read_bytes())
    assert original["$id"] != schema.annotation["$id"]


def test_it_is_valid_canonical_and_builds(imported: Path) -> None:
    assert run("--root", imported, "validate") == (0, "")
    assert run("--root", imported, "fmt", "--check") == (0, "")
    assert run("--root", imported, "build") == (0, "")


OUTER, INNER = ["dass Ada Kuhn gesagt habe, das Geld fehle"], ["das Geld fehle"]
MIDDLE = ["Ada Kuhn gesagt habe, das Geld fehle"]


@pytest.mark.parametrize(
    ("contents", "parents", "findings"),
    [
        ([(OUTER, "outer"), (INNER, "inner")], [None, "q0"], []),
        ([(OUTER, "outer"), (INNER, "")], [None, None], ["Q508"]),
        ([(OUTER, "outer"), (MIDDLE, "inner outer"), (INNER, "inner")], [None, "q0", "q1"], []),
        ([(INNER, "inner"), (MIDDLE, "inner"), (OUTER, "outer")], ["q2", "q2", None], []),
        ([(OUTER, ""), (INNER, "inner")], [None, "q0"], []),
        ([(INNER, "inner")], [None], []),
        ([(INNER, "inner"), (INNER, "outer")], ["q1", None], []),
        ([(INNER, "inner outer"), (INNER, "inner outer")], [None, "q0"], []),
        ([(["das Geld", "fehle"], "inner"), (OUTER, "outer")], ["q1", None], []),
    ],
)
def test_parents_follow_the_flags(
    contents: list[tuple[list[str], str]], parents: list[str | None], findings: list[str], tmp_path: Path
) -> None:
    source = write(tmp_path / "7.json", article([quote("Indirect", "Speech", *content) for content in contents]))
    assert list(german_news.read(source, tmp_path / "made")) == []
    assert [one["parent"] for one in sorted(gold(tmp_path / "made")["quotes"], key=number_of)] == parents
    problems = json.loads(run("--root", tmp_path / "made", "validate", "--format", "json")[1])
    assert [problem["code"] for problem in problems] == findings


def test_of_the_same_words_the_written_ones_are_around_the_spoken(tmp_path: Path) -> None:
    both = [quote("Direct", medium, INNER, "inner outer") for medium in ("Speech", "Writing")]
    for i, quotes in enumerate((both, both[::-1])):
        source = write(tmp_path / f"{i}.json", article(quotes))
        assert list(german_news.read(source, tmp_path / str(i))) == []
        found = {one["medium"]: (one["id"], one["parent"]) for one in gold(tmp_path / str(i))["quotes"]}
        assert found["writing"][1] is None
        assert found["speech"][1] == found["writing"][0]


@pytest.mark.parametrize(("folder", "split"), [("train", "train"), ("dev", "dev"), ("test", "test"), ("x", "test")])
def test_the_folder_is_the_split(folder: str, split: str, tmp_path: Path) -> None:
    write(tmp_path / "data" / folder / "7.json", article())
    assert list(german_news.read(tmp_path / "data", tmp_path / "made")) == []
    assert json.loads((tmp_path / "made/raw/wikinews-7.json").read_bytes())["split"] == split


def with_(change: Callable[[Json], None]) -> bytes:
    value = article()
    change(value)
    return json.dumps(value, indent=4, ensure_ascii=False).encode()


def first(value: Json) -> Json:
    annotation: Json = value["annotations"][0]
    return annotation


WHOLE = with_(lambda v: None)
BROKEN = {
    "empty": (b"", "IMP1", ""),
    "cut": (WHOLE[:-40], "IMP1", ""),
    "latin": (WHOLE.replace("ü".encode(), b"\xfc"), "IMP1", ""),
    "bom": (b"\xef\xbb\xbf" + WHOLE, "IMP1", ""),
    "deep": (b"[" * 100_000, "IMP1", ""),
    "twice": (WHOLE.replace(b'"id": 0,', b'"id": 0, "id": 0,', 1), "IMP1", ""),
    "list": (b"[]", "IMP2", ""),
    "no-text": (with_(lambda v: v.pop("originalText")), "IMP2", ""),
    "no-words": (with_(lambda v: v.update(originalText="")), "IMP2", "/originalText"),
    "no-cue": (with_(lambda v: first(v).pop("cue")), "IMP2", "/annotations/0"),
    "no-content": (with_(lambda v: first(v)["quote"].update(spans=[])), "IMP2", "/annotations/0/quote/spans"),
    "type": (with_(lambda v: first(v).update(type="Mixed")), "IMP2", "/annotations/0/type"),
    "flag": (with_(lambda v: first(v).update(isNested="no")), "IMP2", "/annotations/0/isNested"),
    "null": (with_(lambda v: v.update(sentences=None)), "IMP2", "/sentences"),
    "name": (with_(lambda v: v.update(documentName="../../x")), "IMP2", "/documentName"),
    "day": (with_(lambda v: v.update(documentName="8 - A (2021-02-30)")), "IMP2", "/documentName"),
    "outside": (with_(lambda v: first(v)["cue"]["spans"][0].update(charEnd=999)), "IMP3", "/annotations/0/cue"),
    "reversed": (with_(lambda v: first(v)["cue"]["spans"][0].update(charEnd=1)), "IMP3", "/annotations/0/cue"),
    "huge": (with_(lambda v: first(v)["cue"]["spans"][0].update(charEnd=10**15)), "IMP2", ""),
    "no-number": (WHOLE.replace(b": 22", b": 1e999", 1), "IMP1", ""),
    "shifted": (with_(lambda v: v.update(originalText="x" + v["originalText"])), "IMP3", "/annotations/0/quote"),
    "tokens": (with_(lambda v: v["sentences"][0]["tokens"].pop()), "IMP3", "/sentences/0/tokens"),
    "ids": (with_(lambda v: v["annotations"][1].update(id=0)), "IMP4", "/annotations/1/id"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_problem_and_the_rest_is_imported(name: str, tmp_path: Path) -> None:
    data, code, pointer = BROKEN[name]
    (tmp_path / "source").mkdir()
    (tmp_path / "source/1.json").write_bytes(data)
    write(tmp_path / "source/2.json", article(number=2))
    problems = list(german_news.read(tmp_path / "source", tmp_path / "made"))
    assert problems
    check_problem(problems[0], code, tmp_path / "source/1.json")
    if pointer:
        assert problems[0].pointer == pointer
        assert data.decode().split("\n")[problems[0].line - 1][problems[0].column - 1] in '"{['
    made = sorted(path.name for path in (tmp_path / "made").rglob("*") if path.parent.name in ("raw", "gold"))
    assert made == ["wikinews-2.json", "wikinews-2.json", "wikinews-2.txt"]


def check_problem(problem: Problem, code: str, file: Path) -> None:
    assert (problem.code, problem.severity, problem.file) == (code, "error", str(file))
    assert problem.line >= 1
    assert problem.column >= 1


def test_what_is_no_file_is_a_problem(tmp_path: Path) -> None:
    real = write(tmp_path / "7.txt", article())
    (tmp_path / "source/1.json").mkdir(parents=True)
    (tmp_path / "source/2.json").symlink_to(real)
    (tmp_path / "source/3.json").symlink_to(tmp_path / "nowhere")
    problems = list(german_news.read(tmp_path / "source", tmp_path / "made"))
    for problem, name in zip(problems, ("1.json", "2.json", "3.json"), strict=True):
        check_problem(problem, "IMP1", tmp_path / "source" / name)
    assert not (tmp_path / "made/raw").exists()


def test_an_article_is_not_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "source/1.json", article())
    write(tmp_path / "source/2.json", article([]))
    (problem,) = german_news.read(tmp_path / "source", tmp_path / "made")
    check_problem(problem, "IMP4", tmp_path / "source/2.json")
    assert back(tmp_path / "made", "wikinews-7") == article()


def test_the_command_says_what_was_wrong(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/1.json").write_bytes(b"{")
    code, out = run("import", "german-news", tmp_path / "source", "--into", tmp_path / "made")
    assert code == 1
    assert f"{tmp_path}/source/1.json:1:" in out
    assert "error IMP1 The file cannot be read: bad-json" in out


def test_nothing_to_import_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CorpusError, match=r"no \.json file"):
            list(german_news.read(source, tmp_path / "made"))
    source = write(tmp_path / "7.json", article())
    monkeypatch.setattr(german_news, "shipped", lambda: tmp_path)
    write(tmp_path / "annotation.schema.json", {"properties": {}})
    with pytest.raises(CorpusError, match="which german-news changes"):
        list(german_news.read(source, tmp_path / "made"))


PUBLISHED = Path(os.environ.get("ON_THE_RECORD_GERMAN_NEWS", "german-news-quotation"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published test split, imported."""
    if not any(PUBLISHED.glob("*.pretty.json")):
        pytest.skip(
            f"no German News Quotation corpus at {PUBLISHED}: get data/test/ of "
            "https://github.com/uhh-lt/german-news-quotation-attribution-2024 and set ON_THE_RECORD_GERMAN_NEWS to it"
        )
    made = tmp_path_factory.mktemp("german-news")
    assert run("import", "german-news", PUBLISHED, "--into", made) == (0, "")
    return made


def test_nothing_of_the_published_corpus_is_lost(published: Path) -> None:
    paths = sorted(PUBLISHED.glob("*.pretty.json"))
    assert len(paths) == 148
    for path in paths:
        assert back(published, f"wikinews-{path.name.split()[0]}") == json.loads(path.read_bytes())


def test_counts_of_the_published_corpus(published: Path) -> None:
    golds = [json.loads(path.read_bytes()) for path in (published / "annotations/gold").iterdir()]
    quotes = [one for value in golds for one in value["quotes"]]
    assert (len(golds), len(quotes)) == (148, 652)
    assert sum(not value["quotes"] for value in golds) == 22
    types, media = (Counter(one[name] for one in quotes) for name in ("type", "medium"))
    assert sum(types.values()) == 652
    assert (types["direct"], types["indirect"], types["reported"]) == (133, 374, 66)
    assert (types["free_indirect"], types["indirect_free_indirect"]) == (25, 54)
    assert media == {"speech": 303, "speech_or_writing": 214, "writing": 90, "speech_or_thought": 45}
    pieces = {name: sum(len(one[name]) > 1 for one in quotes) for name in ("content", "cue", "frame")}
    assert pieces == {"content": 57, "cue": 97, "frame": 29}
    filled = {name: sum(bool(one[name]) for one in quotes) for name in ("cue", "frame", "source", "addressee_mentions")}
    assert filled == {"cue": 468, "frame": 488, "source": 602, "addressee_mentions": 47}
    assert sum(len(mention["spans"]) > 1 for value in golds for mention in value["mentions"]) == 2
    assert sum(one["is_nested"] for one in quotes) == 64
    assert sum(one["has_nested"] for one in quotes) == 59
    assert sum(one["parent"] is not None for one in quotes) == 61
    assert sum(len(value["sentences"]) for value in golds) == 1966


def test_findings_in_the_published_corpus(published: Path) -> None:
    """All are real: frames and a speaker out of their order, a frame whose pieces overlap, a quote entered twice.

    The quotes that overlap in part (Q506, wikinews-73472) are in the document of P312, and no check of
    level 5 is asked about a document with a finding of level 3.
    """
    code, out = run("--root", published, "validate", "--format", "json")
    problems = json.loads(out)
    assert code == 1
    assert Counter((problem["code"], problem["severity"]) for problem in problems) == {
        ("P311", "warning"): 8,
        ("Q506", "warning"): 1,
        ("P312", "warning"): 1,
        ("Q507", "warning"): 1,
        ("C611", "info"): 3,
    }


def test_the_published_corpus_builds_and_loads(published: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    assert run("--root", published, "build", "--out", tmp_path / "build")[0] == 0
    rows = {}
    for config in datasets.get_dataset_config_names(str(tmp_path / "build")):
        loaded = datasets.load_dataset(str(tmp_path / "build"), config, cache_dir=str(tmp_path / "cache"))
        rows[config] = {split: len(table) for split, table in loaded.items()}
        features = loaded["test"].features
        layer = features if config == "quotes" else features["quotes"].feature
        for path, names in NAMED.items():
            assert layer[path.removeprefix("quotes.")].names == names
    assert rows == {"documents": {"test": 148}, "quotes": {"test": 652}}
    count = Counter(loaded["test"]["type"])
    assert count[NAMED["quotes.type"].index("indirect")] == 374
