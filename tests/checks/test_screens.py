"""Screens flag every document that has a finding: of planted, of random and of damaged documents."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import planted  # noqa: F401  imports the kinds
from support.copies import copy_repository
from support.corpora import REPOSITORY, annotation, span
from support.corpora import record as article
from support.plant import KINDS, Kind
from support.plant_ground import Ground, articles, read
from support.screened import damage, missed, unlike
from support.strategies import Doc, corpora
from support.written import real, write, write_all

from corpus.checks import CHECKS, screens
from corpus.checks import quote_sources as sources
from corpus.checks.screen_table import SCREENS
from corpus.checks.suppress.suppressions import all_severities
from corpus.core.schema import Schema
from corpus.files import Index
from corpus.formats import german_news
from corpus.pipeline import shard
from corpus.pipeline.check import Policy
from corpus.pipeline.run import run_corpus

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
SCHEMA = Schema.read(REPOSITORY)
PUBLISHED = Path(os.environ.get("ON_THE_RECORD_GERMAN_NEWS", "german-news-quotation"))
ROUNDS = int(os.environ.get("ON_THE_RECORD_SCREENS", "1"))
"""How often real articles are damaged; more rounds find rarer faults."""


OURS = tuple(path.stem for path in sorted((REPOSITORY / "raw").glob("*.json")))[::4]
"""Articles of this repository from each of its stories, with all their annotations."""


def start(root: Path) -> Path:
    shutil.copytree(REPOSITORY / "schema", root / "schema", dirs_exist_ok=True)
    return root


def test_screens_flag_planted_faults(tmp_path: Path) -> None:
    """One kind of fault in each article, in as many corpora as are needed: screens look at each document alone."""
    kinds = [kind for kind in KINDS if kind.docs == 1]
    number = 0
    while kinds:
        root, number = start(tmp_path / str(number)), number + 1
        in_place: dict[str, str] = {}
        left = [kind for kind in kinds if not planted_in(root, kind, in_place)]
        assert len(left) < len(kinds)
        kinds = left
        found, (wrong, _) = missed(root), unlike(root)
        assert [(code, in_place.get(doc_id, doc_id)) for code, doc_id in found] == []
        assert [in_place.get(doc_id, doc_id) for doc_id in wrong] == []


def planted_in(root: Path, kind: Kind, in_place: dict[str, str]) -> bool:
    """Plant a fault in an article that is not in the corpus yet. False if each article with a place for it is there."""
    for number, doc_id in enumerate(articles()):
        if doc_id in in_place:
            continue
        ground = Ground([read(doc_id, kind.compared)])
        if kind.plant(ground, Random(number)) is None:
            continue
        files = {path: data for path, data in {**ground.contents(), **ground.files}.items() if data is not None}
        if any((root / path).exists() for path in files):  # a file that is not of this article: in the next corpus
            return False
        for path, data in files.items():
            write(root, path, data)
        in_place[doc_id] = kind.plant.__name__
        return True
    return all(kind.plant(Ground([read(one, kind.compared)]), Random(i)) is None for i, one in enumerate(articles()))


@settings(max_examples=25, deadline=None)
@given(corpora(SCHEMA, least=1, partial=True), st.booleans(), st.integers(0, 2**32))
def test_screens_flag_findings_of_random_documents(docs: list[Doc], bulk: bool, seed: int) -> None:
    rng = Random(seed)
    with TemporaryDirectory() as folder:
        root = start(Path(folder))
        values = [({**doc.record}, doc.text if doc.text_is_here else None, {**doc.annotations}) for doc in docs]
        for record, _, by in values:
            if rng.random() < 0.5:
                damage(rng, [record, *by.values()])
        write_all(root, values, bulk)
        assert missed(root) == []
        assert unlike(root)[0] == []


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The articles of the German corpus, imported."""
    if not PUBLISHED.is_dir():
        pytest.skip("the German News Quotation corpus is not here: set ON_THE_RECORD_GERMAN_NEWS")
    made = tmp_path_factory.mktemp("german") / "made"
    assert list(german_news.read(PUBLISHED, made)) == []
    return made


@pytest.mark.parametrize("bulk", [False, True])
def test_screens_flag_damage_of_our_articles(bulk: bool, tmp_path: Path) -> None:
    damaged(REPOSITORY, bulk, tmp_path, ROUNDS)


@pytest.mark.parametrize("bulk", [False, True])
def test_screens_flag_damage_of_german_articles(bulk: bool, tmp_path: Path, german: Path) -> None:
    damaged(german, bulk, tmp_path, ROUNDS)


def damaged(source: Path, bulk: bool, root: Path, rounds: int) -> None:
    for seed in range(rounds):
        rng = Random(f"{seed} {bulk}")
        here = root / str(seed)
        shutil.copytree(source / "schema", here / "schema")
        values = real(source)[seed % 3 :: 3]
        for record, _, by in values:
            for _ in range(rng.choice((0, 1, 1, 2))):
                damage(rng, [record, *by.values(), *by.values()])
        write_all(here, values, bulk)
        assert missed(here) == []
        assert unlike(here)[0] == []


@pytest.fixture(params=["ours", "german", "bulk", "odd"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A corpus with findings."""
    makers: dict[str, Callable[[], Path]] = {
        "ours": lambda: copy_repository(tmp_path / "ours", OURS),
        "german": lambda: request.getfixturevalue("german"),
        "bulk": lambda: faulty(tmp_path / "bulk"),
        "odd": lambda: odd(tmp_path / "odd"),
    }
    return makers[request.param]()


def test_findings_are_those_of_each_check_asked_about_each_document(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_screens = findings(root)
    monkeypatch.setattr(shard, "screened", lambda *_: {})
    assert findings(root) == with_screens
    assert with_screens


def test_summaries_of_columns_are_those_of_documents(root: Path) -> None:
    wrong, count = unlike(REPOSITORY if root.name == "ours" else root)  # It changes nothing, so all articles are read.
    assert wrong == []
    assert count > 20


def faulty(root: Path) -> Path:
    from bulk import write as write_bulk

    root.mkdir()
    write_bulk(root, 300, 0.02)
    return root


LANGUAGES = ("sv", "zh", "fr", "ar", "de", "en-UK", "no", "xx")


def odd(root: Path) -> Path:
    """Return a corpus in which each document has something that columns must not take for something else."""
    lines = [
        file.read_bytes().splitlines() for file in (faulty(root) / "raw/all.jsonl", root / "annotations/gold/all.jsonl")
    ]
    values = [(orjson.loads(record), orjson.loads(gold)) for record, gold in zip(*lines, strict=True)][:48]
    for number, (record, gold) in enumerate(values):
        quote, mentions = gold["quotes"][number % 6], gold["mentions"]
        match number % 12:
            case 0:
                record["language"] = LANGUAGES[number // 12]
            case 1:
                record["language"] = LANGUAGES[4 + number // 12]
            case 2:
                gold["provenance"] = {"task": number, "project": "p", "annotation": "q"}
            case 3:
                gold["provenance"] = {"created": "2026-11-24T10:00:00Z", "updated": "2026-11-23T10:00:00Z"}
            case 4:
                del record["text"]
                record["redistribution"] = "offsets_only"
            case 5:
                mentions[0]["spans"][0]["start"] = (2**63 - 1, -(2**63), 2**62, -1)[number // 12]
            case 6:
                del quote["parent"]
                quote["addressee"] = None
            case 7:
                quote["cue"] = None
            case 8:
                gold["entities"][0] |= {"kb": None, "kb_date": None}
            case 9:
                quote["parent"] = gold["quotes"][(number + 1) % 6]["id"]
            case 10:
                record["text"] = record["text"].replace("“", "„").replace("”", "“")
                record["text_sha256"] = gold["text_sha256"] = sha256(record["text"].encode()).hexdigest()
            case 11:
                mentions[0] |= {"form": "PRO"}
    for path, column in (("raw", 0), ("annotations/gold", 1)):
        write(root, f"{path}/all.jsonl", b"".join(orjson.dumps(value[column]) + b"\n" for value in values))
    return root


def findings(root: Path) -> list[Any]:
    """All findings of a corpus, and the number of skipped checks."""
    found: list[Any] = []
    with Index(root) as index:
        for one in run_corpus(index, shard.Validation(Policy(all_severities())), Schema.read(root)):
            found += [*one.problems, one.skipped_checks, one.documents]
    return found


def test_most_documents_need_no_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    screened = shard.screened
    monkeypatch.setattr(shard, "screened", lambda *args: asked.append(screened(*args)) or asked[-1])
    findings(faulty(tmp_path / "bulk"))
    found = [one for some in asked for one in some.values()]
    assert len(found) >= 290
    assert sum(not one.checks for one in found) >= 280


def test_marks_in_marks_need_no_look_at_each_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text has single marks in double ones, an apostrophe and a mark that opens again in the next paragraph."""
    asked = []
    screened = shard.screened
    monkeypatch.setattr(shard, "screened", lambda *args: asked.append(screened(*args)) or asked[-1])
    text = "“We wrote ‘no’ to the mayor’s plan twice,” Åsa Lindqvist said.\n“It ends.\n“It’s over,” she said.\n"
    start(tmp_path)
    for number in range(16):
        value = annotation(f"doc-{number}", text, nonquotes=[])
        value["layers_done"].append("nonquotes")
        value["quotes"][0] |= {
            "type": "direct",
            "content": [span(text, "We wrote ‘no’ to the mayor’s plan twice,")],
        }
        write(tmp_path, f"raw/doc-{number}.txt", text.encode())
        write(tmp_path, f"raw/doc-{number}.json", orjson.dumps(article(f"doc-{number}", text)))
        write(tmp_path, f"annotations/gold/doc-{number}.json", orjson.dumps(value))
    codes = {one.code for one in findings(tmp_path) if hasattr(one, "code")}
    of_marks = {"Q501", "Q521", "Q522", "Q523", "Q525", "Q537"}
    assert "C604" in codes  # “It ends.
    assert not codes & of_marks
    checks = {check.ask: check.code for check in CHECKS}
    assert len(asked[0]) == 16
    assert not of_marks & {checks[ask] for one in asked[0].values() for ask in one.checks}
    assert missed(tmp_path) == []


def test_a_retold_quote_does_not_hide_the_one_around_it(tmp_path: Path) -> None:
    text = "Åsa Lindqvist slept when she wrote.\n“Ivo said the bridge would hold all winter long, so come,” it read.\n"
    value = annotation("alpha", text, nonquotes=[])
    value["layers_done"].append("nonquotes")
    value["quotes"][0] |= {"type": "indirect", "content": [span(text, "the bridge would hold all winter long")]}
    write(start(tmp_path), "raw/alpha.txt", text.encode())
    write(tmp_path, "raw/alpha.json", orjson.dumps(article("alpha", text)))
    write(tmp_path, "annotations/gold/alpha.json", orjson.dumps(value))
    assert "C604" in {one.code for one in findings(tmp_path) if hasattr(one, "code")}
    assert missed(tmp_path) == []


def test_each_check_of_documents_has_a_screen() -> None:
    assert [check.code for check in CHECKS if check.level > 2 and check.ask not in SCREENS] == []


def test_words_of_screens_are_those_of_the_checks() -> None:
    assert all(sources.CONJUNCTION.match(f"{word} x") for word in screens.quotes.CONJUNCTIONS)
    assert all(sources.AUXILIARY.match(f"{word} x") for word in screens.quotes.AUXILIARIES)
