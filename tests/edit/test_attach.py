"""`corpus attach`: only the very text that was annotated is taken, and it never leaves by way of a build."""

from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.corpora import REPOSITORY, Corpus, annotation, record

TEXT = (
    "Mayor Åsa Lindqvist, the Zyxomma of the Vlaanderhof, spoke of cafe\u0301s 😀.\n"
    "“The quokka is safe,” she said — ending the whole jamboree.\n"
)
SECRETS = ("Zyxomma", "Vlaanderhof", "quokka is safe", "jamboree", "spoke of")


def without_words(value: Any) -> Any:
    """The annotation with its offsets only."""
    if isinstance(value, dict):
        return {k: without_words(v) for k, v in value.items() if not (k == "text" and "start" in value)}
    return [without_words(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def corpus(corpus: Corpus) -> Corpus:
    """A corpus with a document `gamma` whose text may not be passed on, and is not there."""
    corpus.write("raw/gamma.json", record("gamma", TEXT, redistribution="offsets_only"))
    corpus.write("annotations/gold/gamma.json", without_words(annotation("gamma", TEXT)))
    assert corpus.findings() == []
    return corpus


def attach(corpus: Corpus, tmp_path: Path, text: str | bytes, doc_id: str = "gamma") -> tuple[int, str]:
    """The exit code and what was said on attaching this copy; the corpus is as it was when it was refused."""
    copy = tmp_path / "my copy.txt"
    copy.write_bytes(text.encode() if isinstance(text, str) else text)
    before = corpus.files()
    ran = corpus.run("attach", doc_id, "--text", str(copy))
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    if ran.code:
        assert corpus.files() == before
    return ran.code, ran.err


def test_the_right_copy(corpus: Corpus, tmp_path: Path) -> None:
    code, said = attach(corpus, tmp_path, TEXT)
    path = corpus.root / "raw/attached/gamma.txt"
    assert code == 0
    assert str(path) in said
    assert path.read_bytes() == TEXT.encode()
    assert corpus.findings() == []
    assert attach(corpus, tmp_path, TEXT)[0] == 0
    assert [name.name for name in path.parent.iterdir()] == ["gamma.txt"]


def test_a_document_in_bulk_form(corpus: Corpus, tmp_path: Path) -> None:
    value = corpus.read("raw/gamma.json")
    (corpus.root / "raw/gamma.json").unlink()
    corpus.write("raw/b.jsonl", json.dumps({**value, "doc_id": "other"}) + "\n" + json.dumps(value) + "\n")
    assert attach(corpus, tmp_path, TEXT)[0] == 0
    assert corpus.findings() == []


LONGER = TEXT.replace("quokka", "wallaby")
COPIES: dict[str, tuple[str | bytes, str]] = {
    "CRLF": (TEXT.replace("\n", "\r\n"), "the text has CRLF line endings"),
    "NFC of what was in no normal form": (unicodedata.normalize("NFC", TEXT), "it was edited"),
    "BOM": ("\ufeff" + TEXT, "byte order mark"),
    "no-break space": (TEXT.replace("Mayor Åsa", "Mayor\u00a0Åsa"), "no-break space"),
    "all no-break spaces": (TEXT.replace(" ", "\u00a0"), "no-break space"),
    "no line end at the end": (TEXT.removesuffix("\n"), "lacks its final line ending"),
    "another line end at the end": (TEXT + "\n", "has a final line ending"),
    "a word replaced by a longer one": (LONGER, "1 more than the annotated text: it was edited"),
    "a word left out": (TEXT.replace("whole ", ""), "6 fewer than the annotated text: it was edited"),
    "a word replaced by one as long": (TEXT.replace("quokka", "wombat"), "as many code points"),
    "another document": ("Quite another article.\n", "fewer than the annotated text"),
    "empty": ("", "fewer than the annotated text"),
    "Windows-1252": ("Åsa “x”".encode("windows-1252"), "it is not UTF-8"),
    "UTF-16": (TEXT.encode("utf-16"), "it is not UTF-8"),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_that_differs_is_explained_and_refused(corpus: Corpus, tmp_path: Path, name: str) -> None:
    copy, reason = COPIES[name]
    code, said = attach(corpus, tmp_path, copy)
    assert code == 2
    assert "is not the text of gamma" in said
    assert reason in said


COMPOSED, DECOMPOSED = unicodedata.normalize("NFC", TEXT), unicodedata.normalize("NFD", TEXT)


@pytest.mark.parametrize(
    ("annotated", "copy", "reason"),
    [
        (TEXT.replace("\n", "\r\n"), TEXT, "the text has LF line endings, the checksum was made with CRLF"),
        (COMPOSED, DECOMPOSED, "the text is not in normal form NFC, the checksum was made in NFC"),
        (DECOMPOSED, COMPOSED, "the text is not in normal form NFD, the checksum was made in NFD"),
        (TEXT.removesuffix("\n"), TEXT, "the text has a final line ending, the checksum was made without it"),
    ],
)
def test_differences_the_other_way_round(
    corpus: Corpus, tmp_path: Path, annotated: str, copy: str, reason: str
) -> None:
    corpus.write("raw/delta.json", record("delta", annotated, redistribution="none"))
    code, said = attach(corpus, tmp_path, copy, "delta")
    assert (code, reason in said) == (2, True), said
    assert attach(corpus, tmp_path, annotated, "delta")[0] == 0


@pytest.mark.parametrize("doc_id", ["none", "../gamma", "..", "", "/etc/passwd", "gamma.json", "a" * 300, "x\udcff"])
def test_an_id_that_is_none(corpus: Corpus, tmp_path: Path, doc_id: str) -> None:
    assert attach(corpus, tmp_path, TEXT, doc_id)[0] == 2


def test_a_document_whose_text_may_be_passed_on(corpus: Corpus, tmp_path: Path) -> None:
    code, said = attach(corpus, tmp_path, (corpus.root / "raw/alpha.txt").read_bytes(), "alpha")
    assert (code, "belongs in raw/alpha.txt" in said) == (2, True)


def test_a_file_that_is_none(corpus: Corpus, tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.txt", "none.txt does not exist"), (tmp_path, "is not a regular file")):
        ran = corpus.run("attach", "gamma", "--text", str(path))
        assert (ran.code, ran.out) == (2, "")
        assert reason in ran.err


def test_a_file_that_is_too_large(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.edit.attach.MAX_BYTES", 10)
    code, said = attach(corpus, tmp_path, TEXT)
    assert (code, "larger than 10 bytes" in said) == (2, True)


def test_a_record_that_does_not_fit(corpus: Corpus, tmp_path: Path) -> None:
    corpus.write("raw/gamma.json", {**corpus.read("raw/gamma.json"), "length": "x"})
    code, said = attach(corpus, tmp_path, TEXT)
    assert (code, "corpus validate raw/gamma.json" in said) == (2, True)
    corpus.write("raw/gamma.json", "{")
    assert attach(corpus, tmp_path, TEXT)[0] == 2


def test_a_link_for_a_folder_is_not_followed(corpus: Corpus, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (corpus.root / "raw/attached").symlink_to(outside)
    assert attach(corpus, tmp_path, TEXT)[0] == 2
    assert list(outside.iterdir()) == []


def test_git_ignores_the_copy(corpus: Corpus, tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / ".gitignore", corpus.root / ".gitignore")
    subprocess.run(["git", "init", "--quiet", str(corpus.root)], check=True)
    assert attach(corpus, tmp_path, TEXT)[0] == 0
    for path, ignored in (("raw/attached/gamma.txt", 0), ("raw/gamma.json", 1), ("raw/alpha.txt", 1)):
        ran = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=corpus.root, check=False)
        assert ran.returncode == ignored
    subprocess.run(["git", "add", "--all"], cwd=corpus.root, check=True)
    added = subprocess.run(["git", "ls-files"], cwd=corpus.root, check=True, capture_output=True, text=True).stdout
    assert "raw/gamma.json" in added
    assert "attached" not in added


def test_slices_are_checked_once_the_text_is_there(corpus: Corpus, tmp_path: Path) -> None:
    value = corpus.read("annotations/gold/gamma.json")
    cut = TEXT.index("cafe\u0301") + 4
    value["mentions"][1]["spans"] = [{"start": cut, "end": cut + 5}]
    corpus.write("annotations/gold/gamma.json", value)
    assert corpus.findings() == []
    attach(corpus, tmp_path, TEXT)
    found = corpus.findings()
    assert {one["code"] for one in found} == {"P313"}
    assert "cafe\u0301s" in found[0]["snippet"]
    (corpus.root / "raw/attached/gamma.txt").write_text("edited", "utf-8")
    assert "P301 raw/gamma.json" in corpus.codes()


def test_white_space_at_the_edges_is_seen_once_the_text_is_there(corpus: Corpus, tmp_path: Path) -> None:
    value = corpus.read("annotations/gold/gamma.json")
    value["mentions"][1]["spans"] = [{"start": TEXT.index("she") - 1, "end": TEXT.index("she") + 3}]
    corpus.write("annotations/gold/gamma.json", value)
    assert corpus.findings() == []
    attach(corpus, tmp_path, TEXT)
    assert corpus.codes() == {"P310 annotations/gold/gamma.json"}


def test_bounds_are_checked_without_the_text(corpus: Corpus) -> None:
    value = corpus.read("annotations/gold/gamma.json")
    value["mentions"][1]["spans"] = [{"start": len(TEXT) - 3, "end": len(TEXT) + 1}]
    corpus.write("annotations/gold/gamma.json", value)
    assert corpus.codes() == {"P304 annotations/gold/gamma.json"}


def test_a_copy_put_there_by_hand_is_checked(corpus: Corpus) -> None:
    corpus.write("raw/attached/gamma.txt", TEXT.replace("\n", "\r\n"))
    assert corpus.codes() == {"P301 raw/gamma.json"}
    corpus.write("raw/attached/gamma.txt", TEXT)
    corpus.write("raw/attached/none.txt", TEXT)
    corpus.write("raw/attached/gamma.json", "{}")
    assert corpus.codes() == {"F116 raw/attached/none.txt", "F117 raw/attached/gamma.json"}


def built(folder: Path) -> str:
    """All that a build holds: every file's bytes, and every value of every column."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            texts += [str(value) for column in pq.read_table(path).columns for value in column.to_pylist()]
            metadata = pq.read_metadata(path)
            for group in range(metadata.num_row_groups):
                columns = (metadata.row_group(group).column(i) for i in range(metadata.num_columns))
                texts += [str(column.statistics) for column in columns]
        if path.is_file():
            texts.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(texts)


@pytest.mark.parametrize("redistribution", ["offsets_only", "none"])
def test_a_build_leaves_the_text_out(corpus: Corpus, tmp_path: Path, redistribution: str) -> None:
    corpus.write("raw/gamma.json", {**corpus.read("raw/gamma.json"), "redistribution": redistribution})
    assert corpus.run("build", "--out", str(tmp_path / "without")).code == 0
    attach(corpus, tmp_path, TEXT)
    assert corpus.run("build", "--out", str(tmp_path / "beside")).code == 0
    assert corpus.run("build", "--out", str(tmp_path / "within"), "--with-attached").code == 0
    for name in ("without", "beside"):
        held = built(tmp_path / name)
        assert [secret for secret in SECRETS if secret in held] == []
        assert "The bridge is safe" in held
        assert ("gamma" in held) == (redistribution == "offsets_only")
    manifests = [(tmp_path / name / "manifest.json").read_bytes() for name in ("without", "beside")]
    assert manifests[0] == manifests[1]
    held = built(tmp_path / "within")
    assert [secret for secret in SECRETS if secret not in held] == []
