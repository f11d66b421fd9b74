"""`corpus attach --release`: a copy of a release with withheld texts in it is what a build with them is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.copies import build, contents, copy_repository, parquet_rows, read, spans_in, withhold, write
from support.corpora import REPOSITORY, Ran, run

FULL = "storm-ketterick-brief"
MORE = ("000_1a148ceac667d117", "cup-final-meridian", "vellish-signs-opinion")
"""The first is one that this repository withholds."""
WITHHELD = ("barrage-hearing-delay", "barrage-cost-analysis")


@dataclass(frozen=True)
class Case:
    """A release of three documents, of which two withhold their texts, and a folder with these texts."""

    root: Path
    release: Path
    texts: Path
    out: Path

    def attach(self, *argv: str) -> Ran:
        """Run `corpus attach --release`; the release must be as it was."""
        before = contents(self.release)
        ran = run("attach", "--release", str(self.release), "--texts", str(self.texts), "--out", str(self.out), *argv)
        assert contents(self.release) == before
        if not self.out.exists():
            assert not list(self.out.parent.glob(f".{self.out.name}*"))
        return ran

    def text(self, doc_id: str) -> Path:
        """The user's copy of a text."""
        return self.texts / f"{doc_id}.txt"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Made once: who changes something changes a copy."""
    folder = tmp_path_factory.mktemp("attach")
    return case(folder, (*WITHHELD, FULL))


def case(folder: Path, doc_ids: tuple[str, ...]) -> Case:
    root = copy_repository(folder / "corpus", doc_ids)
    (folder / "texts").mkdir()
    for doc_id in WITHHELD:
        (folder / "texts" / f"{doc_id}.txt").write_bytes(withhold(root, doc_id, attach=False).encode())
    # Nobody annotated the forms of the mentions of one document.
    path = root / "annotations" / "gold" / f"{WITHHELD[0]}.json"
    value = read(path)
    mentions = [{key: one for key, one in mention.items() if key != "form"} for mention in value["mentions"]]
    fields = {"fields_done": {"mentions": ["spans", "entity"]}, "schema_version": "1.1"}
    write(path, value | fields | {"mentions": mentions})
    # The adjudicator of the other found two readings as good.
    path = root / "annotations" / "gold" / f"{WITHHELD[1]}.json"
    value = read(path)
    value["provenance"]["alternatives"] = [
        {"layer": "mentions", "record": value["mentions"][0]["id"]},
        {"layer": "quotes", "record": value["quotes"][0]["id"], "field": "cue", "spans": [{"start": 7, "end": 12}]},
    ]
    write(path, value | {"schema_version": "1.1"})
    # With its text here, a document whose labels or notes quote it is told of; that is not what is asked here.
    (root / "pyproject.toml").write_text('[tool.corpus.severity]\nC603 = "info"\n', "utf-8")
    ran = run("--root", str(root), "release", "1.0.0")
    assert ran.code == 0, ran.out + ran.err
    return Case(root, root / "releases/1.0.0", folder / "texts", folder / "out")


@pytest.fixture
def one(made: Case, tmp_path: Path) -> Case:
    """The same release with a folder of texts and a place for a copy of its own."""
    (tmp_path / "texts").mkdir()
    for doc_id in WITHHELD:
        (tmp_path / "texts" / f"{doc_id}.txt").write_bytes(made.text(doc_id).read_bytes())
    return Case(made.root, made.release, tmp_path / "texts", tmp_path / "out")


def same_as_a_build(one: Case) -> None:
    """Hold every row of the copy against a build of the corpus with the same texts attached."""
    (one.root / "raw/attached").mkdir(exist_ok=True)
    for path in one.texts.iterdir():
        (one.root / "raw/attached" / path.name).write_bytes(path.read_bytes())
    other = build(one.root, "--with-attached", "--out", str(one.out.parent / "build"))
    found, wanted = parquet_rows(one.out), parquet_rows(other)
    assert list(found) == list(wanted)
    for key, rows in wanted.items():
        assert found[key] == rows, key
    assert read(one.out / "manifest.json")["content_sha256"] == read(other / "manifest.json")["content_sha256"]
    assert read(one.out / "manifest.json")["configs"] == read(other / "manifest.json")["configs"]


@pytest.mark.parametrize(
    "doc_ids", [(*WITHHELD, FULL, *MORE), pytest.param((), marks=pytest.mark.slow)], ids=["a few", "all"]
)
def test_the_copy_is_what_a_build_with_the_texts_is(tmp_path: Path, doc_ids: tuple[str, ...]) -> None:
    """Texts, spans, contexts, tokens, words of evidence; also of documents that are in no folder of texts."""
    one = case(tmp_path, doc_ids)
    ran = one.attach()
    real = {
        path.stem
        for path in (REPOSITORY / "raw").glob("*.json")
        if read(path)["redistribution"] != "full" and (not doc_ids or path.stem in doc_ids)
    }
    assert real
    assert {line.partition(":")[0] for line in ran.out.splitlines()} == real
    assert ran.code == 1
    same_as_a_build(one)
    rows = [row for rows in parquet_rows(one.out).values() for row in rows if row["doc_id"] in WITHHELD]
    spans = [span for row in rows for span in spans_in(list(row.values()))]
    assert len(spans) > 100
    assert all(span["text"] for span in spans)
    assert run("--root", str(one.root), "verify", str(one.out)).code == 0


def test_the_copy_says_what_it_is(one: Case) -> None:
    ran = one.attach()
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert "texts attached: 2; withheld: 0" in ran.err
    assert "> **Not to be passed on.**" in (one.out / "README.md").read_text("utf-8")
    manifest, released = read(one.out / "manifest.json"), read(one.release / "manifest.json")
    assert manifest["texts_of"] == {
        "note": "holds texts that may not be passed on",
        "content_sha256": released["content_sha256"],
        "documents": 2,
    }
    assert manifest["version"] == "1.0.0"
    subprocess.run(["git", "init", "-q", one.out], check=True)
    told = subprocess.run(["git", "-C", one.out, "status", "--porcelain"], check=True, capture_output=True)
    assert told.stdout == b""


def test_the_copy_loads(one: Case) -> None:
    import datasets

    assert one.attach().code == 0
    released = datasets.load_dataset(str(one.release), "documents", split="train")
    copied = datasets.load_dataset(str(one.out), "documents", split="train")
    texts = dict(zip(copied["doc_id"], copied["text"], strict=True))
    assert list(copied["doc_id"]) == sorted([*released["doc_id"], *WITHHELD])
    for doc_id in WITHHELD:
        assert texts[doc_id] == one.text(doc_id).read_bytes().decode()
    assert not (one.out / "withheld").exists()


def test_a_missing_text_stays_withheld(one: Case) -> None:
    one.text(WITHHELD[0]).unlink()
    ran = one.attach()
    assert ran.code == 1
    assert ran.out == f"{WITHHELD[0]}: {one.texts} has no {WITHHELD[0]}.txt; the text stays withheld\n"
    (one.root / "raw/attached" / f"{WITHHELD[0]}.txt").unlink(missing_ok=True)
    same_as_a_build(one)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace("\n", "\r\n"),
            "the text has CRLF line endings, the checksum was made with LF. Undo this",
        ),
        (lambda text: text.replace("the", "a", 1), "2 fewer than the annotated text: it was edited"),
        (lambda text: text[::-1], "but different ones: it was edited"),
    ],
)
def test_a_text_that_differs_is_explained_and_nothing_is_written(one: Case, change: object, said: str) -> None:
    assert callable(change)
    for doc_id in WITHHELD:
        one.text(doc_id).write_bytes(change(one.text(doc_id).read_bytes().decode()).encode())
    ran = one.attach()
    assert ran.code == 1
    assert [line.partition(": ")[0] for line in ran.out.splitlines()] == sorted(
        f"{one.text(doc_id)} is not the text of {doc_id}" for doc_id in WITHHELD
    )
    assert all(said in line for line in ran.out.splitlines())
    assert not one.out.exists()


def test_what_is_refused(one: Case, tmp_path: Path) -> None:
    def refused(said: str, *argv: str) -> None:
        ran = one.attach(*argv)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err

    refused("releases are immutable", "--out", str(one.release / "copy"))
    refused("exists already", "--out", str(tmp_path))
    refused("is not a directory", "--texts", str(tmp_path / "nowhere"))
    refused("is not a build", "--release", str(tmp_path))
    refused("needs --texts", "--text", "x")
    (tmp_path / "none").mkdir()
    refused("has no text for any of the 2 documents", "--texts", str(tmp_path / "none"))
    assert not one.out.exists()
    assert one.attach().code == 0
    refused("is a copy with attached texts", "--release", str(one.out), "--out", str(tmp_path / "again"))
    ran = run("attach", "--text", "x")
    assert (ran.code, "give DOC_ID and --text FILE, or" in ran.err) == (2, True)


def test_a_copy_is_not_published(one: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor when somebody puts it among the releases."""
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    assert one.attach("--out", str(one.root / "releases/9.9.9")).code == 0
    try:
        write(
            one.root / "releases/9.9.9/manifest.json",
            read(one.root / "releases/9.9.9/manifest.json") | {"version": "9.9.9"},
        )
        ran = run("--root", str(one.root), "publish", "--repo", "a/b")
    finally:
        (one.root / "releases/9.9.9").rename(one.out)
    assert ran.code == 2
    assert "or texts were attached" in ran.err


def test_a_damaged_release_is_refused(one: Case, tmp_path: Path) -> None:
    for name, data in contents(one.release).items():
        (tmp_path / "damaged" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "damaged" / name).write_bytes(data[:-1] if name == "CHANGES.md" else data)
    ran = one.attach("--release", str(tmp_path / "damaged"))
    assert (ran.code, ran.out) == (2, "")
    assert "fails verification: CHANGES.md: SHA-256 is" in ran.err


def test_a_name_that_leads_elsewhere_is_not_followed(one: Case, tmp_path: Path) -> None:
    """A release may come from anybody: what it calls its documents opens no file outside of the folder of texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "secret.txt").write_text("secret")
    forged = tmp_path / "forged"
    for name, data in contents(one.release).items():
        (forged / name).parent.mkdir(parents=True, exist_ok=True)
        (forged / name).write_bytes(data)
    for path in (forged / "withheld").glob("*.parquet"):
        table = pq.read_table(path)
        names = pa.array(["../secret"] * len(table))
        pq.write_table(table.set_column(0, "doc_id", names), path)
    from corpus.release.attach_texts import _compared

    found = _compared(forged, one.texts)
    assert set(found.missing) == {"../secret"}
    assert (found.put_back, found.wrong) == ([], [])


def test_a_kill_leaves_all_or_nothing(one: Case) -> None:
    argv = ["attach", "--release", str(one.release), "--texts", str(one.texts), "--out", str(one.out)]
    script = f"""
import os, signal, sys
from corpus.cli.main import main
def killed(event, args):
    if event == "open" and str(args[0]).endswith("manifest.json") and ".corpus-tmp-" in str(args[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(killed)
main({argv!r})
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, env=os.environ)
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    assert not one.out.exists()
    for left in one.out.parent.glob(".corpus-tmp-*"):
        assert left.is_dir()
        left.rename(one.out.parent / "left")
    assert one.attach().code == 0
