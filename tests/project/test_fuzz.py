"""Bytes that nobody planned: corpora of one fault and the shipped corpus, mutated, through every report format.

Hypothesis drives the mutations, so what fails is made small and comes back in the next run. The everyday tests try a
few dozen. `ON_THE_RECORD_FUZZ=SECONDS pytest tests/project/test_fuzz.py` goes on for as long as it is told.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cases import FOLDERS, copy_bad
from support.corpora import REPOSITORY, Corpus

SECONDS = float(os.environ.get("ON_THE_RECORD_FUZZ", "0"))
CASES = [folder for folder in FOLDERS if (folder / "good" / "raw").is_dir()]
WORDS = [
    *(b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf"),
    *(b"null", b"true", b"-1", b"1e999", b"99999999999999999999", b"\\ud800", b"\xe2\x80\xae", b"\x1b[31m"),
    *(b"\\n::error::x", b"##[group]", b"<script>", b"](x)", b"../../x", b'{"start": 5, "end": 2}', b"\\u0000"),
]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four changes: a word put in or over, a piece cut, doubled or moved."""
    for _ in range(rng.randint(1, 4)):
        at, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + rng.choice((1, 8, 200)))
        word = rng.choice(WORDS)
        data = rng.choice(
            (
                data[:at] + word + data[at:],
                data[:at] + word + data[end:],
                data[:at] + data[end:],
                data[:end] + data[at:],
                data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :],
            )
        )
    return data


def remade(data: bytes, rng: random.Random) -> bytes:
    """The JSON with one value replaced by another that stands in it, or by one of no use; bytes if it is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutated(data, rng)
    places: list[tuple[dict[str, object] | list[object], str | int]] = []
    todo: list[object] = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict | list):
            keys: list[str | int] = [*one] if isinstance(one, dict) else [*range(len(one))]
            places += [(one, key) for key in keys]
            todo += [one[key] for key in keys]  # type: ignore[index,call-overload]
    if not places:
        return mutated(data, rng)
    holder, key = rng.choice(places)
    other, where = rng.choice(places)
    odd: list[object] = [None, True, -1, 0, 2**40, 1.5, "", "\u202e::error::\x1b[2J", [], {}, [[]], {"": ""}]
    holder[key] = rng.choice([*odd, json.loads(json.dumps(other[where]))])  # type: ignore[index,call-overload]
    return json.dumps(value).encode()


def held(corpus: Corpus, paths: list[Path]) -> None:
    """Whatever is in the corpus: an exit code, findings inside of the files, and reports that can be read."""
    formats = [
        "text",
        *(f"{name}={corpus.root}/out.{name}" for name in ("json", "sarif", "junit", "github", "markdown")),
    ]
    ran = corpus.run("validate", *(f"--format={name}" for name in formats))
    assert ran.code in (0, 1, 2)
    assert ran.code < 2 or (ran.err.count("\n") == 1 and ran.err.strip().isprintable()), ran.err
    if ran.code == 2:
        return
    lines = ran.out.splitlines()
    assert all(line.replace("\u202d", "").replace("\u202c", "").isprintable() for line in lines)
    assert not any(line.lstrip().startswith("::") for line in lines)
    found = json.loads((corpus.root / "out.json").read_bytes())
    assert len(json.loads((corpus.root / "out.sarif").read_bytes())["runs"][0]["results"]) == len(found)
    assert len(list(ElementTree.parse(corpus.root / "out.junit").iter("testcase"))) == max(1, len(found))
    for line in (corpus.root / "out.github").read_text("utf-8").splitlines():
        assert line.isprintable()
        assert line.startswith(("::error file=", "::warning file=", "::notice file=")) or not line.startswith("::")
    for one in found:
        path = corpus.root / one["file"]
        if path.is_file() and not one["file"].endswith((".gz", ".zst")):
            rows = path.read_bytes().split(b"\n")
            assert 1 <= one["line"] <= len(rows)
            assert 1 <= one["column"] <= len(rows[one["line"] - 1]) + 1
    before = {path: path.read_bytes() for path in paths}
    assert corpus.run("fmt", "--fix", "--unsafe", "--check").code in (0, 1)
    assert before == {path: path.read_bytes() for path in paths}


def once(folder: Path, case: Path, rng: random.Random) -> None:
    """Break one or two files of a case, by what `rng` draws, and hold what must hold."""
    shutil.rmtree(folder, ignore_errors=True)
    if case == REPOSITORY:
        for path in rng.sample(sorted((REPOSITORY / "annotations" / "gold").glob("*.json")), 1):
            for part in (f"annotations/gold/{path.name}", f"raw/{path.name}", f"raw/{path.stem}.txt"):
                if (REPOSITORY / part).exists():
                    (folder / part).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(REPOSITORY / part, folder / part)
    else:
        copy_bad(case, folder)
    if not (folder / "schema").is_dir():
        shutil.copytree(REPOSITORY / "schema", folder / "schema")
    corpus = Corpus(folder)
    paths = sorted(p for part in ("raw", "annotations") for p in (folder / part).rglob("*") if p.is_file())
    for path in rng.sample(paths, min(len(paths), rng.choice((1, 1, 2)))):
        change = remade if path.suffix == ".json" and rng.random() < 0.6 else mutated
        path.write_bytes(change(path.read_bytes(), rng))
    held(corpus, paths)


FUZZ = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(FUZZ, max_examples=60, derandomize=True)
@given(case=st.sampled_from([REPOSITORY, *CASES]), rng=st.randoms(use_true_random=False))
def test_mutated(tmp_path: Path, case: Path, rng: random.Random) -> None:
    once(tmp_path / "corpus", case, rng)


@pytest.mark.skipif(not SECONDS, reason="runs for as long as ON_THE_RECORD_FUZZ says")
def test_mutated_for_long(tmp_path: Path) -> None:
    end = time.monotonic() + SECONDS
    tried = 0

    @settings(FUZZ, max_examples=100)
    @given(case=st.sampled_from([REPOSITORY, *CASES]), rng=st.randoms(use_true_random=False))
    def some(case: Path, rng: random.Random) -> None:
        nonlocal tried
        tried += 1
        once(tmp_path / "corpus", case, rng)

    while time.monotonic() < end:
        some()
    print(f"{tried} corpora in {SECONDS:.0f} s")
