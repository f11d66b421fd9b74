"""Excerpts and rewritten copies are found, unrelated texts and boilerplate are not, and the cost stays linear."""

from __future__ import annotations

import random
from hashlib import sha256

import numpy as np
import pytest

from corpus.splits import containment, near_duplicates
from corpus.splits.containment import COMMON, contained, sample
from corpus.splits.near_duplicates import NO_TEXT, Near, Sketch, cut_pairs, is_near, sketch

LETTERS = "abcdefghijklmnoprstuvw"


def words(rng: random.Random, count: int) -> list[str]:
    return ["".join(rng.choices(LETTERS, k=rng.randint(3, 9))) for _ in range(count)]


def of(text: str) -> Sketch:
    return sketch(sha256(text.encode()).hexdigest(), text)


def pairs(texts: list[str], labels: list[str]) -> set[tuple[int, int]]:
    return {(one.text, one.other) for one in contained([of(text).sample for text in texts], labels)}


@pytest.mark.parametrize(("changed", "least"), [(0.1, 20), (0.2, 20), (0.3, 18)])
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


def test_a_template_is_compared_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that share buckets and are no near-duplicates: the comparisons of a text do not grow with their number."""
    compared = 0
    similar = Near._similar

    def counted(near: Near, text: int, others: near_duplicates.Numbers) -> np.ndarray:
        nonlocal compared
        compared += len(others)
        return similar(near, text, others)

    monkeypatch.setattr(Near, "_similar", counted)
    rng = np.random.default_rng(5)
    template = rng.integers(0, 2**32 - 1, 128, dtype=np.uint32)
    sketches = []
    for i in range(2000):
        minima = rng.integers(0, 2**32 - 1, 128, dtype=np.uint32)
        minima[:4], minima[4:50] = template[:4], np.where(rng.random(46) < 0.8, template[4:50], minima[4:50])
        sketches.append(Sketch((i.to_bytes(4),), minima.tobytes()))
    near = Near(sketches, ["train", "test"] * 1000)
    per_text = [0, 0]
    for number, upto in enumerate((500, 2000)):
        compared = 0
        for i in range(upto):
            near.first(i, "train" if i % 2 else "test")
        per_text[number] = compared // upto
    assert per_text[1] <= 1.1 * per_text[0]
    compared = 0
    near.groups("train")
    assert compared < 2000 * 64 * 8


def test_pairs_of_a_template_that_are_not_compared_are_counted() -> None:
    rng = np.random.default_rng(7)

    def of_template(count: int) -> list[Sketch]:
        template = rng.integers(0, 2**32 - 1, 12, dtype=np.uint32)
        rows = rng.integers(0, 2**32 - 1, (count, 128), dtype=np.uint32)
        rows[:, :12] = template
        return [Sketch((b"",), row.tobytes()) for row in rows]

    small, large = of_template(140), of_template(300)
    sketches = [*small, NO_TEXT, *large]
    labels = ["train", "test"] * 70 + ["train"] + ["train"] * 100 + ["test"] * 100 + ["dev"] * 100
    cuts = cut_pairs(sketches, labels)
    assert [(cut.texts[0], len(cut.texts), cut.pairs) for cut in cuts] == [(141, 300, 3 * 36 * 36), (0, 140, 6 * 6)]
    assert cut_pairs(sketches, ["train"] * len(sketches)) == []
    assert cut_pairs(small[:128], labels) == []


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
    assert Near(sketches, ["train"] * 1000 + ["test"]).first(1000, "train") == 900


@pytest.mark.parametrize("length", [0, 5, 12, 13, 500, 5000, 50_000])
def test_a_sample_is_bounded_and_nested(length: int) -> None:
    runs = np.random.default_rng(length).integers(0, 2**63, length, dtype=np.uint64)
    kept = np.frombuffer(sample(runs), "<u4")
    everything = np.unique((runs * containment._FACTOR) >> np.uint64(32)).astype("<u4")
    assert len(kept) == len(everything) if len(everything) <= 96 else 30 < len(kept) <= 96
    assert kept.tolist() == everything[: len(kept)].tolist()


def test_a_text_that_repeats_itself_keeps_all_of_its_runs() -> None:
    runs = np.tile(np.arange(1, 50, dtype=np.uint64), 100)
    assert len(sample(runs)) == 4 * 49
