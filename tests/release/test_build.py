"""How a build comes to be: the same input gives the same bytes, all of it or nothing, and one old build at any time."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from support.copies import build, change, contents, copy_repository, parquet_rows, read, to_bulk, write
from support.corpora import REPOSITORY, TEXT, Corpus
from support.once import made_once

from corpus.cli.main import main
from corpus.files import writer
from corpus.files.table_hash import TableHash
from corpus.files.writer import TEMPORARY
from corpus.pipeline.shard import DOCUMENTS

DOCUMENT = "barrage-hearing-delay"
BULK = DOCUMENTS + 44
"""Documents of a corpus of two shards."""
_COMMAND = [sys.executable, "-m", "corpus"]


@pytest.fixture(scope="module")
def root(few_built: Path) -> Path:
    """A copy of this repository's corpus, built."""
    return few_built


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up corpus of two shards, built, which all tests share and none changes."""

    def make(folder: Path) -> None:
        script = (
            "import sys; from pathlib import Path; from bulk import write; write(Path(sys.argv[1]), int(sys.argv[2]))"
        )
        command = [sys.executable, "-c", script, str(folder), str(BULK)]
        folder.mkdir()
        subprocess.run(command, check=True, env={"PYTHONPATH": str(REPOSITORY / "benchmarks")})
        build(folder, "--workers", "1")

    return made_once(tmp_path_factory, "bulk", make)


def leftovers(folder: Path) -> list[str]:
    """What stands in a corpus's folder and belongs to nothing there."""
    known = {"raw", "annotations", "schema", "pyproject.toml", "DATASET_CARD.md", "build", "joined.jsonl"}
    return sorted({path.name for path in folder.iterdir()} - known)


def test_the_manifest_holds_the_hash_of_every_file(root: Path) -> None:
    files = contents(root / "build")
    manifest = read(root / "build" / "manifest.json")
    del files["manifest.json"]
    assert manifest["files"] == {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    schemas = [f"schema/{path.name}" for path in sorted((REPOSITORY / "schema").glob("*.json"))]
    assert sorted(line for line in files if not line.endswith(".parquet")) == ["README.md", *schemas]


def test_the_manifest_holds_the_logical_hash_of_every_split(root: Path) -> None:
    manifest = read(root / "build" / "manifest.json")
    lines = []
    for config, splits in sorted(manifest["configs"].items()):
        for split, made in sorted(splits.items()):
            table = pq.read_table(root / "build" / config / f"{split}-00000-of-00001.parquet")
            total = TableHash(table.schema)
            for batch in table.to_batches(max_chunksize=7):
                total.update(batch)
            assert (table.num_rows, total.hexdigest()) == (made["rows"], made["sha256"])
            lines.append(f"{config} {split} {made['sha256']}\n")
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == manifest["content_sha256"]


def test_the_same_input_gives_the_same_bytes_wherever_and_whenever(few_built: Path, tmp_path: Path) -> None:
    """Another folder, working folder, clock, locale, hash seed, number of processes, and file times."""
    copy = tmp_path / "corpus"
    shutil.copytree(few_built, copy, ignore=shutil.ignore_patterns("build"), copy_function=shutil.copy)
    for variables, options in (
        ({"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"}, []),
        ({"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "2"}, ["--workers", "2"]),
    ):
        out = tmp_path / variables["PYTHONHASHSEED"] / "anywhere"
        out.parent.mkdir()
        subprocess.run(
            [*_COMMAND, "--root", str(copy), "build", "--out", str(out), *options],
            check=True,
            cwd=out.parent,
            env=os.environ | variables,
            capture_output=True,
        )
        assert contents(out) == contents(few_built / "build")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_bulk_form_in_any_order_gives_the_same_bytes(few_built: Path, tmp_path: Path, seed: int) -> None:
    copy = tmp_path / "corpus"
    shutil.copytree(few_built, copy, ignore=shutil.ignore_patterns("build"))
    to_bulk(copy, seed)
    assert contents(build(copy)) == contents(few_built / "build")


def test_a_corpus_of_two_shards_is_the_same_with_any_number_of_processes(bulk: Path, tmp_path: Path) -> None:
    assert contents(build(bulk, "--workers", "2", "--out", str(tmp_path / "out"))) == contents(bulk / "build")


def test_offsets_are_written_as_differences_and_words_as_before(root: Path) -> None:
    encodings = {}
    for path in (root / "build").glob("*/*.parquet"):
        group = pq.ParquetFile(path).metadata.row_group(0)
        for column in (group.column(i) for i in range(group.num_columns)):
            encodings.setdefault(column.physical_type, set()).update(column.encodings)
    assert encodings["INT64"] == {"RLE", "DELTA_BINARY_PACKED"}
    assert "DELTA_BINARY_PACKED" not in encodings["BYTE_ARRAY"]


def test_where_shards_files_and_row_groups_are_cut_does_not_change_the_content(
    few_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.pipeline.run.DOCUMENTS", 2)
    monkeypatch.setattr("corpus.pipeline.tables.parquet._ROW_GROUP", 1)
    monkeypatch.setattr("corpus.pipeline.tables.parquet._FILE", 1)
    out = build(few_built, "--out", str(tmp_path / "out"))
    one, other = read(out / "manifest.json"), read(few_built / "build" / "manifest.json")
    assert one["configs"] == other["configs"]
    assert one["content_sha256"] == other["content_sha256"]
    names = sorted(path.name for path in (out / "documents").glob("train-*"))
    assert names == [f"train-{i:05}-of-{len(names):05}.parquet" for i in range(len(names))]
    assert len(names) > 1
    assert parquet_rows(out) == parquet_rows(few_built / "build")
    found = datasets.load_dataset(str(out), "quotes", cache_dir=str(tmp_path / "cache"))
    assert {split: rows.num_rows for split, rows in found.items()} == {
        split: made["rows"] for split, made in other["configs"]["quotes"].items()
    }


def break_a_span(copy: Path) -> None:
    path = copy / "annotations" / "gold" / f"{DOCUMENT}.json"
    annotation = read(path)
    annotation["mentions"][3]["spans"][0]["end"] += 1
    write(path, annotation)


def cut_a_file(copy: Path) -> None:
    path = copy / "annotations" / "ann-a" / f"{DOCUMENT}.json"
    path.write_bytes(path.read_bytes()[:1000])


def forget_a_split(copy: Path) -> None:
    path = copy / "raw" / f"{DOCUMENT}.json"
    write(path, {key: value for key, value in read(path).items() if key != "split"})


def change_a_text(copy: Path) -> None:
    with (copy / "raw" / f"{DOCUMENT}.txt").open("a", encoding="utf-8") as file:
        file.write("!")


@pytest.mark.parametrize("spoil", [break_a_span, cut_a_file, forget_a_split, change_a_text])
def test_an_error_leaves_the_old_build_and_nothing_else(
    few_built: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy, scratch = tmp_path / "corpus", tmp_path / "scratch"
    shutil.copytree(few_built, copy)
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    spoil(copy)
    assert main(["--root", str(copy), "build"]) == 1
    assert "build failed: fix the errors above first" in capsys.readouterr().err
    assert contents(copy / "build") == contents(few_built / "build")
    assert leftovers(copy) == []
    assert list(scratch.iterdir()) == []
    shutil.rmtree(copy / "build")
    assert main(["--root", str(copy), "build"]) == 1
    assert not (copy / "build").exists()
    assert leftovers(copy) == []


def test_a_rebuild_takes_the_place_of_the_old_build(few_built: Path, tmp_path: Path) -> None:
    """No file of the old one stays: a config that is gone is gone."""
    copy = tmp_path / "corpus"
    shutil.copytree(few_built, copy)
    for annotator in (copy / "annotations").glob("ann-*"):
        shutil.rmtree(annotator)
    build(copy)
    assert sorted(path.name for path in (copy / "build").iterdir() if path.is_dir()) == [
        "documents",
        "entities",
        "quotes",
        "schema",
        "stances",
        "twins",
        "withheld",
    ]
    assert leftovers(copy) == []


def test_a_folder_that_is_no_build_is_left_alone(
    few_built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter-1.txt").write_text("years of work", "utf-8")
    file = tmp_path / "file"
    file.write_text("")
    for out in (foreign, file, few_built / "raw"):
        before = contents(tmp_path)
        assert main(["--root", str(few_built), "build", "--out", str(out)]) == 2
        assert str(out) in capsys.readouterr().err
        assert contents(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "thesis"]
    (tmp_path / "empty").mkdir()
    assert main(["--root", str(few_built), "build", "--out", str(tmp_path / "empty")]) == 0


Start = Callable[[str, str], subprocess.Popen[bytes]]
BEGUN, WRITTEN = f"{TEMPORARY}*/new", f"{TEMPORARY}*/beside/*/*"
"""What is there once a build has begun, and once it has written something."""


@pytest.fixture
def start(bulk: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts `corpus build` of a copy of the bulk corpus, and returns it once there is what a pattern says."""
    running: list[subprocess.Popen[bytes]] = []

    def run(pattern: str, workers: str) -> subprocess.Popen[bytes]:
        command = [*_COMMAND, "--root", str(tmp_path / "corpus"), "build", "--workers", workers]
        with (tmp_path / "said").open("wb") as said:
            running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said))
        give_up = time.monotonic() + 300
        while not list((tmp_path / "corpus").glob(pattern)):
            assert running[-1].poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.002)
        return running[-1]

    shutil.copytree(bulk, tmp_path / "corpus")
    yield run
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize("moment", [BEGUN, WRITTEN], ids=["begun", "written"])
def test_killed_in_the_middle_the_old_build_still_loads(bulk: Path, tmp_path: Path, start: Start, moment: str) -> None:
    process = start(moment, "1")
    process.send_signal(signal.SIGKILL)
    process.wait()
    copy = tmp_path / "corpus"
    assert leftovers(copy) != [], "it was killed too late to show anything"
    assert contents(copy / "build") == contents(bulk / "build")
    found = datasets.load_dataset(str(copy / "build"), "stances", cache_dir=str(tmp_path / "cache"))
    assert sum(stance is not None for rows in found.values() for stance in rows["id"]) == 4 * BULK
    assert contents(build(copy, "--workers", "1")) == contents(bulk / "build")


@pytest.mark.parametrize(
    ("stop", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended by SIGTERM")]
)
def test_stopped_in_the_middle_it_leaves_the_old_build_and_nothing_else(
    bulk: Path, tmp_path: Path, start: Start, stop: signal.Signals, code: int, said: str
) -> None:
    process = start(BEGUN, "1")
    process.send_signal(stop)
    assert process.wait(200) == code
    assert (tmp_path / "said").read_text() == f"corpus: {said}; {tmp_path / 'corpus' / 'build'} was not changed\n"
    assert contents(tmp_path / "corpus" / "build") == contents(bulk / "build")
    assert leftovers(tmp_path / "corpus") == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux to know whose child a process is")
@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_build(
    start: Start, stop: signal.Signals, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "spawn":
        monkeypatch.setenv("JE_ARROW_MALLOC_CONF", "background_thread:true")  # a process with a thread is not forked
    process = start(WRITTEN, "2")
    own = _command(process.pid)
    workers: list[int] = []
    while not workers:
        assert process.poll() is None
        children = [int(child) for task in Path(f"/proc/{process.pid}/task").iterdir() for child in _children(task)]
        workers = [
            pid for pid in children if (_command(pid) == own if way == "fork" else b"spawn_main" in _command(pid))
        ]
    process.send_signal(stop)
    process.wait(200)
    give_up = time.monotonic() + 50
    while workers and time.monotonic() < give_up:
        time.sleep(0.05)
        workers = [pid for pid in workers if _command(pid)]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    assert workers == []


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:
        return []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_where_nothing_can_be_written_nothing_is_lost(
    few_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The new build cannot take the old one's place, on a system that cannot exchange folders: the old one stays."""
    copy = tmp_path / "corpus"
    shutil.copytree(few_built, copy)
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if Path(target) == copy / "build" and self.parent.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(writer, "_renameat2", lambda *_: False)
    monkeypatch.setattr(Path, "rename", fails)
    assert main(["--root", str(copy), "build"]) == 2
    monkeypatch.undo()
    assert contents(copy / "build") == contents(few_built / "build")


def test_nothing_to_build_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy_repository(tmp_path, ("nothing-of-that-name",))
    (tmp_path / "raw").mkdir(exist_ok=True)
    assert main(["--root", str(tmp_path), "build"]) == 2
    assert "no document" in capsys.readouterr().err
    assert leftovers(tmp_path) == []


def test_rows_stand_in_the_order_of_their_documents_ids(root: Path) -> None:
    rows = parquet_rows(root / "build")
    for found in rows.values():
        ids = [row["doc_id"] for row in found]
        assert ids == sorted(ids)


def test_the_last_line_counts_what_was_suppressed_and_left_out(corpus: Corpus) -> None:
    corpus.add("gamma")
    change(corpus.root / "raw/gamma.json", lambda record: record.pop("split"))
    corpus.add("delta", redistribution="none", annotators=())
    corpus.add("withheld", redistribution="offsets_only", annotators=())
    corpus.add("like-beta", TEXT.replace("safe", "not safe"), twin_of="beta", twin_kind="noisy")
    corpus.write("pyproject.toml", '[tool.corpus.severity]\nC601 = "info"\nC606 = "info"\n')
    ran = corpus.run("build")
    assert ran.code == 0, ran.out
    assert ran.err.splitlines()[-1].endswith("; 2 documents left out: no split, or not redistributable")
    (corpus.root / "raw/gamma.json").unlink()
    (corpus.root / "raw/delta.json").unlink()
    for path in corpus.root.glob("*/**/gamma.*"):
        path.unlink()
    quote = corpus.read("annotations/gold/alpha.json")
    quote["quotes"][0]["type"] = "indirect"
    corpus.write("annotations/gold/alpha.json", quote)
    place = 'doc_id = "alpha"\nannotator = "gold"\ncode = "Q502"\nrecord = "q1"'
    reason = 'reason = "They are not its words."\nuntil = 2100-01-01'
    corpus.write("annotations/exceptions.toml", f"[[exception]]\n{place}\n{reason}\n")
    ran = corpus.run("build")
    assert ran.code == 0, ran.out
    assert ran.err.splitlines()[-1].endswith("; 1 finding suppressed")


def test_baselines_of_other_content_are_named_by_the_build(corpus: Corpus, tmp_path: Path) -> None:
    table = "<!-- generated:baselines -->\nTuned on `dev`: 1 story of content `{}`.\n<!-- end -->\n"
    corpus.write("DATASET_CARD.md", f"# C\n\n{table.format('0' * 12)}")
    ran, elsewhere = corpus.run("build"), corpus.run("build", "--out", str(tmp_path / "out"))
    content = read(corpus.root / "build" / "manifest.json")["content_sha256"][:12]
    said = f"info: the table of baselines in DATASET_CARD.md is of content {'0' * 12}, and this build has {content}"
    assert f"{said}: run `corpus score --baselines` before you release" in ran.err
    assert f"{said}: run `corpus score --baselines --release {tmp_path / 'out'}` before" in elsewhere.err
    assert "info:" not in corpus.run("build", "--with-attached").err
    corpus.write("DATASET_CARD.md", f"# C\n\n{table.format(content)}")
    assert "info:" not in corpus.run("build").err
