"""A corpus of partitions gives the same bytes whatever builds it, and no part is made twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from support import partitions
from support.copies import contents, copy_few, read, to_bulk
from support.corpora import Ran, run
from support.once import made_once
from support.partitions import at, build, command, partitioned, parts, same, single_files

from corpus.core.model import CorpusError
from corpus.files.storage import Storage
from corpus.pipeline import part as part_module
from corpus.pipeline.partitions import PartitionError, find_partitions, partition_of
from corpus.pipeline.shard import compile_shard


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same documents in single files, which no test changes, with a build."""

    def make(folder: Path) -> None:
        assert run("--root", str(single_files(folder)), "build").code == 0

    return made_once(tmp_path_factory, "single-files", make)


@pytest.fixture
def built(root: Path, one: tuple[Ran, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the corpus, and of its build with the parts beside it: to be changed, and built again."""
    for folder, name in ((root, "corpus"), (one[1], "build"), (one[1].with_name("build.parts"), "build.parts")):
        shutil.copytree(folder, tmp_path / name)
    return tmp_path / "corpus", tmp_path / "build"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bulk files of which documents are compiled in this process, one for each shard."""
    found: list[str] = []

    def compiled(entries: Any, *rest: Any) -> Any:
        found.append(entries[0].path.rpartition("/")[2].partition(".")[0])
        return compile_shard(entries, *rest)

    monkeypatch.setattr(part_module, "compile_shard", compiled)
    return found


def test_partitions_are_in_the_order_of_their_documents(root: Path) -> None:
    found = find_partitions(Storage(root))
    assert [one.name for one in found] == ["a", "b", "c"]
    annotations = sorted(path.relative_to(root).as_posix() for path in root.glob("annotations/*/a.jsonl.zst"))
    assert found[0].files == ("raw/a.jsonl.zst", *annotations)
    assert "annotations/gold/a.jsonl.zst" in annotations
    assert [one.before for one in found] == [found[1].first, found[2].first, ""]
    assert partition_of(found, found[1].first) == found[1]
    assert partition_of(found, "0") is None


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("raw/alone.json", "is not a bulk file"),
        ("raw/attached/alone.txt", "is not a bulk file"),
        ("raw/b.jsonl", "have one name"),
        ("raw/d.jsonl", "has no doc_id at its beginning"),
        ("annotations/gold/d.jsonl", "no file of the same name"),
        ("annotations/gold/alone.json", "is not a bulk file"),
        ("annotations/stray.json", "is not a folder of an annotator"),
    ],
)
def test_other_files_make_a_corpus_one_partition(path: str, why: str, tmp_path: Path) -> None:
    root = partitioned(tmp_path / "corpus")
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text("{}\n", "utf-8")
    with pytest.raises(PartitionError, match=why):
        find_partitions(Storage(root))


def test_a_link_is_no_partition(tmp_path: Path) -> None:
    root = partitioned(tmp_path / "corpus")
    (root / "raw" / "d.jsonl.zst").symlink_to(root / "raw" / "a.jsonl.zst")
    with pytest.raises(PartitionError, match="is not a bulk file"):
        find_partitions(Storage(root))


def test_the_content_is_that_of_single_files(one: tuple[Ran, Path], alone: Path) -> None:
    single, parts = read(alone / "build" / "manifest.json"), read(one[1] / "manifest.json")
    assert single["content_sha256"] == parts["content_sha256"]
    assert single["configs"] == parts["configs"]
    assert len(parts["files"]) > len(single["files"])


def test_the_findings_are_those_of_single_files(root: Path, alone: Path) -> None:
    """All but the place, which in a bulk file is a line."""

    def found(of: Path) -> list[tuple[str, str, str, str]]:
        problems = json.loads(run("--root", str(of), "validate", "--format", "json").out)
        # Which of equals comes first as an example depends on nothing but the documents.
        return [(one["code"], one["doc_id"], one["pointer"], one["message"]) for one in problems]

    assert found(root) == found(alone)
    assert {"C609", "C655"} <= {code for code, *_ in found(root)}


def test_two_processes_make_the_same_bytes(root: Path, one: tuple[Ran, Path], tmp_path: Path) -> None:
    out = tmp_path / "build"
    same(build(root, out, "--workers", "2"), out, *one)
    assert parts(out) == parts(one[1])


def test_ranks_make_the_same_bytes(root: Path, one: tuple[Ran, Path], tmp_path: Path) -> None:
    out = tmp_path / "build"
    for rank in ("2/2", "1/2"):
        assert run("--root", str(root), "build", "--out", str(out), "--rank", rank).code == 0
        assert not out.exists()
    same(run("--root", str(root), "build", "--out", str(out), "--finish"), out, *one)


def test_what_ranks_did_not_make_is_named(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    assert run("--root", str(root), "build", "--out", str(out), "--rank", "2/2").code == 0
    ran = run("--root", str(root), "build", "--out", str(out), "--finish")
    assert ran.code == 2
    assert "has no part of raw/a.jsonl.zst, raw/c.jsonl.zst: run the ranks that did not end" in ran.err
    assert not out.exists()


def test_validate_says_the_same_in_processes_and_ranks(root: Path, tmp_path: Path) -> None:
    parts = ("--parts", str(tmp_path / "parts"))
    serial = run("--root", str(root), "validate", "--no-cache")
    assert "C655" in serial.out
    assert command("validate", root, "--workers", "2").out == serial.out
    for rank in ("1/3", "2/3", "3/3"):
        assert run("--root", str(root), "validate", "--rank", rank, *parts).code == 0
    finished = run("--root", str(root), "validate", "--finish", *parts)
    assert (finished.code, finished.out) == (serial.code, serial.out)


def test_a_part_that_exists_is_not_made_again(
    built: tuple[Path, Path], one: tuple[Ran, Path], tmp_path: Path, counted: list[str]
) -> None:
    root, out = built
    before = contents(out)
    same(run("--root", str(root), "build", "--out", str(out)), out, *one)
    assert counted == []
    partitions.edit(root, "b", '"language": "en"', '"language": "de"')
    assert run("--root", str(root), "build", "--out", str(out)).code == 0
    assert counted == ["b"]
    assert contents(out) != before
    # The part of b that nothing needs any more is gone.
    assert len(list((tmp_path / "build.parts").glob("build-?-*.json"))) == 3


@pytest.mark.parametrize(
    ("change", "made"),
    [
        (lambda root: partitions.edit(root, "c", '"language": "en"', '"language": "de"'), ["c"]),
        (
            lambda root: (root / "schema" / "targets.json").write_text(
                (root / "schema" / "targets.json").read_text("utf-8") + "\n", "utf-8"
            ),
            [],
        ),
        (
            lambda root: (root / "pyproject.toml").write_text(
                '[tool.corpus]\nversion = "1.2.3"\n[tool.corpus.severity]\nC655 = "warning"\n', "utf-8"
            ),
            ["a", "b", "c"],
        ),
    ],
    ids=["a document", "white space of the schema", "a severity"],
)
def test_a_part_is_made_again_when_what_it_depends_on_changes(
    change: Callable[[Path], Any], made: list[str], built: tuple[Path, Path], counted: list[str]
) -> None:
    root, out = built
    change(root)
    assert run("--root", str(root), "build", "--out", str(out)).code == 0
    assert counted == made


def test_a_date_in_the_future_is_asked_about_every_day(
    tmp_path: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    root, out = partitioned(tmp_path / "corpus"), tmp_path / "build"
    with_date = zstandard.decompress((root / "raw" / "b.jsonl.zst").read_bytes()).decode().splitlines()
    value = json.loads(with_date[0]) | {"retrieved": "2031-01-05"}
    lines = [json.dumps(value, ensure_ascii=False), *with_date[1:], ""]
    (root / "raw" / "b.jsonl.zst").write_bytes(zstandard.compress("\n".join(lines).encode()))
    codes = []
    for day in (date(2031, 1, 1), date(2031, 1, 2), date(2031, 2, 1)):
        monkeypatch.setattr("corpus.cli.options.today", lambda day=day: day)
        codes.append("C630" in run("--root", str(root), "build", "--out", str(out)).out)
    assert codes == [True, True, False]
    assert counted == ["a", "b", "c", "b", "b"]


def test_files_whose_documents_are_interleaved_are_read_together(few_built: Path, tmp_path: Path) -> None:
    root = copy_few(tmp_path / "corpus")
    to_bulk(root, 1)
    card = root / "DATASET_CARD.md"
    card.write_text(card.read_text("utf-8").replace("<!-- corpus:agreement -->", ""), "utf-8")
    assert run("--root", str(root), "build").code == 0
    built = read(root / "build" / "manifest.json")
    assert built["content_sha256"] == read(few_built / "build" / "manifest.json")["content_sha256"]
    ran = run("--root", str(root), "build", "--out", str(tmp_path / "build"), "--rank", "1/2")
    assert ran.code == 2
    assert "`corpus repartition` divides a corpus" in ran.err


def test_a_document_of_another_partition_is_no_annotation_here(tmp_path: Path) -> None:
    """Its line is in the file of another partition: the corpus is read as one, and the document keeps it."""
    root = partitioned(tmp_path / "corpus")
    first, second = (root / "annotations" / "gold" / f"{name}.jsonl.zst" for name in "ab")
    lines = zstandard.decompress(first.read_bytes()).splitlines(keepends=True)
    first.write_bytes(zstandard.compress(b"".join(lines[:-1])))
    second.write_bytes(zstandard.compress(lines[-1] + zstandard.decompress(second.read_bytes())))
    ran = run("--root", str(root), "build", "--out", str(tmp_path / "build"))
    assert ran.code == 0, ran.out
    assert read(tmp_path / "build" / "manifest.json")["files"].keys() >= {"quotes/train-00000-of-00001.parquet"}


def test_parts_are_not_kept_in_the_corpus(tmp_path: Path) -> None:
    """A submission could bring parts that say what they like about its documents."""
    root = partitioned(tmp_path / "corpus")
    assert run("--root", str(root), "build").code == 0
    assert sorted(path.name for path in root.iterdir() if "part" in path.name or path.name.startswith(".")) == []
    for argv in (("build", "--parts", str(root / "parts")), ("validate", "--parts", str(root / "parts"))):
        ran = run("--root", str(root), *argv)
        assert (ran.code, "is in the corpus: choose --parts outside of it" in ran.err) == (2, True)
    ran = run("--root", str(root), "build", "--rank", "1/2")
    assert (ran.code, "choose a directory with --parts" in ran.err) == (2, True)


@pytest.mark.parametrize("file", ["documents/*.parquet", "findings.jsonl.zst", "summaries.parquet"])
def test_a_damaged_file_of_a_part_is_never_used(file: str, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    assert run("--root", str(root), "build", "--out", str(out), "--rank", "1/1").code == 0
    path = max((tmp_path / "build.parts").glob(f"*/{file}"), key=lambda path: path.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    ran = run("--root", str(root), "build", "--out", str(out), "--finish")
    assert ran.code == 2
    assert "is damaged: delete" in ran.err
    assert not out.exists()


def test_a_damaged_record_of_a_part_is_made_again(
    built: tuple[Path, Path], one: tuple[Ran, Path], tmp_path: Path, counted: list[str]
) -> None:
    root, out = built
    for path in (tmp_path / "build.parts").glob("build-b-*.json"):
        path.write_bytes(path.read_bytes()[:-20])
    same(run("--root", str(root), "build", "--out", str(out)), out, *one)
    assert counted == ["b"]


def test_a_directory_that_may_not_be_written_is_refused_before_any_work(
    root: Path, tmp_path: Path, counted: list[str]
) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "thesis.tex").touch()
    ran = run("--root", str(root), "build", "--out", str(tmp_path / "build"))
    assert (ran.code, "is not empty and not an earlier build" in ran.err) == (2, True)
    assert counted == []


def test_a_machine_with_other_versions_is_refused(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(*given: Any) -> part_module.PartTask:
        task = part_module.part_task(*given)
        return replace(task, versions={**task.versions, "pyarrow": "1.0"})

    monkeypatch.setattr("corpus.pipeline.open_run.part_task", other)
    ran = run("--root", str(root), "build", "--out", str(tmp_path / "build"))
    assert ran.code == 2
    assert "a worker has other versions than this machine: pyarrow" in ran.err


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = partitioned(tmp_path / "corpus")

    def compiled(entries: Any, *rest: Any) -> Any:
        partitions.edit(root, "a", '"language": "en"', '"language": "de"')
        return compile_shard(entries, *rest)

    monkeypatch.setattr(part_module, "compile_shard", compiled)
    ran = run("--root", str(root), "build", "--out", str(tmp_path / "build"))
    assert (ran.code, "changed while it was read; run the command again" in ran.err) == (2, True)
    assert not list((tmp_path / "build.parts").glob("*.json"))


@pytest.mark.parametrize(
    ("event", "pattern"),
    [
        ("open", "*/raw/b.jsonl.zst"),
        ("os.mkdir", "*/part"),
        ("os.rename", "*/build-b-*/findings.jsonl.zst"),
        ("os.rename", "*/build-b-*/documents/*.parquet"),
        ("os.rename", "*/build-b-*.json"),
    ],
    ids=["reading", "compiling", "findings", "tables", "the record"],
)
def test_a_worker_that_is_killed_is_replaced(
    event: str, pattern: str, root: Path, one: tuple[Ran, Path], tmp_path: Path
) -> None:
    out, killed = tmp_path / "build", tmp_path / "killed"
    ran = build(root, out, "--workers", "2", env=at(event, pattern, "kill", killed))
    assert killed.exists(), "no worker was killed"
    same(ran, out, *one)
    assert parts(out) == parts(one[1])


def test_a_partition_that_always_kills_its_worker_is_named_and_the_rest_is_done(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    ran = build(
        root,
        out,
        "--workers",
        "2",
        env=at("os.mkdir", "*/part", "kill", None) | at("open", "*/raw/b.jsonl.zst", "kill", None),
    )
    assert ran.code == 2
    assert "raw/b.jsonl.zst: the worker was killed each time" in ran.err
    assert "2 of 3 partitions are done" in ran.err
    assert "Traceback" not in ran.err
    assert not out.exists()
    assert {path.name[6] for path in (tmp_path / "build.parts").glob("*.json")} == {"a", "c"}


def test_a_request_to_end_does_not_wait_for_partitions(root: Path, tmp_path: Path) -> None:
    """The worker would go on for ten minutes."""
    out = tmp_path / "build"
    ran = build(root, out, "--workers", "2", env=at("os.mkdir", "*/part", "terminate", tmp_path / "once"))
    assert ran.code == 128 + 15
    assert "Traceback" not in ran.err
    assert not out.exists()


def test_a_url_of_unknown_storage_is_refused() -> None:
    with pytest.raises(CorpusError, match="gopher:// is not an address of storage"):
        Storage("gopher://host/corpus")
