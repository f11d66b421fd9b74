"""The corpus, the parts and the build may be in object storage: a real S3 server, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import partitions
from support.copies import contents, read
from support.corpora import Ran, run
from support.partitions import at, build, parts, single_files
from support.s3_server import download, s3_server, upload

from corpus.files.storage import Storage

FEW = ("barrage-hearing-delay", "cup-final-brief", "news-113", "tram-crash-meridian")
"""Documents of train and test, in turns."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of two partitions, which no test changes: each file of a build is some requests to the server."""
    return small(tmp_path_factory.mktemp("small") / "corpus")


@pytest.fixture(scope="module")
def one(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    """What one process makes of it on a disk: the report and the build, with its parts beside it."""
    return partitions.built(root, tmp_path_factory.mktemp("small-built") / "build")


def small(root: Path) -> Path:
    """A corpus of two partitions, each with a document of train and one of test."""
    return partitions.partitioned(root, 2, FEW)


@pytest.fixture(scope="module")
def bucket(root: Path) -> Iterator[str]:
    """The URL of a bucket with the corpus, in the folder `corpus`."""
    with s3_server() as url:
        upload(root, f"{url}/corpus")
        yield url


def built(bucket: str, name: str, tmp_path: Path) -> dict[str, bytes]:
    """The files of a build."""
    return contents(download(f"{bucket}/{name}", tmp_path / name))


def test_a_build_in_object_storage_has_the_same_bytes(bucket: str, one: tuple[Ran, Path], tmp_path: Path) -> None:
    ran = run("--root", f"{bucket}/corpus", "build", "--out", f"{bucket}/build")
    assert (ran.code, ran.out) == (0, one[0].out), ran.err
    assert built(bucket, "build", tmp_path) == contents(one[1])
    in_bucket = built(bucket, "build.parts", tmp_path)
    assert {name: data for name, data in in_bucket.items() if not name.startswith("known/")} == parts(one[1])


def test_a_killed_worker_leaves_no_half_file(bucket: str, one: tuple[Ran, Path], tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    argv = (f"{bucket}/corpus", f"{bucket}/again", "--workers", "2")
    ran = build(*argv, env=at("os.mkdir", "*/part", "kill", killed))
    assert killed.exists(), "no worker was killed"
    assert (ran.code, ran.out) == (0, one[0].out), ran.err
    assert built(bucket, "again", tmp_path) == contents(one[1])


def test_validate_reads_object_storage(bucket: str, root: Path) -> None:
    there, here = run("--root", f"{bucket}/corpus", "validate"), run("--root", str(root), "validate", "--no-cache")
    assert (there.code, there.out) == (here.code, here.out)


def test_an_earlier_build_is_replaced_and_keeps_no_file_of_it(
    bucket: str, root: Path, one: tuple[Ran, Path], tmp_path: Path
) -> None:
    upload(one[1], f"{bucket}/two")
    stale = Storage(f"{bucket}/two")
    stale.write("documents/train-00007-of-00008.parquet", b"of an earlier build")
    assert run("--root", str(root), "build", "--out", f"{bucket}/two").code == 0
    assert sorted(read(download(f"{bucket}/two", tmp_path / "two") / "manifest.json")["files"]) == sorted(
        name for name in stale.walk() if name != "manifest.json"
    )


def test_a_directory_with_other_files_is_not_overwritten(bucket: str, root: Path) -> None:
    Storage(f"{bucket}/mine").write("thesis.tex", b"years of work")
    ran = run("--root", str(root), "build", "--out", f"{bucket}/mine")
    assert (ran.code, "has thesis.tex, which is not of a build" in ran.err) == (2, True)


def test_errors_leave_the_build_without_a_change(bucket: str, one: tuple[Ran, Path], tmp_path: Path) -> None:
    upload(one[1], f"{bucket}/kept")
    before = built(bucket, "kept", tmp_path)
    wrong = small(tmp_path / "wrong")
    partitions.edit(wrong, "b", '"redistribution": ', '"redistributed": ')
    ran = run("--root", str(wrong), "build", "--out", f"{bucket}/kept")
    assert ran.code == 1, ran.out
    assert built(bucket, "kept", tmp_path / "after") == before


def test_what_needs_the_files_on_this_machine_says_so(bucket: str, tmp_path: Path) -> None:
    ran = run("--root", f"{bucket}/corpus", "stats")
    assert (ran.code, "this command reads no object storage" in ran.err) == (2, True)
    ran = run("--root", f"{bucket}/nothing", "validate")
    assert (ran.code, "nothing is not a corpus" in ran.err) == (2, True)
    alone = single_files(tmp_path / "alone", FEW)
    upload(alone, f"{bucket}/alone")
    ran = run("--root", f"{bucket}/alone", "validate")
    assert (ran.code, "`corpus repartition` divides a corpus into partitions" in ran.err) == (2, True)


def test_figures_of_agreement_are_never_those_of_an_empty_corpus(bucket: str, root: Path, tmp_path: Path) -> None:
    card = Storage(f"{bucket}/with-agreement")
    upload(root, f"{bucket}/with-agreement")
    card.write("DATASET_CARD.md", card.read("DATASET_CARD.md") + b"\n<!-- corpus:agreement -->\n")
    ran = run("--root", f"{bucket}/with-agreement", "build", "--out", f"{bucket}/never")
    assert (ran.code, "for which every annotation must be on this machine" in ran.err) == (2, True)


def test_keys_in_a_url_are_not_shown(bucket: str) -> None:
    assert str(Storage("s3://key:secret@bucket/corpus?region=eu-west-1")) == "s3://bucket/corpus"
