"""The rules about several documents find the same in buckets of the parts as in one table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corpora import REPOSITORY

from corpus.checks.corpus import Corpus
from corpus.checks.corpus_wide import CORPUS_WIDE, candidates
from corpus.checks.document_summary import Summary
from corpus.checks.keyed import Context
from corpus.checks.summaries import Summaries
from corpus.checks.tallied import TALLIED
from corpus.core.bucketed import BUCKETS
from corpus.core.model import CorpusError
from corpus.core.schema import Schema
from corpus.files.releases import LastRelease
from corpus.files.storage import Storage
from corpus.files.table_hash import file_hash
from corpus.pipeline import across
from corpus.pipeline.across import Summarised, ask_in_buckets
from corpus.pipeline.executors import Engine, InProcess, local_engine
from corpus.pipeline.part import SUMMARIES, Part, schema_of
from corpus.pipeline.remembered import Remembered
from corpus.pipeline.summaries import SummaryWriter
from corpus.splits.near_duplicates import Near
from corpus.splits.sketches import Sketch

SPLITS = ("train", "train", "train", "test", "dev", "")
FOUND = {"C606", "C607", "C610", "C612", "C614", "C639", "C643", "C644", "C657", "C658", "C638"}
"""The rules that find something in these documents."""
SCHEMA = Schema.read(REPOSITORY)


def documents(seed: int, count: int = 400) -> list[Summary]:
    """Documents with near-duplicates, a template, excerpts, equal texts, shared sentences and names, and stories."""
    rng = np.random.default_rng(seed)
    template = rng.integers(0, 2**32, 128, dtype=np.uint32)
    made: list[Summary] = []
    for i in range(count):
        minima = rng.integers(0, 2**32, 128, dtype=np.uint32)
        sample = rng.integers(0, 2**28, 60, dtype=np.uint32)
        keys = rng.bytes(32), rng.bytes(16)
        kind = rng.random()
        other = made[int(rng.integers(0, i))] if i else None
        if i >= count // 2:
            minima[:40] = template[:40]
        elif other and other.sketch.minima and kind < 0.2:
            minima = np.where(rng.random(128) < 0.8, np.frombuffer(other.sketch.minima, "<u4"), minima)
        elif other and other.sketch.sample and kind < 0.4:
            sample[:30] = np.frombuffer(other.sketch.sample, "<u4")[:30]
        elif other and kind < 0.5:
            keys = (other.sketch.keys * 2)[0], (other.sketch.keys * 2)[1]
        rows = np.zeros(12, TALLIED)
        rows["key"] = np.unique(rng.integers(0, 3000, 40))[:12]
        rows["value"] = rng.integers(0, 3, 12)
        has_text = rng.random() < 0.95
        made.append(
            Summary(
                f"doc-{i:04}" if i % 50 else f"DOC-{i - 1:04}" if i else "doc-0000",
                f"raw/{i % 3}.jsonl",
                (f"raw/{i % 3}.jsonl",),
                SPLITS[int(rng.integers(0, len(SPLITS)))] if i < count // 2 else ("train", "test")[i % 2],
                story=f"story-{int(rng.integers(0, 40))}" if rng.random() < 0.3 else "",
                twin_of=f"doc-{int(rng.integers(0, count)):04}" if rng.random() < 0.05 else "",
                twin_kind="rewritten" if rng.random() < 0.05 else "",
                sketch=Sketch(keys, minima.tobytes(), np.unique(sample).tobytes()) if has_text else Sketch(keys[:1]),
                gold="annotations/gold/a.jsonl",
                kinds=rows.tobytes(),
                passages=rows[::-1].tobytes(),
                characters=("00", "01", "10")[int(rng.integers(0, 3))] if has_text else "",
            )
        )
    return sorted(made, key=lambda one: one.doc_id)


def stored(every: list[Summary], folder: Path, parts: int = 3) -> Summarised:
    """The summaries in the files of parts."""
    size = -(-len(every) // parts)
    made = [part(str(n), every[n * size : (n + 1) * size], folder) for n in range(parts)]
    return Summarised.of(Storage(folder), made)


def part(name: str, every: list[Summary], folder: Path) -> Part:
    """A part with summaries and nothing else."""
    name = f"build-{name}-{'0' * 32}"
    (folder / name).mkdir(parents=True, exist_ok=True)
    with SummaryWriter(folder / name / SUMMARIES, is_divided=True) as writer:
        writer.add(Summaries.of(every))
    digest = file_hash(folder / name / SUMMARIES)
    return Part(name, len(every), len(every), 0, 0, 0, 0, summaries_sha256=digest, columns=writer.digests)


def ask(summaries: Summarised, engine: Engine, remembered: Remembered = Remembered(None, "", ())) -> dict[str, Any]:  # noqa: B008
    """What all rules find."""
    return ask_in_buckets(summaries, shown(), LastRelease(), True, True, engine, remembered)


def shown() -> str:
    import json

    return json.dumps([SCHEMA.annotation, SCHEMA.article, SCHEMA.registry])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("of_a_task", [1, 10**6], ids=["a bucket a task", "all buckets in one"])
def test_buckets_find_what_one_table_has(
    seed: int, of_a_task: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(across, "_DOCUMENTS", of_a_task)
    every = documents(seed)
    corpus, context = Corpus(Summaries.of(every)), Context(schema_of(shown()))
    expected = {rule.code: candidates(rule, corpus, context) for rule in CORPUS_WIDE}
    found = ask(stored(every, tmp_path), Engine(InProcess(), 1))
    for code, some in expected.items():
        assert bool(some) == (code in FOUND), code
        # Equal texts have numbers for keys, which depend on the table.
        assert [one[1] if code == "C658" else one for one in found[code]] == [
            one[1] if code == "C658" else one for one in some
        ], code
    assert not list((tmp_path / "known").iterdir()), "files of the tasks are left"


@pytest.mark.slow
def test_other_processes_find_the_same(tmp_path: Path) -> None:
    every = documents(4)
    summaries = stored(every, tmp_path)
    with local_engine(2) as engine:
        there = ask(summaries, engine)
    here = ask(summaries, Engine(InProcess(), 1))
    assert there == here


@pytest.mark.parametrize("seed", range(5, 10))
def test_near_duplicates_are_those_among_all_texts(seed: int) -> None:
    """Most texts are left out before any are compared."""
    summaries = Summaries.of(documents(seed, 300))
    splits = summaries.words("split")
    every, few = Near(summaries.sketches, splits), Corpus(summaries).near
    assert few.firsts().tolist() == every.firsts().tolist()
    assert few.cuts() == every.cuts()
    assert few.groups("") == every.groups("")
    texts = range(len(summaries))
    assert [few.first(i, "test") for i in texts] == [every.first(i, "test") for i in texts]
    assert (every.firsts() >= 0).any()


def test_a_corpus_without_texts_or_documents(tmp_path: Path) -> None:
    for number, every in enumerate(([], [replace(one, sketch=Sketch(one.sketch.keys)) for one in documents(1, 10)])):
        summaries = stored(every, tmp_path / str(number), 1) if every else Summarised(Storage(tmp_path), (), (), 0)
        found = ask(summaries, Engine(InProcess(), 1))
        corpus, context = Corpus(Summaries.of(every)), Context(schema_of(shown()))
        expected = {rule.code: candidates(rule, corpus, context) for rule in CORPUS_WIDE if rule.code != "C658"}
        assert {code: one for code, one in found.items() if code != "C658"} == expected


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 0.999])
def test_a_damaged_file_is_refused(place: float, tmp_path: Path) -> None:
    summaries = stored(documents(1, 60), tmp_path)
    path = tmp_path / summaries.names[1] / SUMMARIES
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 4
    path.write_bytes(data)
    with pytest.raises(CorpusError, match="is damaged: delete"):
        ask(summaries, Engine(InProcess(), 1))


def test_items_are_in_the_bucket_of_their_key() -> None:
    """Each once, so that nothing is compared twice and nothing is left out."""
    summaries = Summaries.of(documents(1, 50))
    for name in ("sample", "kinds", "passages"):
        buckets = [summaries.bucket(name, number).to_pylist() for number in range(BUCKETS)]
        size = 4 if name == "sample" else TALLIED.itemsize
        for i, whole in enumerate(summaries.data(name).to_pylist()):
            items = sorted(whole[at : at + size] for at in range(0, len(whole), size))
            found = [(k, of[i][at : at + size]) for k, of in enumerate(buckets) for at in range(0, len(of[i]), size)]
            assert sorted(item for _, item in found) == items
            assert all(item[0] % BUCKETS == number for number, item in found)
    slices = [summaries.bucket("minima", number).to_pylist() for number in range(BUCKETS)]
    assert [b"".join(of) for of in zip(*slices, strict=True)] == summaries.data("minima").to_pylist()
