"""A Dask cluster makes the same bytes as one process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.corpora import REPOSITORY, Ran, run
from support.dask_cluster import HOSTS, dask_cluster
from support.partitions import at, build, parts, same

from corpus.pipeline.dask import dask_engine
from corpus.pipeline.executors import run_all

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of the scheduler of a cluster of two hosts."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as file:
        yield file


def test_two_hosts_make_the_same_bytes(scheduler: Path, root: Path, one: tuple[Ran, Path], tmp_path: Path) -> None:
    out = tmp_path / "build"
    same(build(root, out, "--executor", f"dask:{scheduler}"), out, *one)
    assert parts(out) == parts(one[1])


def test_validate_says_the_same(scheduler: Path, root: Path, tmp_path: Path) -> None:
    here = run("--root", str(root), "validate", "--no-cache")
    there = run("--root", str(root), "validate", "--executor", f"dask:{scheduler}", "--parts", str(tmp_path / "parts"))
    assert (there.code, there.out) == (here.code, here.out)


def test_both_hosts_work(scheduler: Path) -> None:
    address = "sum(range(2_000_000)) and __import__('distributed').get_worker().address.split('/')[2].split(':')[0]"
    with dask_engine(f"dask:{scheduler}") as engine:
        assert set(run_all(engine, eval, [address] * 20)) == set(HOSTS)


@pytest.mark.slow
def test_a_worker_with_other_code_is_refused(root: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(REPOSITORY / "corpus", code / "corpus", ignore=shutil.ignore_patterns("__pycache__"))
    with (code / "corpus" / "checks" / "spans.py").open("a") as file:
        file.write("# another day\n")
    with dask_cluster(tmp_path, {"PYTHONPATH": str(code)}) as scheduler:
        ran = build(root, tmp_path / "build", "--executor", f"dask:{scheduler}")
    assert ran.code == 2
    assert "has other versions than this machine: other code of on-the-record" in ran.err


@pytest.mark.parametrize("address", ["dask:", "dask:/nowhere/scheduler.json", "spark://host", "dask://"])
def test_an_address_of_another_form_is_refused(address: str, root: Path, tmp_path: Path) -> None:
    ran = run("--root", str(root), "build", "--out", str(tmp_path / "build"), "--executor", address)
    assert (ran.code, "--executor is dask://HOST:PORT or dask:FILE" in ran.err) == (2, True)


@pytest.mark.slow
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
def test_a_killed_worker_changes_nothing(
    event: str, pattern: str, root: Path, one: tuple[Ran, Path], tmp_path: Path
) -> None:
    killed, out = tmp_path / "killed", tmp_path / "build"
    with dask_cluster(tmp_path, at(event, pattern, "kill", killed)) as file:
        ran = build(root, out, "--executor", f"dask:{file}")
    assert killed.exists(), "no worker was killed"
    same(ran, out, *one)


@pytest.mark.slow
def test_a_partition_that_always_kills_its_worker_is_named(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    with dask_cluster(tmp_path, at("open", "*/raw/b.jsonl.zst", "kill", None)) as file:
        ran = build(root, out, "--executor", f"dask:{file}")
    assert ran.code == 2, ran.err
    assert "raw/b.jsonl.zst: the worker was killed each time" in ran.err
    assert "2 of 3 partitions are done" in ran.err
    assert "Traceback" not in ran.err
    assert not out.exists()
