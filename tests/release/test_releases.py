"""Releases: a version says what changed, a folder is whole or not there, and its manifest holds it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, tiny
from support.once import made_once

import corpus as package
from corpus.core.model import CorpusError
from corpus.release.diff import Bump, Change, Comparison, bumped
from corpus.release.render_diff import as_markdown, one_level_below
from corpus.release.table_changes import RowChange, row_changes, table_changes


def told(name: str) -> str:
    """A text that is not a near-duplicate of another's."""
    return TEXT + " ".join(f"{name}{i}" for i in range(80)) + ".\n"


def release(root: Path) -> None:
    """Make a corpus with release 1.0.0: alpha in train, beta and gamma in test."""
    corpus = tiny(root)
    corpus.add("alpha", split="train")
    corpus.add("beta", told("beta"), split="test")
    corpus.add("gamma", told("gamma"), split="test")
    shutil.copy(REPOSITORY / "CITATION.cff", corpus.root)
    ran = corpus.run("release", "1.0.0")
    assert ran.code == 0, ran.err


@pytest.fixture
def released(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Corpus:
    """A copy of the corpus with release 1.0.0, which is released once for all tests."""
    made = made_once(tmp_path_factory, "released-to-compare", release)
    return Corpus(shutil.copytree(made, tmp_path / "corpus"))


def edit(corpus: Corpus, path: str, **values: Any) -> None:
    corpus.write(path, corpus.read(path) | values)


def differences(corpus: Corpus, *argv: str) -> dict[str, Any]:
    ran = corpus.run("diff", *argv, "--format", "json")
    assert ran.code < 2, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    assert ran.code == (0 if found["bump"] == "none" else 1)
    return found


def test_a_release_has_what_the_next_user_needs(released: Corpus) -> None:
    folder = released.root / "releases/1.0.0"
    assert {path.name for path in folder.iterdir()} >= {
        *("documents", "entities", "quotes", "schema"),
        *("README.md", "CHANGES.md", "CITATION.cff", ".zenodo.json", "manifest.json"),
    }
    assert "version: 1.0.0" in (folder / "CITATION.cff").read_text()
    assert json.loads((folder / ".zenodo.json").read_text())["version"] == "1.0.0"
    assert differences(released, "1.0.0")["bump"] == "none"
    assert released.run("verify").code == 0


def test_a_changed_label_names_the_field_and_both_values(released: Corpus) -> None:
    value = released.read("annotations/gold/beta.json")
    value["quotes"][0]["medium"] = "thought"
    released.write("annotations/gold/beta.json", value)
    found = differences(released, "1.0.0", ".")
    (change,) = found["changes"]
    assert (change["doc_id"], change["layer"], change["field"]) == ("beta", "quotes", "medium")
    assert (change["record"], change["new"]) == (value["quotes"][0]["id"], "thought")
    assert found["bump"] == "minor"
    assert "medium" in released.run("diff", "1.0.0").out
    assert "| gold | test | quotes | changed | 1 |" in released.run("diff", "1.0.0", "--format", "markdown").out


def test_a_title_is_no_markup_in_the_changes(released: Corpus) -> None:
    title = "a | b <b>c</b> `d` [e](f) @team https://g.example www.h.example\x1b[1m\n# i"
    edit(released, "raw/beta.json", title=title)
    changes = released.run("diff", "1.0.0", ".", "--format", "markdown").out
    assert "a \\| b &lt;b&gt;c&lt;/b&gt; \\`d\\` \\[e\\](f) &#64;team https&#58;//g.example" in changes
    found = Comparison("1.0.0", "`<b>\n# x")
    found.added = [("a`<b>\n# x", "test")]
    change = Change("beta", "test", "", "", "", "title", "www.h.example\x1b[1m", title)
    found.changes = [change]
    written = as_markdown(found)
    assert "<b>" not in written.replace("`a<U+0060><b>⏎# x`", "")
    assert "\x1b" not in written
    assert "www.h" not in written
    assert "\n# x" not in written


def test_changes_begin_with_the_notes(released: Corpus) -> None:
    new_target(released)
    notes = released.root / "moved.md"
    notes.write_text("# From 1 to 2\n\nÄ\n\n```text\n# code\n```\n\n## Tables\n", "utf-8")
    assert released.run("release", "2.0.0", "--notes", str(notes)).code == 0
    changes = (released.root / "releases/2.0.0/CHANGES.md").read_text("utf-8")
    assert changes.startswith(
        "# Changes from 1.0.0 to 2.0.0\n\n- minor: target one-more added\n\n"
        "## From 1 to 2\n\nÄ\n\n```text\n# code\n```\n\n### Tables\n\n## Targets\n\n- 1 target added: `one-more`\n"
    )
    assert differences(released, "1.0.0", "2.0.0")["targets"] == {"added": ["one-more"]}


@pytest.mark.parametrize(
    ("markdown", "below"),
    [
        ("```a``` is code\n# A", "```a``` is code\n## A"),
        ("# A\n#tag\n###### F\n#", "## A\n#tag\n###### F\n##"),
        ("```sh\n~~~\n# a\n```\n# B", "```sh\n~~~\n# a\n```\n## B"),
        ("````md\n```\n# a\n```\n````\n# B", "````md\n```\n# a\n```\n````\n## B"),
        ("  ~~~\n# a\n~~~ b\n# c\n~~~~  \n# D", "  ~~~\n# a\n~~~ b\n# c\n~~~~  \n## D"),
    ],
)
def test_headings_are_one_level_below_and_code_is_as_it_was(markdown: str, below: str) -> None:
    assert one_level_below(markdown) == below


def test_notes_of_a_first_release(tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    corpus.add("alpha", split="train")
    notes = tmp_path / "notes.md"
    notes.write_text("# What it is\n", "utf-8")
    assert corpus.run("release", "1.0.0", "--notes", str(notes)).code == 0
    changes = (corpus.root / "releases/1.0.0/CHANGES.md").read_text("utf-8")
    assert re.fullmatch(r"# 1\.0\.0\n\nThe first release: \d documents?\.\n\n## What it is\n", changes)


@pytest.mark.parametrize("place", ["untracked", "changed", "outside"])
def test_notes_that_are_not_committed_are_refused(released: Corpus, tmp_path: Path, place: str) -> None:
    notes = (tmp_path if place == "outside" else released.root) / "moved.md"
    notes.write_text("# New\n", "utf-8")
    git = ("git", "-C", str(released.root), "-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run([*git, "init", "--quiet"], check=True)
    new_target(released)
    subprocess.run([*git, "add", "--all", *([":!moved.md"] if place == "untracked" else [])], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "a"], check=True)
    if place == "changed":
        notes.write_text("# Newer\n", "utf-8")
    ran = released.run("release", "1.1.0", "--notes", str(notes))
    assert (ran.code, ran.err) == (2, f"corpus: {notes} is not committed; commit it, or pass --allow-dirty\n")
    if place == "changed":
        subprocess.run([*git, "commit", "--quiet", "--all", "--message", "b"], check=True)
        assert released.run("release", "1.1.0", "--notes", str(notes)).code == 0


def test_tables_are_compared(released: Corpus) -> None:
    """Two builds, of which the second has another column, another type, a config and a split more, and one less."""
    one, other = released.root / "releases/1.0.0", released.root / "other"
    shutil.copytree(one, other)
    for path in (other / "documents").glob("*.parquet"):
        table = pq.read_table(path)
        table = table.append_column("extra", table["doc_id"]).drop_columns("topics")
        length = table.schema.get_field_index("length")
        pq.write_table(table.set_column(length, "length", table["doc_id"]).drop_columns("provenance"), path)
    shutil.rmtree(other / "entities")
    shutil.copytree(other / "quotes", other / "speakers")
    split = next((other / "quotes").glob("test-*"))
    split.rename(split.with_name(split.name.replace("test", "dev")))
    found = list(table_changes(one, other))
    assert "config entities removed (test, train)" in found
    assert "config speakers added (test, train)" in found
    assert "split dev of quotes added" in found
    assert "split test of quotes removed" in found
    assert {"column documents.extra added", "column documents.topics removed"} < set(found)
    assert "column documents.provenance removed" in found
    assert "column documents.length has another type: int64, now string" in found
    assert list(table_changes(one, one)) == []


def test_inner_columns_are_compared(tmp_path: Path) -> None:
    spans = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))
    longer = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int64()), ("text", pa.string())]))
    for name, type_ in (("a", spans), ("b", longer)):
        (tmp_path / name / "quotes").mkdir(parents=True)
        table = pa.table({"spans": pa.array([[]], type_)})
        pq.write_table(table, tmp_path / name / "quotes/train-00000-of-00001.parquet")
    assert list(table_changes(tmp_path / "a", tmp_path / "b")) == [
        "column quotes.spans.start has another type: int64, now int32",
        "column quotes.spans.text added",
    ]


def test_a_change_that_gold_has_often_is_one_line() -> None:
    found = Comparison("1.0.0", "1.0.1")
    found.changes = [Change(f"d{i}", "train", "", "entities", "e1", "kb", "NIL", None) for i in range(51)]
    found.changes += [Change(f"d{i}", "train", "", "quotes", "q1", "medium", "a", "b") for i in range(50)]
    lines = as_markdown(found).splitlines()
    assert "- entities kb: NIL → null, 51 times" in lines
    assert "- d0 quotes q1 medium: a → b" in lines
    assert not any("d0 entities" in line or "times" in line for line in lines if "kb" not in line)


def gold_of_train(c: Corpus) -> None:
    value = c.read("annotations/gold/alpha.json")
    value["quotes"][0]["medium"] = "thought"
    c.write("annotations/gold/alpha.json", value)


def record_gone(c: Corpus) -> None:
    value = c.read("annotations/gold/beta.json")
    value["stances"] = []
    value["quotes"] = []
    c.write("annotations/gold/beta.json", value)


def gone(c: Corpus) -> None:
    for path in [*c.root.glob("raw/gamma.*"), *c.root.glob("annotations/*/gamma.json")]:
        path.unlink()


def new_label(c: Corpus) -> None:
    schema = c.read("schema/annotation.schema.json")
    labels = schema["properties"]["quotes"]["items"]["properties"]["medium"]["oneOf"]
    labels.append({"const": "song", "title": "Song", "description": "Sung."})
    c.write("schema/annotation.schema.json", schema)


def label_of_pairs(c: Corpus) -> None:
    """A label that no record has, only rows of a config."""
    schema = c.read("schema/annotation.schema.json")
    schema["properties"]["quotes"]["items"]["properties"]["medium"]["withoutRecord"] = {
        "const": "silence", "title": "Silence", "description": "Not said."
    }  # fmt: skip
    c.write("schema/annotation.schema.json", schema)


def new_target(c: Corpus) -> None:
    value = c.read("schema/targets.json")
    value["targets"].append({"target_id": "one-more", "kind": "issue", "statement": "One more.", "kb": "NIL"})
    c.write("schema/targets.json", value)


def moved(c: Corpus) -> None:
    """A document in another split, and the exception without which that is an error."""
    edit(c, "raw/beta.json", split="train")
    c.write(
        "annotations/exceptions.toml",
        '[[exception]]\ndoc_id = "beta"\ncode = "C608"\nreason = "it leaked"\nuntil = 9999-12-31\n',
    )


EDITS: dict[str, tuple[Callable[[Corpus], object], Bump]] = {
    "a title": (lambda c: edit(c, "raw/alpha.json", title="Another"), "patch"),
    "gold of the first split": (gold_of_train, "patch"),
    "a record gone from test": (record_gone, "minor"),
    "a new document": (lambda c: c.add("delta", told("delta")), "minor"),
    "a new target": (new_target, "minor"),
    "another split": (moved, "major"),
    "a document gone": (gone, "major"),
    "a new label": (new_label, "major"),
    "a new label of rows without a record": (label_of_pairs, "major"),
}


FINDINGS = {"a document gone": ["warning C640"], "a record gone from test": ["info Q533", "info C657"]}
"""What is found in the corpus after an edit, beside that the version is too low."""


@pytest.mark.parametrize("name", EDITS)
def test_what_changed_decides_the_version(released: Corpus, name: str) -> None:
    change, bump = EDITS[name]
    change(released)
    assert differences(released, "1.0.0")["bump"] == bump
    right = bumped("1.0.0", bump)
    for version in ("1.0.1", "1.1.0", "2.0.0"):
        if version < right:
            ran = released.run("release", version)
            assert ran.code == 2
            assert re.findall(r": (\w+ [A-Z]\d+) ", ran.out) == FINDINGS.get(name, [])
            assert f"release {right} or above" in ran.err
    assert [path.name for path in (released.root / "releases").iterdir()] == ["1.0.0"]


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0.0", "exists already, and releases are immutable"),
        ("0.9.0", "below the last release, 1.0.0"),
        ("1.1", "X.Y.Z"),
        ("01.1.0", "X.Y.Z"),
        ("1.1.0", "nothing changed since 1.0.0"),
    ],
)
def test_a_version_that_may_not_come(released: Corpus, version: str, said: str) -> None:
    ran = released.run("release", version)
    assert ran.code == 2
    assert said in ran.err
    assert [path.name for path in (released.root / "releases").iterdir()] == ["1.0.0"]


def test_a_moved_document_is_shown_and_not_released(released: Corpus) -> None:
    edit(released, "raw/beta.json", split="train")
    assert "1 document moved: beta (test → train)" in released.run("diff", "1.0.0").out
    ran = released.run("release", "2.0.0")
    assert ran.code == 1
    assert " C608 " in ran.out
    assert not (released.root / "releases/2.0.0").exists()


def test_new_twins_are_not_counted_as_documents(released: Corpus) -> None:
    released.add("delta", told("delta"), split="test", story="delta")
    released.add("echo", told("delta") + "Typo.", split="test", story="delta", twin_of="delta", twin_kind="noisy")
    said = released.run("diff", "1.0.0").out
    assert "1 document, 1 twin new" in said
    assert "1 document, 1 twin added: delta (test), echo (test)" in said


def test_a_label_of_rows_without_a_record_is_a_label(released: Corpus) -> None:
    label_of_pairs(released)
    why = "label quotes.medium silence (rows without a record) added"
    assert differences(released, "1.0.0")["reasons"] == [{"bump": "major", "why": why}]


def test_other_numbers_of_rows_are_listed(released: Corpus) -> None:
    """`gamma` leaves `test`, and `dev` is a new split."""
    gone(released)
    released.add("delta", told("delta"), split="dev")
    rows = [one for one in differences(released, "1.0.0")["rows"] if one["config"] == "documents"]
    assert rows == [
        {"config": "documents", "split": "dev", "old": None, "new": 1},
        {"config": "documents", "split": "test", "old": 2, "new": 1},
    ]
    assert "\n  rows of documents: dev – → 1, test 2 → 1\n" in released.run("diff", "1.0.0").out
    changes = released.run("diff", "1.0.0", "--format", "markdown").out
    assert "\n| config | split | before | after |\n| --- | --- | --- | --- |\n" in changes
    assert "\n| documents | dev | – | 1 |\n| documents | test | 2 | 1 |\n" in changes


def test_rows_of_all_files_of_a_table_are_counted(tmp_path: Path) -> None:
    for name, parts in (("a", (3,)), ("b", (1, 2)), ("c", (1, 3))):
        (tmp_path / name / "quotes").mkdir(parents=True)
        for i, count in enumerate(parts):
            path = tmp_path / name / f"quotes/train-{i:05}-of-{len(parts):05}.parquet"
            pq.write_table(pa.table({"n": list(range(count))}), path)
    assert list(row_changes(tmp_path / "a", tmp_path / "b")) == []
    assert list(row_changes(tmp_path / "a", tmp_path / "c")) == [RowChange("quotes", "train", 3, 4)]


def test_long_values_are_shown_where_they_differ(released: Corpus) -> None:
    title = "The bridge over the river is closed again, for the third time since the spring, "
    edit(released, "raw/beta.json", title=title + "for repairs")
    before = released.root / "build-before"
    assert released.run("build", "--out", str(before)).code == 0
    edit(released, "raw/beta.json", title=title + "for a race")
    said = released.run("diff", str(before)).out
    assert "for repairs → " in said
    assert "for a race" in said


def test_a_table_of_baselines_of_other_content_is_not_released(corpus: Corpus) -> None:
    card = "# A corpus\n\n<!-- generated:baselines -->\nMeasured on 8 stories of content `{}`.\n<!-- end -->\n"
    assert corpus.run("build").code == 0
    content = json.loads((corpus.root / "build/manifest.json").read_text())["content_sha256"]
    corpus.write("DATASET_CARD.md", card.format("0" * 12))
    ran = corpus.run("release", "1.0.0", "--allow-dirty")
    assert (ran.code, "`corpus score --baselines`" in ran.err) == (2, True)
    assert not (corpus.root / "releases/1.0.0").exists()
    corpus.write("DATASET_CARD.md", card.format(content[:12]))
    assert corpus.run("release", "1.0.0", "--allow-dirty").code == 0


def test_what_is_not_committed_is_not_released(corpus: Corpus) -> None:
    def git(*argv: str) -> None:
        subprocess.run(["git", "-C", corpus.root, *argv], check=True, capture_output=True)

    git("init", "-q")
    git("add", "--all")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "x")
    edit(corpus, "raw/alpha.json", title="Another")
    assert "raw/alpha.json is not committed" in corpus.run("release", "1.0.0").err
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qam", "x")
    assert corpus.run("release", "1.0.0").code == 0
    manifest = corpus.read("releases/1.0.0/manifest.json")
    assert len(manifest["commit"]) == 40


def test_two_releases_of_the_same_are_the_same_bytes(released: Corpus, tmp_path: Path) -> None:
    other = Corpus(tmp_path / "elsewhere")
    shutil.copytree(released.root, other.root, ignore=shutil.ignore_patterns("releases"))
    assert other.run("release", "1.0.0", "--workers", "2").code == 0
    files = sorted(
        path.relative_to(released.root) for path in (released.root / "releases").rglob("*") if path.is_file()
    )
    assert files
    for path in files:
        assert (released.root / path).read_bytes() == (other.root / path).read_bytes(), path


def damage(folder: Path, kind: str) -> None:
    table = next((folder / "quotes").glob("test-*.parquet"))
    if kind == "gone":
        table.unlink()
    elif kind == "bytes":
        table.write_bytes(table.read_bytes()[:-1])
    elif kind == "more":
        (folder / "more.txt").write_text("")
    elif kind == "rows":
        pq.write_table(pq.read_table(table).slice(1), table)
    elif kind == "card":
        (folder / "README.md").write_text("")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("gone", "quotes/test-00000-of-00001.parquet: is missing"),
        ("bytes", "is unreadable"),
        ("more", "more.txt: is not in the manifest"),
        ("rows", "1 row, expected 2"),
        ("card", "README.md: SHA-256 is"),
    ],
)
def test_damage_is_told(released: Corpus, kind: str, said: str) -> None:
    damage(released.root / "releases/1.0.0", kind)
    ran = released.run("verify", "1.0.0")
    assert ran.code == 1
    assert said in ran.out
    if kind != "more":
        with pytest.raises(CorpusError, match="differs from the released file"):
            package.load("quotes", version="1.0.0", root=released.root)


def test_a_rewritten_table_of_the_same_content_differs_in_its_file_alone(released: Corpus) -> None:
    table = next((released.root / "releases/1.0.0/quotes").glob("*.parquet"))
    pq.write_table(pq.read_table(table), table, compression="gzip")
    (line,) = released.run("verify", "1.0.0").out.splitlines()
    assert line.startswith("1.0.0: quotes/")
    assert "SHA-256" in line


def test_a_release_is_loaded_by_its_version(released: Corpus) -> None:
    quotes = package.load("quotes", version="1.0.0", split="test", root=released.root)
    assert len(quotes) == 2
    with pytest.raises(CorpusError, match=r"no release 9\.9\.9"):
        package.load("quotes", version="9.9.9", root=released.root)
    with pytest.raises(CorpusError, match="has no config 'quoets'"):
        package.load("quoets", version="1.0.0", root=released.root)


@pytest.mark.parametrize("moment", ["documents", "README.md", "CHANGES.md", "manifest.json"])
def test_a_kill_leaves_all_or_nothing(corpus: Corpus, moment: str) -> None:
    """The process is killed the moment it has written the file."""
    script = f"""
import os, pathlib, signal, sys
from corpus.cli.main import main
def killed(event, args):
    if event == "open" and {moment!r} in str(args[0]) and "releases" in str(args[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(killed)
main(["--root", {str(corpus.root)!r}, "release", "1.0.0"])
"""
    if moment == "documents":
        script = script.replace('event == "open"', 'event == "os.mkdir"')
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, env=os.environ)
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    assert not (corpus.root / "releases/1.0.0").exists()
    assert corpus.run("release", "1.0.0").code == 0
    assert corpus.run("verify").code == 0


def test_a_release_outside_git_says_that_it_names_no_commit(corpus: Corpus) -> None:
    corpus.add("alpha", split="train")
    ran = corpus.run("release", "1.0.0")
    assert ran.code == 0
    assert ran.err.endswith("note: not a git repository, so the release names no commit\n")


@pytest.mark.parametrize(
    ("data", "why"), [(b"{}\n{}", "Extra data at line 2, column 1"), (b'"\xff"', "it is not UTF-8")]
)
def test_a_manifest_that_is_not_json(released: Corpus, data: bytes, why: str) -> None:
    path = released.root / "releases" / "1.0.0" / "manifest.json"
    path.write_bytes(data)
    ran = released.run("verify", "1.0.0")
    assert (ran.code, ran.err) == (2, f"corpus: {path} is not valid JSON: {why}\n")
