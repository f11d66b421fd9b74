"""`corpus split`: what belongs together goes into one split, what has one stays, and the order makes no difference."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import TEXT, Corpus, tiny

from corpus.core.model import CorpusError
from corpus.core.settings import SplitSettings
from corpus.splits.assign import Story, checked, choose, stories
from corpus.splits.near_duplicates import Near
from corpus.splits.sketches import NO_TEXT, Sketch, Sketches, sketch

SPLITS = ("train", "dev", "test")
RULE = checked(SplitSettings(), SPLITS, ())
HALVES = checked(SplitSettings(proportions={"train": 0.5, "dev": 0.25, "test": 0.25}), SPLITS, ())


class Doc(NamedTuple):
    doc_id: str
    split: str = ""
    story: str = ""
    published: str = ""
    twin_of: str = ""
    sketch: Sketch = NO_TEXT


def words(seed: int, count: int = 60) -> str:
    """A text of six-letter words that no other seed has."""
    rng = Random(seed)
    return " ".join("".join(rng.choice("abcdefghijklmnop") for _ in range(6)) for _ in range(count))


def sketched(text: str) -> Sketch:
    return sketch(sha256(text.encode()).hexdigest(), text)


BASES = [words(seed) for seed in range(6)]
SKETCHES = {(base, copy): sketched(BASES[base] + f" edition {copy}") for base in range(6) for copy in range(4)}
"""Of six texts, each in four editions that are near-duplicates."""

documents = st.lists(
    st.builds(
        lambda base, copy, story: (base, copy, story),
        st.integers(0, 5),
        st.integers(0, 3),
        st.sampled_from(["", "", "flood", "strike"]),
    ),
    max_size=12,
    unique_by=lambda one: one[:2],
).map(lambda found: [Doc(f"doc-{b}-{c}", story=s, sketch=SKETCHES[b, c]) for b, c, s in found])


def near_of(docs: list[Doc]) -> Near:
    return Near(Sketches.of([one.sketch for one in docs]), [one.split for one in docs])


def put(docs: list[Doc], rule: SplitSettings = HALVES) -> dict[str, Doc]:
    """The documents, each with what `corpus split` gives it."""
    docs = sorted(docs)
    done = {one.doc_id: one for one in docs}
    for story in stories(docs, near_of(docs)):
        choice = choose(story, docs, rule)
        for i in story.documents if choice else ():
            assert choice
            one = docs[i]
            done[one.doc_id] = one._replace(split=choice.split, story=one.story or story.name)
    return done


@given(documents, st.randoms())
def test_nothing_that_belongs_together_is_parted(docs: list[Doc], rng: Any) -> None:
    rng.shuffle(docs)
    done = list(put(docs).values())
    assert all(one.split for one in done)
    near = near_of(done)
    for i, one in enumerate(done):
        assert all(near.first(i, split) is None for split in SPLITS if split != one.split)
        assert {other.split for other in done if other.story == one.story} == {one.split}


@given(documents, documents, st.randoms())
def test_what_has_a_split_stays_whatever_is_added(docs: list[Doc], more: list[Doc], rng: Any) -> None:
    done = put(docs)
    added = [one for one in more if one.doc_id not in done]
    after = put([*done.values(), *added])
    assert {name: after[name] for name in done} == done
    again = put(list(after.values()))
    assert again == after


@settings(max_examples=30)
@given(st.permutations(range(24)), st.integers(1, 6))
def test_any_order_of_adding_gives_the_same_splits(order: list[int], at_once: int) -> None:
    """Copies name their story, as a desk does that prints them; other texts have none."""
    docs = [Doc(f"doc-{b}-{c}", story=f"story-{b}" if b % 2 else "", sketch=SKETCHES[b, c]) for b, c in SKETCHES]
    docs = [one._replace(sketch=sketched(words(100 + i))) if not one.story else one for i, one in enumerate(docs)]
    done: dict[str, Doc] = {}
    for begin in range(0, 24, at_once):
        done = put([*done.values(), *(docs[i] for i in order[begin : begin + at_once])])
    assert {name: one.split for name, one in done.items()} == {name: one.split for name, one in put(docs).items()}


def test_near_copies_of_near_copies_are_one_story() -> None:
    pages = [words(seed, 30) for seed in range(50, 54)]
    chain = [" ".join(pages[i] for i in chosen) for chosen in ((0, 1, 2), (1, 2, 3), (2, 3, 0))]
    docs = [Doc(f"doc-{i}", sketch=sketched(text)) for i, text in enumerate(chain)]
    docs.append(Doc("doc-x", sketch=sketched(words(60))))
    assert [story.documents for story in stories(docs, near_of(docs))] == [(0, 1, 2), (3,)]


def test_a_withheld_text_is_known_by_its_hash() -> None:
    key = sha256(b"withheld").hexdigest()
    docs = [Doc("a", "test", sketch=sketch(key, None)), Doc("b", sketch=sketch(key, None))]
    (story,) = stories(docs, near_of(docs))
    assert choose(story, docs, RULE) == ("test", "near-duplicate a is in it")


def test_bridges_get_no_split_and_name_both_neighbours() -> None:
    docs = [Doc("a", "train", "flood"), Doc("b", "test", "strike"), Doc("c", "", "flood"), Doc("d", "", "strike")]
    copies = [one._replace(sketch=SKETCHES[0, i]) if not one.split else one for i, one in enumerate(docs)]
    (story,) = stories(copies, near_of(copies))
    assert story.bridges
    assert choose(story, copies, RULE) is None
    assert [(docs[tie.one].doc_id, docs[tie.other].doc_id, tie.split, tie.why) for tie in story.ties] == [
        ("d", "b", "test", "story"),
        ("c", "a", "train", "story"),
    ]


def test_shares_are_near_the_proportions() -> None:
    docs = [Doc(f"doc-{i:04}") for i in range(4000)]
    chosen = [choose(story, docs, RULE) for story in stories(docs, near_of(docs))]
    shares = {name: sum(one.split == name for one in chosen if one) / 4000 for name in SPLITS}
    assert shares == pytest.approx({"train": 0.8, "dev": 0.1, "test": 0.1}, abs=0.02)


@pytest.mark.parametrize(
    ("day", "split"),
    [("2026-04-30", "train"), ("2026-05-01T07:00:00Z", "dev"), ("2026-06-30", "dev"), ("2027-01-01", "test")],
)
def test_by_date_the_first_day_of_a_story_counts(day: str, split: str) -> None:
    rule = checked(SplitSettings("date", days={"dev": "2026-05-01", "test": "2026-07-01"}), SPLITS, ())
    docs = [Doc("a", published=day, story="flood"), Doc("b", published="2027-02-01", story="flood"), Doc("c")]
    first, nameless = stories(docs, near_of(docs))
    chosen = choose(first, docs, rule)
    assert chosen is not None
    assert chosen.split == split
    assert choose(nameless, docs, rule) is None


def test_days_are_proposed_and_never_made_up() -> None:
    docs = [Doc(f"d{i}", published=f"2026-{i:02}-01") for i in range(1, 11)]
    with pytest.raises(CorpusError, match=r'days = \{dev = "2026-09-01", test = "2026-10-01"\}'):
        checked(SplitSettings("date"), SPLITS, docs)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('by = "size"', '"hash" or "date"'),
        ("share = 1", "it has no share"),
        ("proportions = {train = 0.8}", "sum to 1, not 0.8"),
        ("proportions = {train = 2}", "from 0 to 1"),
        ("proportions = {train = 0.5, eval = 0.5}", "unknown split eval; use train, dev, test"),
        ('by = "date"\ndays = {dev = "soon"}', "'soon' is not a date"),
        ('by = "date"\ndays = {dev = 2026-01-01}', "give each split but the earliest a day"),
        ('by = "date"', "no document has `published`"),
    ],
)
def test_settings_that_make_no_sense_are_told(tmp_path: Path, toml: str, said: str) -> None:
    corpus = unsplit(tmp_path)
    corpus.write("pyproject.toml", f"[tool.corpus.split]\n{toml}\n")
    ran = corpus.run("split")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def unsplit(root: Path) -> Corpus:
    """A corpus of one document in train, a near-duplicate of it without a split, and another text without."""
    corpus = tiny(root)
    said = "On Monday Åsa Lindqvist came, and later she said: “We go on.” "
    corpus.add("old", said + BASES[0], split="train")
    for doc_id, text in (("copy", BASES[0] + " again"), ("other", BASES[1])):
        corpus.add(doc_id, said + text)
        record = corpus.read(f"raw/{doc_id}.json")
        del record["split"]
        corpus.write(f"raw/{doc_id}.json", record)
    return corpus


def test_records_are_given_a_split_and_a_story(tmp_path: Path) -> None:
    corpus = unsplit(tmp_path)
    before = corpus.files()
    diff = corpus.run("split", "--diff")
    assert (diff.code, corpus.files()) == (1, before)
    assert '"split": "train", "story": "old"' in diff.out
    assert corpus.run("split", "--check").code == 1
    ran = corpus.run("split")
    assert (ran.code, ran.out) == (0, "copy: train, story 'old'\nother: dev, story 'other'\n")
    assert "2 documents were assigned a split, 0 have none" in ran.err
    after = corpus.files()
    assert {path for path in after if after[path] != before[path]} == {"raw/copy.json", "raw/other.json"}
    assert corpus.read("raw/copy.json") == {**json.loads(before["raw/copy.json"]), "split": "train", "story": "old"}
    assert corpus.codes() == set()
    assert corpus.run("split", "--check").code == 0


def test_canonical_files_stay_canonical(tmp_path: Path) -> None:
    corpus = unsplit(tmp_path)
    corpus.run("fmt")
    assert corpus.run("split").code == 0
    assert corpus.run("fmt", "--check").code == 0


@pytest.mark.parametrize("packed", [False, True])
def test_lines_of_bulk_files_are_given_one_too(tmp_path: Path, packed: bool) -> None:
    corpus = unsplit(tmp_path)
    lines = b""
    for doc_id in ("copy", "other"):
        text = (corpus.root / f"raw/{doc_id}.txt").read_text("utf-8")
        line = json.dumps({**corpus.read(f"raw/{doc_id}.json"), "text": text}, ensure_ascii=False)
        lines += line.encode() + b"\n"
        (corpus.root / f"raw/{doc_id}.txt").unlink()
        (corpus.root / f"raw/{doc_id}.json").unlink()
    path = corpus.root / ("raw/more.jsonl.gz" if packed else "raw/more.jsonl")
    path.write_bytes(gzip.compress(lines) if packed else lines)
    assert corpus.run("split").code == 0
    after = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    found = [json.loads(line) for line in after.splitlines()]
    assert [(one["doc_id"], one["split"], one["story"]) for one in found] == [
        ("copy", "train", "old"),
        ("other", "dev", "other"),
    ]
    assert corpus.codes() == set()


def test_a_bridge_is_a_finding_and_stays_as_it_is(tmp_path: Path) -> None:
    corpus = unsplit(tmp_path)
    said = "On Monday Åsa Lindqvist came, and later she said: “We go on.” "
    corpus.add("old", said + BASES[3] + BASES[0], split="train")
    corpus.add("far", said + BASES[3] + BASES[2], split="test")
    corpus.add("copy", said + BASES[3] + BASES[0] + BASES[2])
    record = corpus.read("raw/copy.json")
    del record["split"]
    corpus.write("raw/copy.json", {**record, "story": "far-away"})
    corpus.write("raw/far.json", {**corpus.read("raw/far.json"), "story": "far-away"})
    ran = corpus.run("split")
    assert ran.code == 1
    assert "C614" in ran.out
    assert "raw/far.json" in ran.out
    assert "raw/old.json" in ran.out
    assert "1 document was assigned a split, 1 has none" in ran.err
    assert "split" not in corpus.read("raw/copy.json")
    explained = corpus.run("split", "--explain", "copy").out
    assert "none possible, since far (story) is in test and old (near-duplicate) is in train" in explained


def test_explain_says_why(tmp_path: Path) -> None:
    corpus = unsplit(tmp_path)
    copy = corpus.run("split", "--explain", "copy").out.splitlines()
    assert copy[0] == "copy: train, since near-duplicate old is in it"
    assert copy[-1].startswith("  near-duplicate old, ")
    assert copy[-1].endswith("% in common, train")
    assert corpus.run("split", "--explain", "old").out.startswith("old: train, as set in its record\n")
    other = corpus.run("split", "--explain", "other").out
    assert other.startswith("other: dev, since the hash of 'other' is 0.8483, and 0.80 to 0.90 is dev\n")
    assert "no near-duplicates" in other
    assert corpus.run("split", "--explain", "nobody").code == 2


def test_twins_are_in_no_share_and_no_size_of_a_story(tmp_path: Path) -> None:
    corpus = tiny(tmp_path)
    corpus.add("old", split="train", story="bridge")
    corpus.add("new", TEXT.replace("spoke", "speaks"), split="train", story="bridge", twin_of="old", twin_kind="noisy")
    corpus.add("dev", TEXT + BASES[0], split="dev", story="ferry")
    checked = corpus.run("split", "--check")
    assert "train 3 (75%), dev 1 (25%)" in checked.err
    assert "; 1 twin is not counted in the shares" in checked.err
    assert "  story 'bridge', 1 document\n" in corpus.run("split", "--explain", "old").out


def test_nothing_is_chosen_while_a_document_has_errors(tmp_path: Path) -> None:
    corpus = unsplit(tmp_path)
    corpus.write("raw/other.txt", "edited since")
    before = corpus.files()
    ran = corpus.run("split")
    assert ran.code == 1
    assert "no split was assigned: fix the errors that `corpus validate` reports first" in ran.err
    assert corpus.files() == before


def test_stories_are_linked_by_name_across_groups() -> None:
    docs = [
        Doc("a", story="flood", sketch=SKETCHES[0, 0]),
        Doc("b", story="strike", sketch=SKETCHES[1, 0]),
        Doc("c", story="strike", sketch=SKETCHES[2, 0]),
        Doc("d", story="flood", sketch=SKETCHES[2, 1]),
    ]
    assert stories(docs, near_of(docs)) == [Story("flood", (0, 1, 2, 3), ())]


def test_real_news_gets_no_share_unless_settings_give_it_one() -> None:
    splits = (*SPLITS, "real")
    assert checked(SplitSettings(), splits, ()) == RULE
    assert checked(SplitSettings(proportions={"train": 0.5, "real": 0.5}), splits, ()).proportions["real"] == 0.5
    assert checked(SplitSettings(), ("real",), ()).proportions == {"real": 1.0}
