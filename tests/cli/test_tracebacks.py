"""Input that once ended in a traceback ends in exit code 2 and one line that names the file and the cause."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from support.corpora import REPOSITORY, Corpus, run

from corpus.files import Index

CARD = "---\npretty_name: A corpus\n{}\n---\n# A corpus\n"
CITATION = "cff-version: 1.2.0\ntitle: A corpus\nauthors:\n- name: Someone\n"
DEEP = "[" * 10_000 + "]" * 10_000
BOMB = "a0: &a0 [lol]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))


def refused(corpus: Corpus, *argv: str) -> str:
    """Run a command that exits with 2; return its one line."""
    ran = corpus.run(argv[0], *argv[1:])
    assert ran.code == 2, ran
    assert ran.err.startswith("corpus"), ran.err
    assert ran.err.count("\n") == 1, ran.err
    return ran.err


def cite(extra: str) -> Callable[[Corpus], object]:
    return lambda corpus: corpus.write("CITATION.cff", CITATION + extra)


def card(content: bytes | str) -> Callable[[Corpus], object]:
    return lambda corpus: corpus.write("DATASET_CARD.md", content)


def outside(corpus: Corpus, name: str) -> Path:
    """A path beside the corpus."""
    folder = corpus.root.parent / "outside"
    folder.mkdir(exist_ok=True)
    return folder / name


def link(name: str, content: str) -> Callable[[Corpus], object]:
    def damage(corpus: Corpus) -> None:
        target = outside(corpus, "secret")
        target.write_text(content)
        (corpus.root / name).unlink(missing_ok=True)
        (corpus.root / name).symlink_to(target)

    return damage


def pipe(name: str) -> Callable[[Corpus], object]:
    def damage(corpus: Corpus) -> None:
        (corpus.root / name).unlink(missing_ok=True)
        os.mkfifo(corpus.root / name)

    return damage


def device(name: str) -> Callable[[Corpus], object]:
    """A device that never ends, made in the folder of the test; never one of /dev."""

    def damage(corpus: Corpus) -> None:
        (corpus.root / name).unlink(missing_ok=True)
        try:
            os.mknod(corpus.root / name, 0o600 | 0o020000, os.makedev(1, 5))
            with (corpus.root / name).open("rb"):
                pass
        except OSError:
            pytest.skip("only root can make a device here")

    return damage


FILES: dict[str, tuple[str, Callable[[Corpus], object], str, str]] = {
    "card in Latin-1": ("build", card("# Ein Körper\n".encode("latin-1")), "DATASET_CARD.md", "is not UTF-8"),
    "card nested deep": ("build", card(CARD.format(f"x: {DEEP}")), "DATASET_CARD.md", "nested more than 64 deep"),
    "card nested deep in blocks": (
        "build",
        card(CARD.format("x:\n  " + "- " * 10_000 + "1")),
        "DATASET_CARD.md",
        "nested more than 64 deep",
    ),
    "card with an anchor": ("build", card(CARD.format(BOMB)), "DATASET_CARD.md", "aliases and anchors"),
    "card with a date of no calendar": ("build", card(CARD.format("d: 2026-99-99")), "DATASET_CARD.md", "invalid YAML"),
    "card with a tag of another type": ("build", card(CARD.format("d: !!bool x")), "DATASET_CARD.md", "invalid YAML"),
    "card with a control character": ("build", card(CARD.format("d: \x01")), "DATASET_CARD.md", "U+0001"),
    "card with a lone surrogate": ("build", card(CARD.format('d: "\\ud83d"')), "DATASET_CARD.md", "lone surrogate"),
    "card is a link": ("build", link("DATASET_CARD.md", "secret"), "DATASET_CARD.md", "symbolic link"),
    "card is a pipe": ("build", pipe("DATASET_CARD.md"), "DATASET_CARD.md", "not a regular file"),
    "card is a device": ("build", device("DATASET_CARD.md"), "DATASET_CARD.md", "not a regular file"),
    "settings are a pipe": ("validate", pipe("pyproject.toml"), "pyproject.toml", "not a regular file"),
    "settings are a device": ("validate", device("pyproject.toml"), "pyproject.toml", "not a regular file"),
    "schema is a pipe": ("validate", pipe("schema/targets.json"), "targets.json", "not a regular file"),
    "schema is a device": ("validate", device("schema/targets.json"), "targets.json", "not a regular file"),
    "guidelines are a link": ("guidelines", link("schema/GUIDELINES.md", "x"), "GUIDELINES.md", "symbolic link"),
    "citation nested deep": ("release 1.0.0", cite(f"x: {DEEP}\n"), "CITATION.cff", "nested more than 64 deep"),
    "citation in Latin-1": (
        "release 1.0.0",
        lambda corpus: corpus.write("CITATION.cff", (CITATION + "abstract: ä").encode("latin-1")),
        "CITATION.cff",
        "is not UTF-8",
    ),
    "citation with a date as keyword": ("release 1.0.0", cite("keywords: [2026-01-01]\n"), "CITATION.cff", "keywords"),
    "citation with a title of aliases": (
        "release 1.0.0",
        lambda corpus: corpus.write("CITATION.cff", BOMB + "title: *a9\nauthors: []\n"),
        "CITATION.cff",
        "aliases and anchors",
    ),
    "citation with a long number": ("release 1.0.0", cite(f"x: {'9' * 5000}\n"), "CITATION.cff", "invalid YAML"),
    "citation without a mapping": (
        "release 1.0.0",
        lambda corpus: corpus.write("CITATION.cff", "- 1\n"),
        "CITATION.cff",
        "title and authors",
    ),
    "citation is a link": ("release 1.0.0", link("CITATION.cff", CITATION), "CITATION.cff", "symbolic link"),
    "version of 5,000 digits": ("release 1.0." + "1" * 5000, lambda corpus: None, "", "a version is X.Y.Z"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(corpus: Corpus, name: str) -> None:
    verb, damage, file, cause = FILES[name]
    damage(corpus)
    begun = time.monotonic()
    said = refused(corpus, *verb.split())
    assert file in said, said
    assert cause in said, said
    assert time.monotonic() - begun < 10
    assert not list(corpus.root.glob("releases/*"))
    assert not (corpus.root / "build").exists()


def test_an_export_with_lone_surrogates_ends_in_one_line_or_a_finding(corpus: Corpus) -> None:
    export = corpus.root.parent / "export.json"
    export.write_text('[{"id": 1, "data": {"doc_id": "alpha"}, "annotations": [{"id": 1, "completed_by": "\\ud83d"}]}]')
    ran = corpus.run("label-studio", "convert", str(export))
    assert ran.code in (1, 2), ran
    assert "Traceback" not in ran.err


def test_a_schema_title_with_a_lone_surrogate_is_refused(corpus: Corpus) -> None:
    path = corpus.root / "schema/annotation.schema.json"
    path.write_text(path.read_text("utf-8").replace('"title": "', '"title": "\\ud83d', 1))
    assert "annotation.schema.json" in refused(corpus, "validate")


@pytest.mark.parametrize("cut", [-20, 40, None])
def test_a_damaged_compressed_export_is_refused(corpus: Corpus, cut: int | None) -> None:
    packed = gzip.compress(json.dumps([{"id": i, "data": {}, "annotations": []} for i in range(500)]).encode())
    export = corpus.root.parent / "export.json.gz"
    export.write_bytes(packed[:cut] if cut else packed[:60] + b"\xff\xff\xff\xff" + packed[64:])
    assert "export.json.gz" in refused(corpus, "label-studio", "convert", str(export))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (DEEP, "nested too deep"),
        ("[]", "damaged"),
        ('{"files": {}, "configs": {}, "content_sha256": 1}', "damaged"),
        ('{"files": {}, "configs": {"documents": 7}, "content_sha256": ""}', "damaged"),
        ('{"files": {}, "configs": {"../x": {}}, "content_sha256": ""}', "damaged"),
        (f'{{"files": {"9" * 5000}}}', "damaged"),
    ],
    ids=["deep", "a list", "a number", "a number of splits", "another folder", "a long number"],
)
def test_a_damaged_manifest_is_refused(corpus: Corpus, content: str, cause: str) -> None:
    corpus.write("build/manifest.json", content)
    said = refused(corpus, "verify", str(corpus.root / "build"))
    assert "manifest.json" in said
    assert cause in said


def test_a_manifest_that_is_a_link_is_refused(corpus: Corpus) -> None:
    (corpus.root / "build").mkdir()
    link("build/manifest.json", '{"files": {}, "configs": {}, "content_sha256": ""}')(corpus)
    assert "symbolic link" in refused(corpus, "verify", str(corpus.root / "build"))


@pytest.mark.parametrize("verb", ["release 1.0.0", "validate", "verify", "publish"])
@pytest.mark.parametrize("name", ["releases", "releases/0.9.0"])
def test_releases_that_are_a_link_are_neither_read_nor_written_through(corpus: Corpus, verb: str, name: str) -> None:
    elsewhere = outside(corpus, "releases")
    elsewhere.mkdir()
    (corpus.root / name).parent.mkdir(exist_ok=True)
    (corpus.root / name).symlink_to(elsewhere)
    if verb == "validate":
        ran = corpus.run(verb)
        assert (ran.code, ran.out.count(" error C618 ")) == (1, 1)
        assert f"{name} is a symbolic link" in ran.out
    else:
        said = refused(corpus, *verb.split(), *(["--repo", "a/b"] if verb == "publish" else []))
        assert f"{corpus.root / name} is a symbolic link" in said
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("workers", ["0", "-1", "99999999999999999999", "x"])
def test_a_number_of_workers_out_of_bounds_is_refused(corpus: Corpus, workers: str) -> None:
    assert "--workers" in refused(corpus, "validate", "--workers", workers)


def _children(parent: int) -> list[int]:
    """The workers of a process, new ones or forks of it, but not multiprocessing's resource tracker."""
    found, own = [], Path(f"/proc/{parent}/cmdline").read_bytes()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status, command = (folder / "stat").read_text(), (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status.rpartition(")")[2].split()[1]) == parent and (b"spawn_main" in command or command == own):
            found.append(int(folder.name))
    return found


OVERLOOKED = """
import sys, threading
from multiprocessing.process import BaseProcess
from corpus.cli.main import main
terminate = BaseProcess.terminate
def of_the_main_thread(process):
    if threading.current_thread() is threading.main_thread():
        terminate(process)
if __name__ == "__main__":
    BaseProcess.terminate = of_the_main_thread
    sys.exit(main(sys.argv[1:]))
"""
"""The command, in which the pool's own thread ends no worker, as it does with one that is just being started.

Its libraries have threads, so its workers are new processes; those of `corpus` are forks.
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
@pytest.mark.parametrize("program", [("-m", "corpus"), ("overlooked.py",)], ids=["ended", "overlooked"])
def test_a_killed_worker_ends_the_build_in_one_line(corpus: Corpus, program: tuple[str, ...]) -> None:
    for number in range(600):
        corpus.add(f"doc-{number}")
    corpus.write("overlooked.py", OVERLOOKED)
    argv = [sys.executable, *program, "--root", str(corpus.root), "build", "--workers", "2", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True, env=environment, cwd=corpus.root) as process:
        until = time.monotonic() + 60
        while len(workers := _children(process.pid)) < 2 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert workers
        os.kill(workers[0], signal.SIGKILL)
        try:
            _, said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 2, said
    assert said.count("\n") == 1
    assert "a worker process was killed" in said
    assert "use fewer --workers" in said
    assert not (corpus.root / "build").exists()


def test_paths_of_the_index_may_be_longer_than_2_gb(corpus: Corpus) -> None:
    """32-bit offsets end at 2 GB: `ArrowInvalid: offset overflow`."""
    with Index(corpus.root) as index:
        text = [field.type for field in index._table.schema if not pa.types.is_integer(field.type)]
    assert text == [pa.large_string()] * 4 + [pa.large_binary()]


def test_the_example_of_a_citation_is_accepted(corpus: Corpus) -> None:
    cite("keywords: [news, '2026-01-01']\ndate-released: 2020-01-01\n")(corpus)
    ran = run("--root", str(corpus.root), "release", "1.0.0", "--allow-dirty")
    assert ran.code == 0, ran
