"""A build after a change of one partition has the bytes and findings of a fresh one, and asks only what may differ."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from pipeline.test_across import ask, documents, part
from support import partitions
from support.copies import contents
from support.corpora import Ran, run
from support.once import made_once
from support.partitions import edit, partitioned

from corpus.checks.corpus_wide import CORPUS_WIDE
from corpus.checks.document_summary import Summary
from corpus.checks.label_counts import COUNTED
from corpus.checks.tallied import TALLIED
from corpus.files.storage import Storage
from corpus.pipeline import across
from corpus.pipeline.across import Summarised
from corpus.pipeline.executors import Engine, InProcess
from corpus.pipeline.remembered import Remembered
from corpus.release import table_hashes

SCHEMA = "schema/annotation.schema.json"


def an_annotation(rng: np.random.Generator, every: list[Summary]) -> list[Summary]:
    """One document gets another name and sentence."""
    number = int(rng.integers(len(every)))
    rows = np.frombuffer(every[number].kinds, TALLIED).copy()
    rows["key"][0], rows["value"][1] = rng.integers(0, 3000), rng.integers(0, 3)
    every[number] = replace(every[number], kinds=rows.tobytes(), passages=rows[::-1].tobytes())
    return every


def all_annotations(rng: np.random.Generator, every: list[Summary]) -> list[Summary]:
    for _ in range(3 * len(every)):
        an_annotation(rng, every)
    return every


def a_split(rng: np.random.Generator, every: list[Summary]) -> list[Summary]:
    number = int(rng.integers(len(every)))
    every[number] = replace(every[number], split="" if every[number].split == "dev" else "dev")
    return every


def a_text(rng: np.random.Generator, every: list[Summary]) -> list[Summary]:
    one, other = rng.integers(0, len(every), 2).tolist()
    every[one] = replace(every[one], sketch=every[other].sketch)
    return every


def a_document_less(rng: np.random.Generator, every: list[Summary]) -> list[Summary]:
    del every[int(rng.integers(len(every)))]
    return every


def nothing(rng: np.random.Generator, every: list[Summary]) -> list[Summary]:
    return every


EDITS = [an_annotation, all_annotations, a_split, a_text, a_document_less, nothing]


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The tasks that were done."""
    found: list[Any] = []
    for name in ("reduce_bucket", "ask_rules"):
        original = getattr(across, name)

        def noted(task: Any, original: Callable[[Any], Any] = original) -> Any:
            found.append(task)
            return original(task)

        monkeypatch.setattr(across, name, noted)
    return found


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("place", ["first", "last", "any"])
def test_what_is_remembered_is_what_is_found(seed: int, place: str, tmp_path: Path, tasks: list[Any]) -> None:
    """Parts change, go and come, one edit after another."""
    rng, every = np.random.default_rng(seed), documents(seed, 120)
    here = {n: every[n * 15 : n * 15 + 15] for n in range(8) if n != 5}
    kept, used = Storage(tmp_path), 0
    ask_now(here, tmp_path, kept, 0)
    for turn in range(1, 8):
        number = {"first": min(here), "last": max(here)}.get(place, int(rng.choice(list(here))))
        if turn == 3:
            del here[number]
        elif turn == 5:
            here[5] = every[75:90]
        else:
            here[number] = EDITS[int(rng.integers(len(EDITS)))](rng, list(here[number]))
        tasks.clear()
        found = ask_now(here, tmp_path, kept, turn)
        used += sum(bool(task.before) for task in tasks if isinstance(task, across.BucketTask))
        assert found == ask_now(here, tmp_path / "fresh", None, turn), turn
    assert used, "no bucket was known"


def ask_now(here: dict[int, list[Summary]], folder: Path, kept: Storage | None, turn: int) -> dict[str, Any]:
    """What all rules find in the parts that exist; a part that changed has another name."""
    made = [part(f"{number}-{abs(hash(tuple(every)))}", every, folder) for number, every in sorted(here.items())]
    return without_numbers(ask(Summarised.of(Storage(folder), made), ENGINE, Remembered(kept, "settings", made)))


ENGINE = Engine(InProcess(), 1)


def without_numbers(found: dict[str, Any]) -> dict[str, Any]:
    """The candidates. Equal texts have numbers for keys, which depend on the table, and say nothing."""
    assert found.keys() == {rule.code for rule in CORPUS_WIDE}
    return found | {"C658": [rows for _, rows in found["C658"]]}


def test_a_change_asks_only_the_rules_that_read_it(tmp_path: Path, tasks: list[Any]) -> None:
    every = documents(1, 80)
    here = {n: every[n * 10 : n * 10 + 10] for n in range(8)}
    kept = Storage(tmp_path)
    ask_now(here, tmp_path, kept, 0)
    tasks.clear()
    ask_now(here, tmp_path, kept, 0)
    assert not tasks
    here[3] = [replace(one, labels=np.zeros(1, COUNTED).tobytes()) for one in here[3]]
    ask_now(here, tmp_path, kept, 0)
    (asked,) = tasks
    assert [rule.code for number in asked.rules for rule in across.TOGETHER[number]] == ["C611"]
    tasks.clear()
    here[3][4] = replace(here[3][4], kinds=b"")
    ask_now(here, tmp_path, kept, 0)
    *reduced, asked = tasks
    assert {task.what for task in reduced} == {"C610"}
    assert all(task.before for task in reduced)


@pytest.mark.parametrize("damage", ["flip", "empty", "other settings", "gone"])
def test_what_is_damaged_or_found_with_other_settings_is_not_used(damage: str, tmp_path: Path) -> None:
    every = documents(2, 80)
    here = {n: every[n * 10 : n * 10 + 10] for n in range(8)}
    expected = ask_now(here, tmp_path, Storage(tmp_path), 0)
    wrong = {n: [replace(one, kinds=b"", passages=b"", split="train", story="") for one in here[n]] for n in here}
    if damage == "other settings":
        made = [part(f"{n}-wrong", every, tmp_path) for n, every in wrong.items()]
        digests = [part(f"{n}-right", every, tmp_path).columns for n, every in here.items()]
        lies = [replace(one, columns=columns) for one, columns in zip(made, digests, strict=True)]
        ask(Summarised.of(Storage(tmp_path), lies), ENGINE, Remembered(Storage(tmp_path), "other", lies))
    for path in sorted((tmp_path / "known").glob("asked-*.json")):
        data = path.read_bytes()
        if damage == "flip":
            path.write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
        elif damage == "empty":
            path.write_bytes(b"")
        elif damage == "gone":
            path.unlink()
    assert ask_now(here, tmp_path, Storage(tmp_path), 0) == expected


def test_a_part_that_is_gone_is_not_needed(tmp_path: Path) -> None:
    """Its keys are unknown then, and all of a bucket is tallied."""
    every = documents(3, 80)
    here = {n: every[n * 10 : n * 10 + 10] for n in range(8)}
    ask_now(here, tmp_path, Storage(tmp_path), 0)
    for path in tmp_path.glob("build-3-*"):
        next(path.iterdir()).unlink()
    here[3] = all_annotations(np.random.default_rng(0), list(here[3]))
    assert ask_now(here, tmp_path, Storage(tmp_path), 1) == ask_now(here, tmp_path / "fresh", None, 1)


Change = Callable[[Path], Any]


def of(folder: str, name: str, old: str, new: str) -> Change:
    """A change of the first such words in a bulk file."""

    def change(root: Path) -> None:
        path = root / folder / f"{name}.jsonl.zst"
        text = zstandard.decompress(path.read_bytes()).decode()
        assert old in text
        path.write_bytes(zstandard.compress(text.replace(old, new, 1).encode()))

    return change


def move(root: Path, name: str, to: str) -> None:
    """Move a partition out of the corpus, or into it."""
    for path in sorted(root.glob(f"*/**/{name}.jsonl.zst")):
        target = root.parent / to / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


def without_last_line(root: Path, name: str) -> None:
    """Delete the last document of a partition."""
    for path in sorted(root.glob(f"*/**/{name}.jsonl.zst")):
        lines = zstandard.decompress(path.read_bytes()).splitlines(keepends=True)
        path.write_bytes(zstandard.compress(b"".join(lines[:-1])))


def another_label(root: Path) -> None:
    schema = json.loads((root / SCHEMA).read_text("utf-8"))
    schema["description"] = "Another schema."
    (root / SCHEMA).write_text(json.dumps(schema, indent=2), "utf-8")


def an_exception(root: Path) -> None:
    report = run("--root", str(root), "validate", "--format", "json")
    one = next(one for one in json.loads(report.out) if one["code"][:2] == "C6" and one["record"][:1] in "mq")
    path = root / "annotations" / "exceptions.toml"
    text = path.read_text("utf-8") if path.exists() else ""
    said = f'code = "{one["code"]}"\ndoc_id = "{one["doc_id"]}"\nannotator = "gold"\nrecord = "{one["record"]}"\n'
    path.write_text(f'{text}\n[[exception]]\n{said}reason = "the words mean two things"\nuntil = 2099-01-01\n', "utf-8")


def a_release(root: Path) -> None:
    out = root.parent / "for-release"
    assert run("--root", str(root), "build", "--out", str(out)).code == 0
    (root / "releases").mkdir()
    out.rename(root / "releases" / "1.0.0")
    table = next((root / "releases" / "1.0.0" / "documents").glob("train-*.parquet"))
    table.rename(table.with_name(table.name.replace("train-", "test-").replace("-of-", "-of-9")))


CHANGES: dict[str, Change] = {
    "first title": of("raw", "a", '"title": "', '"title": "Changed '),
    "last title": of("raw", "d", '"title": "', '"title": "Changed '),
    "first split": of("raw", "a", '"split": "train"', '"split": "dev"'),
    "last form": of("annotations/gold", "d", '"form": "NAM"', '"form": "NOM"'),
    "middle form": of("annotations/gold", "b", '"form": "NOM"', '"form": "NAM"'),
    "last document": lambda root: without_last_line(root, "d"),
    "a document of the first": lambda root: without_last_line(root, "a"),
    "no first": lambda root: move(root, "a", "aside"),
    "no last": lambda root: move(root, "d", "aside"),
    "no middle": lambda root: move(root, "b", "aside"),
    "schema": another_label,
    "an exception": an_exception,
    "a release": a_release,
    "no baseline": lambda root: (root / "annotations" / "baseline.toml").unlink(),
}


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of four partitions and its build, which no test changes."""

    def make(folder: Path) -> None:
        ran = build(partitioned(folder / "corpus", 4), folder / "build")
        assert ran.code == 0, ran.err

    return made_once(tmp_path_factory, "incremental", make)


@pytest.fixture
def built(original: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of them."""
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    return tmp_path / "corpus", tmp_path / "build"


def build(root: Path, out: Path) -> Ran:
    return run("--root", str(root), "build", "--out", str(out))


def assert_as_fresh(root: Path, out: Path) -> None:
    """Build again, and compare report and bytes with those of a build without parts."""
    found = build(root, out)
    fresh = root.parent / "fresh"
    expected = build(root, fresh)
    assert (found.code, found.out) == (expected.code, expected.out), found.err
    if found.code == 0:
        assert contents(out) == contents(fresh)
    assert partitions.parts(out).keys() == partitions.parts(fresh).keys()
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(root.parent / "fresh.parts")


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_build_after_a_change_is_that_of_a_fresh_one(change: str, built: tuple[Path, Path]) -> None:
    root, out = built
    CHANGES[change](root)
    assert_as_fresh(root, out)


@pytest.mark.parametrize("name", ["a", "c", "d"])
def test_a_partition_that_comes_is_as_if_it_had_been_there(name: str, tmp_path: Path) -> None:
    root, out = partitioned(tmp_path / "corpus", 4), tmp_path / "build"
    move(root, name, "aside")
    assert build(root, out).code == 0
    move(tmp_path / "aside", name, "corpus")
    assert_as_fresh(root, out)


def test_one_change_after_another(built: tuple[Path, Path]) -> None:
    root, out = built
    for change in ("first title", "middle form", "no last", "a document of the first", "an exception"):
        CHANGES[change](root)
        assert_as_fresh(root, out)


def test_a_twin_is_compared_with_its_original_after_each_change(tmp_path: Path) -> None:
    """Also by what is remembered of the two."""
    names = sorted((*partitions.DOCUMENTS, "bell-loan-brief", "bell-loan-brief-noisy"))
    root, out = partitioned(tmp_path / "corpus", 4, names), tmp_path / "build"
    assert build(root, out).code == 0
    CHANGES["last title"](root)
    assert_as_fresh(root, out)
    path = root / "annotations" / "gold" / "a.jsonl.zst"
    before, head, own = zstandard.decompress(path.read_bytes()).decode().partition('{"doc_id": "bell-loan-brief", ')
    path.write_bytes(zstandard.compress(f"{before}{head}{own.replace('NOM', 'NAM', 1)}".encode()))
    for change in ("last document", "last form"):
        CHANGES[change](root)
        assert_as_fresh(root, out)
        assert "gold of bell-loan-brief has changed" in build(root, out).out


def test_a_finding_that_stays_opens_no_partition(built: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root, out = built
    opened: list[str] = []
    original = partitioned_module().look_up

    def noted(task: Any) -> Any:
        opened.append(task.part.partition.name)
        return original(task)

    monkeypatch.setattr(partitioned_module(), "look_up", noted)
    assert build(root, root.parent / "fresh").code == 0
    first, *others = sorted(set(opened))
    assert others
    opened.clear()
    edit(root, first, '"title": "', '"title": "Changed ')
    assert build(root, out).code == 0
    assert set(opened) == {first}


def partitioned_module() -> Any:
    from corpus.pipeline import partitioned as module

    return module


def test_only_columns_that_changed_are_read(built: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root, out = built
    read: dict[str, set[str]] = {}
    original = table_hashes._hash_files

    def noted(files: Any, only: Any) -> Any:
        read.setdefault(files[0].name.split("/")[1], set()).update(path.partition(" ")[0] for path in only)
        return original(files, only)

    monkeypatch.setattr(table_hashes, "_hash_files", noted)
    edit(root, "b", '"title": "', '"title": "Changed ')
    assert build(root, out).code == 0
    # The text of a stance in a headline is the title.
    assert read == {"documents": {"title"}, "stances": {"title", "text"}}


def test_a_damaged_file_of_streams_is_refused(built: tuple[Path, Path]) -> None:
    root, out = built
    edit(root, "b", '"title": "', '"title": "Changed ')
    # Only those of partitions that have a split in common with the changed one are read.
    for path in sorted(out.with_name("build.parts").glob("build-[acd]-*/streams.json")):
        path.write_text("[]", "utf-8")
    ran = build(root, out)
    assert (ran.code, "streams.json is damaged: delete" in ran.err) == (2, True)
