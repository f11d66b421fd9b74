"""A corpus is written in partitions, with the same content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard
from support.copies import contents, read
from support.corpora import Corpus, run
from support.partitions import DOCUMENTS, command, single_files
from support.s3_server import download, s3_server

from corpus.files.storage import Storage
from corpus.pipeline.partitions import find_partitions


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of single files, with a build."""
    root = single_files(tmp_path_factory.mktemp("alone") / "corpus")
    for path in ("raw/README.md", "annotations/gold/NOTES.md", "adjudication/notes.json"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("[]\n", "utf-8")
    assert run("--root", str(root), "build").code == 0
    return root


def test_the_content_is_the_same_and_another_number_of_documents_gives_it_too(alone: Path, tmp_path: Path) -> None:
    before = read(alone / "build" / "manifest.json")
    for root, to, documents in ((alone, "fives", 5), (tmp_path / "fives", "sevens", 7)):
        ran = run("--root", str(root), "repartition", "--out", str(tmp_path / to), "--documents", str(documents))
        count = -(-len(DOCUMENTS) // documents)
        assert ran.code == 0, ran.err
        assert f"{len(DOCUMENTS)} documents in {count} partitions" in ran.err
        assert len(find_partitions(Storage(tmp_path / to))) == count
        assert run("--root", str(tmp_path / to), "build", "--out", str(tmp_path / f"{to}-build")).code == 0
        after = read(tmp_path / f"{to}-build" / "manifest.json")
        assert (after["content_sha256"], after["configs"]) == (before["content_sha256"], before["configs"])


def test_every_other_file_is_copied(alone: Path, tmp_path: Path) -> None:
    run("--root", str(alone), "repartition", "--out", str(tmp_path / "new"))
    others = {name: data for name, data in contents(alone).items() if not name.startswith("build/")}
    of_documents = ("raw/", "annotations/")
    kept = {
        name: data
        for name, data in others.items()
        if not name.startswith(of_documents) or name.endswith((".toml", ".md"))
    }
    found = contents(tmp_path / "new")
    assert {name: data for name, data in found.items() if not name.endswith(".zst")} == kept
    assert sorted(name for name in found if name.startswith("raw/")) == ["raw/00000.jsonl.zst", "raw/README.md"]


def test_processes_and_object_storage_get_the_same_bytes(alone: Path, tmp_path: Path) -> None:
    argv = ("--documents", "4")
    assert run("--root", str(alone), "repartition", "--out", str(tmp_path / "one"), *argv).code == 0
    assert command("repartition", alone, "--out", str(tmp_path / "two"), "--workers", "2", *argv).code == 0
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    with s3_server() as url:
        assert run("--root", str(alone), "repartition", "--out", f"{url}/new", *argv).code == 0
        assert contents(download(f"{url}/new", tmp_path / "three")) == contents(tmp_path / "one")


def test_the_order_of_records_and_keys_is_kept(corpus: Corpus, tmp_path: Path) -> None:
    value = corpus.read("annotations/gold/alpha.json")
    value["mentions"].reverse()
    value = dict(reversed(value.items()))
    corpus.write("annotations/gold/alpha.json", value)
    assert corpus.run("repartition", "--out", str(tmp_path / "new")).code == 0
    lines = zstandard.decompress(
        (tmp_path / "new" / "annotations" / "gold" / "00000.jsonl.zst").read_bytes()
    ).splitlines()
    found = json.loads(lines[0])
    assert found == value
    assert list(found) == ["doc_id", *(name for name in value if name != "doc_id")]


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("raw/alpha.json", "{", "raw/alpha.json has an error of level 1"),
        ("raw/zulu.txt", "A text without a record.\n", "raw/zulu.txt has no record in raw/"),
        ("raw/alpha.txt", b"\xff\xfe\xfa", "the text of alpha is not UTF-8"),
        ("raw/stray.pdf", "%PDF", "raw/stray.pdf has an error of level 1"),
        ("raw/more.jsonl", '{"doc_id": "alpha"}\n', "has an error of level 1"),
        ("raw/attached/zulu.txt", "Mine.\n", "raw/attached/ has texts that belong to one user"),
        ("annotations/gold/zulu.json", '{"doc_id": "zulu"}', "annotations/gold/zulu.json has no record in raw/"),
    ],
)
def test_nothing_is_left_out_in_silence(
    path: str, content: bytes | str, why: str, corpus: Corpus, tmp_path: Path
) -> None:
    corpus.write(path, content)
    ran = corpus.run("repartition", "--out", str(tmp_path / "new"))
    assert ran.code == 2
    assert why in ran.err
    assert not (tmp_path / "new").exists()


def test_the_new_corpus_is_a_directory_of_its_own(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for out, why in ((corpus.root / "new", "is in the corpus"), (tmp_path / "full", "is not empty")):
        ran = corpus.run("repartition", "--out", str(out))
        assert (ran.code, why in ran.err) == (2, True)
