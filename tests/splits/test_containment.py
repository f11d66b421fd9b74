"""Excerpts and rewritten copies are found, unrelated texts and boilerplate are not, and the cost stays linear."""

from __future__ import annotations

import random
from hashlib import sha256

import numpy as np
import pytest

from corpus.core.arrays import binary
from corpus.splits import buckets, containment
from corpus.splits.buckets import BOUND
from corpus.splits.containment import COMMON, contained, samples
from corpus.splits.letters import Slices
from corpus.splits.near_duplicates import Near
from corpus.splits.sketches import NO_TEXT, Sketch, Sketches, is_near, sketch

LETTERS = "abcdefghijklmnoprstuvw"


def words(rng: random.Random, count: int) -> list[str]:
    return ["".join(rng.choices(LETTERS, k=rng.randint(3, 9))) for _ in range(count)]


def of(text: str) -> Sketch:
    return sketch(sha256(text.encode()).hexdigest(), text)


def pairs(texts: list[str], labels: list[str]) -> set[tuple[int, int]]:
    return {(one.text, one.other) for one in contained(binary(of(text).sample for text in texts), labels)}


def test_of_some_texts_all_pairs_are_found_of_them_and_of_those_in_a_pair_with_one() -> None:
    rng = random.Random(7)
    sources = [words(rng, 200) for _ in range(6)]
    texts = [
        " ".join(word for one in rng.sample(sources, 2) for word in one[: rng.randint(60, 200)]) for _ in range(40)
    ]
    labels = [rng.choice(["train", "dev", "test", ""]) for _ in texts]
    every = list(contained(binary(of(text).sample for text in texts), labels))
    for _ in range(20):
        about = np.array([rng.random() < 0.1 for _ in texts], np.bool_)
        beside = {i for one in every if about[one.text] or about[one.other] for i in (one.text, one.other)}
        some = list(contained(binary(of(text).sample for text in texts), labels, about))
        assert [one for one in every if one in some] == some
        assert {one for one in every if one.text in beside or one.other in beside} <= set(some)
    assert len(some) < len(every)


@pytest.mark.parametrize(("changed", "least"), [(0.1, 20), (0.2, 20), (0.3, 20)])
def test_copies_with_changed_words_are_found(changed: float, least: int) -> None:
    """Twenty texts and a copy of each, in which a share of the words is another one."""
    rng = random.Random(1)
    texts = [words(rng, 300) for _ in range(20)]
    copies = [[rng.choice(LETTERS) * 5 if rng.random() < changed else word for word in text] for text in texts]
    found = pairs([" ".join(one) for one in (*texts, *copies)], ["train"] * 20 + ["test"] * 20)
    assert len({tuple(sorted(pair)) for pair in found} & {(i, i + 20) for i in range(20)}) >= least
    assert all(abs(one - other) == 20 for one, other in found)


def test_an_excerpt_is_found_and_is_the_shorter_text() -> None:
    rng = random.Random(2)
    whole, other = words(rng, 800), words(rng, 400)
    texts = [" ".join(whole), " ".join(other), " ".join(whole[300:400])]
    assert pairs(texts, ["train", "train", "test"]) == {(2, 0)}
    assert not is_near(of(texts[0]), of(texts[2]))
    assert pairs(texts, ["train", "train", "train"]) == set()


def test_a_few_shared_words_are_no_copy() -> None:
    """A short text that shares a phrase of some words with another, and a long one that shares a paragraph."""
    rng = random.Random(3)
    phrase, paragraph = words(rng, 10), words(rng, 40)
    short = [" ".join([*words(rng, 12), *phrase]), " ".join([*words(rng, 12), *phrase])]
    long = [" ".join([*words(rng, 400), *paragraph]), " ".join([*words(rng, 400), *paragraph])]
    assert pairs([*short, *long], ["train", "test"] * 2) == set()


def test_what_many_texts_share_is_boilerplate() -> None:
    rng = random.Random(4)
    notice = words(rng, 150)
    texts = [" ".join([*notice, *words(rng, 150)]) for _ in range(6 * COMMON)]
    labels = ["train", "test"] * (3 * COMMON)
    assert pairs(texts, labels) == set()
    assert pairs(texts[:10], labels[:10]) != set()


def near_of(sketches: list[Sketch], labels: list[str]) -> Near:
    return Near(Sketches.of(sketches), labels)


def template(count: int, minima: int = 50, share: float = 0.8) -> list[Sketch]:
    """Texts that share buckets and are no near-duplicates: `minima` of theirs are those of a template, most of them."""
    rng = np.random.default_rng(5)
    base = rng.integers(0, 2**32 - 1, 128, dtype=np.uint32)
    rows = rng.integers(0, 2**32 - 1, (count, 128), dtype=np.uint32)
    kept = rng.random((count, minima)) < share
    rows[:, :minima] = np.where(kept, base[:minima], rows[:, :minima])
    return [Sketch((i.to_bytes(4),), row.tobytes()) for i, row in enumerate(rows)]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of pairs of each comparison."""
    counts: list[int] = []
    verified = buckets._verified

    def counted(*args: np.ndarray) -> np.ndarray:
        counts.append(len(args[2]))
        return verified(*args)

    monkeypatch.setattr(buckets, "_verified", counted)
    return counts


@pytest.mark.parametrize("labels", [("train", "test"), ("train",) * 8 + ("dev", "test")])
def test_a_template_is_compared_a_bounded_number_of_times(compared: list[int], labels: tuple[str, ...]) -> None:
    """A text is compared with `BOUND` texts of every other split, however many buckets it shares with how many."""
    for count in (2000, 8000):
        compared.clear()
        near_of(template(count), [labels[i % len(labels)] for i in range(count)]).firsts()
        assert BOUND * count / 2 < sum(compared) <= BOUND * count * (len(set(labels)) - 1)
        compared.clear()
        near_of(template(count), [""] * count).groups("")
        assert sum(compared) <= BOUND * count


def test_texts_without_a_template_are_not_compared(compared: list[int]) -> None:
    near_of(template(2000, 0), ["train", "test"] * 1000).firsts()
    assert sum(compared) == 0


def test_pairs_of_a_template_that_are_not_compared_are_counted() -> None:
    small, large = template(140, 12, 1), [Sketch(one.keys, one.minima[::-1]) for one in template(300, 12, 1)]
    sketches = [*small, NO_TEXT, *large]
    labels = ["train", "test"] * 70 + ["train"] + ["train"] * 100 + ["test"] * 100 + ["dev"] * 100

    def cuts(sketches: list[Sketch], labels: list[str]) -> list[tuple[int, int, int]]:
        return [(one.texts[0], len(one.texts), one.pairs) for one in near_of(sketches, labels).cuts()]

    assert cuts(sketches, labels) == [(141, 300, 3 * 36 * 36), (0, 140, 6 * 6)]
    assert cuts(sketches, ["train"] * len(sketches)) == []
    assert cuts(small[:128], labels[:128]) == []
    unlabelled = ["" if label == "dev" else label for label in labels]
    assert cuts(sketches, unlabelled) == [(141, 200, 36 * 36), (0, 140, 6 * 6)]


def test_the_pairs_that_are_not_compared_are_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one bucket: the pairs that are counted as compared and those that are counted as not are all pairs."""
    done: set[tuple[int, int]] = set()

    def noted(minima: np.ndarray, low: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        done.update(zip(np.minimum(one, other).tolist(), np.maximum(one, other).tolist(), strict=True))
        return np.zeros((0, 2), np.int64)

    monkeypatch.setattr(buckets, "_verified", noted)
    labels = ["train"] * 200 + ["test"] * 90 + ["dev"] * 70 + ["real"] * 30
    near = near_of(template(390, 4, 1), labels)
    ((texts, pairs),) = near.cuts()
    apart = sum(labels[i] != labels[j] for i in range(390) for j in range(i))
    assert len(texts) == 390
    assert pairs == apart - len(done) > 0


def test_a_copy_among_thousands_of_versions_of_a_template_is_found() -> None:
    rng = np.random.default_rng(6)
    template = rng.integers(0, 2**32 - 1, 128, dtype=np.uint32)

    def version() -> np.ndarray:
        minima = rng.integers(0, 2**32 - 1, 128, dtype=np.uint32)
        minima[:50] = template[:50]
        return minima

    rows = [version() for _ in range(1000)]
    copy = np.where(rng.random(128) < 0.1, version(), rows[900])
    sketches = [Sketch((i.to_bytes(4),), row.tobytes()) for i, row in enumerate((*rows, copy))]
    near = near_of(sketches, ["train"] * 1000 + ["test"])
    assert near.first(1000, "train") == 900
    assert near.firsts()[[900, 1000]].tolist() == [1000, 900]
    assert near.near(1000) == [900]


@pytest.mark.parametrize("length", [0, 5, 12, 13, 500, 5000, 50_000])
def test_a_sample_is_bounded_and_nested(length: int) -> None:
    runs = np.random.default_rng(length).integers(0, 2**63, length, dtype=np.uint64)
    kept = np.frombuffer(samples(Slices(runs, np.array([0, length])))[0], "<u4")
    everything = np.unique((runs * containment._FACTOR) >> np.uint64(32)).astype("<u4")
    assert len(kept) == len(everything) if len(everything) <= 96 else 30 < len(kept) <= 96
    assert kept.tolist() == everything[: len(kept)].tolist()


def test_a_text_that_repeats_itself_keeps_all_of_its_runs() -> None:
    runs = np.tile(np.arange(1, 50, dtype=np.uint64), 100)
    (one,) = samples(Slices(runs, np.array([0, len(runs)])))
    assert len(one) == 4 * 49
