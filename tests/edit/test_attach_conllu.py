"""`corpus attach --from conllu`: withheld texts built from a treebank, and only if their checksums fit."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.copies import copy_repository
from support.corpora import REPOSITORY, Corpus, Ran, record, tiny

from corpus.edit.conllu_texts import texts_of

GUM = Path(os.environ.get("ON_THE_RECORD_GUM_NEWS", "gum-news"))
needs_gum = pytest.mark.skipif(not GUM.is_dir(), reason="set ON_THE_RECORD_GUM_NEWS to a folder with GUM's news texts")
RECORDS = sorted((REPOSITORY / "raw").glob("GUM_news_*.json"))

FERRY = "Ferry bell rings\n\nIt rang.  Twice. “Good,” she said.\n"
BRIDGE = "Bridge cafe\u0301 shut\n\nIt shut.\n"
TREEBANK = """# newdoc id = ferry
# meta::title = Ferry
# newpar
# sent_id = ferry-1
# text = Ferry bell rings
1\tFerry\t_\t_\t_\t_\t_\t_\t_\t_

# newpar = p (2 s)
# sent_id = ferry-2
# text = It rang.  Twice.
1\tIt\t_\t_\t_\t_\t_\t_\t_\t_

# sent_id = ferry-3
# newpar_block = figure
# text = “Good,” she said.
# text_en = no other comment is text
1\tGood\t_\t_\t_\t_\t_\t_\t_\t_

# newdoc id = academic
# newpar
# text = Another genre.
1\tAnother\t_\t_\t_\t_\t_\t_\t_\t_

# newdoc id = bridge
# newpar
# text = Bridge cafe\u0301 shut
# newpar
# text = It shut.
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Two documents with their texts, and two whose texts are withheld."""
    made = tiny(tmp_path / "corpus")
    for doc_id, text in (("ferry", FERRY), ("bridge", BRIDGE)):
        made.write(f"raw/{doc_id}.json", record(doc_id, text, redistribution="offsets_only", split="real"))
    return made


def attach(corpus: Corpus, tmp_path: Path, *parts: str | bytes) -> Ran:
    """Attach from files with these contents. What was refused left the corpus unchanged."""
    files = []
    for i, part in enumerate(parts):
        files.append(tmp_path / f"{i}.conllu")
        files[-1].write_bytes(part.encode() if isinstance(part, str) else part)
    before = corpus.files()
    ran = corpus.run("attach", "--from", "conllu", *map(str, files))
    if ran.code:
        assert corpus.files() == before
    return ran


@pytest.mark.parametrize("joined", [True, False])
def test_the_texts_of_joined_or_single_files_are_attached(corpus: Corpus, tmp_path: Path, joined: bool) -> None:
    cut = TREEBANK.index("# newdoc id = bridge")
    parts = [TREEBANK] if joined else [TREEBANK[:cut], TREEBANK[cut:], TREEBANK[:cut]]
    ran = attach(corpus, tmp_path, *parts)
    assert (ran.code, ran.out) == (0, "")
    assert "2 texts, checksums verified" in ran.err
    attached = corpus.root / "raw" / "attached"
    assert {path.name: path.read_bytes() for path in attached.iterdir()} == {
        "ferry.txt": FERRY.encode(),
        "bridge.txt": BRIDGE.encode(),
    }
    assert corpus.findings() == []


def test_line_ends_of_the_file_do_not_matter(corpus: Corpus, tmp_path: Path) -> None:
    assert attach(corpus, tmp_path, TREEBANK.replace("\n", "\r\n")).code == 0
    assert (corpus.root / "raw/attached/ferry.txt").read_bytes() == FERRY.encode()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rang.  Twice", "rang. Twice", "ferry: it has 52 code points, 1 fewer than the annotated text: it was edited"),
        ("# newpar = p (2 s)\n", "", "ferry: it has 52 code points, 1 fewer than the annotated text: it was edited"),
        ("cafe\u0301", "caf\u00e9", "bridge: "),
    ],
)
def test_a_text_that_differs_is_refused_with_all_others(
    corpus: Corpus, tmp_path: Path, old: str, new: str, message: str
) -> None:
    ran = attach(corpus, tmp_path, TREEBANK.replace(old, new))
    assert ran.code == 1
    assert ran.out.startswith(message)
    assert ran.out.count("\n") == 1
    assert "nothing was written" in ran.err


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["# text = No document.\n"], "has no line `# newdoc id = …`"),
        ([b"\xff\xfe\x00"], "has no line `# newdoc id = …`"),
        ([""], "has no line `# newdoc id = …`"),
        (["# newdoc id = alpha\n# text = Not withheld.\n"], "no text of a withheld document"),
        (["# newdoc id = ../../evil\n# text = Out.\n"], "no text of a withheld document"),
        ([TREEBANK, TREEBANK.replace("It shut.", "It was shut.")], "bridge occurs twice, with different texts"),
    ],
)
def test_what_is_not_such_a_treebank_is_refused(
    corpus: Corpus, tmp_path: Path, parts: list[str | bytes], message: str
) -> None:
    ran = attach(corpus, tmp_path, *parts)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize(
    "argv",
    [
        ("--from", "conllu"),
        ("--from", "conllu", "x", "--text", "y"),
        ("--from", "conllu", "x", "--out", "y"),
        ("--from", "conllu", "x", "--release", "y", "--texts", "z"),
        ("--from", "conllu", "missing.conllu"),
        ("--from", "conllu", "/"),
        ("--from", "brat", "x"),
        ("ferry", "bridge", "--text", "y"),
        ("--release", "9.9.9", "--from", "conllu", __file__),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(corpus: Corpus, argv: tuple[str, ...]) -> None:
    ran = corpus.run("attach", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_a_release_gets_its_split_of_real_news(corpus: Corpus, tmp_path: Path) -> None:
    corpus.write("DATASET_CARD.md", "---\nlicense: cc-by-4.0\n---\n")
    corpus.write("pyproject.toml", "")
    ran = corpus.run("release", "1.0.0")
    assert ran.code == 0, ran.err
    treebank = tmp_path / "gum.conllu"
    treebank.write_text(TREEBANK, "utf-8")
    out = tmp_path / "real"
    ran = corpus.run("attach", "--release", "1.0.0", "--from", "conllu", str(treebank), "--out", str(out))
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert "texts attached: 2; withheld: 0" in ran.err
    (file,) = (out / "documents").glob("real-*.parquet")
    assert pq.read_table(file, columns=["text"])["text"].to_pylist() == [BRIDGE, FERRY]


# The real news of this corpus


def test_the_records_of_real_news_withhold_their_texts() -> None:
    assert len(RECORDS) == 24
    licence = (REPOSITORY / "LICENSE-DATA").read_text("utf-8")
    stories = set()
    for path in RECORDS:
        value = json.loads(path.read_bytes())
        fixed = [value[name] for name in ("redistribution", "license", "split", "set", "source")]
        assert fixed == ["offsets_only", "CC-BY-2.5", "real", "real", "Wikinews"]
        stories.add(value["story"])
        assert f"| {value['title']} | {value['url']} |" in licence
        assert not path.with_suffix(".txt").exists()
    assert len(stories) == 24


@needs_gum
def test_gum_gives_the_texts_of_all_records(tmp_path: Path) -> None:
    root = copy_repository(tmp_path / "corpus", tuple(path.stem for path in RECORDS))
    corpus = Corpus(root)
    excepted = (REPOSITORY / "annotations" / "exceptions.toml").read_text("utf-8").split("[[exception]]")
    ours = [f"[[exception]]{entry}" for entry in excepted if 'doc_id = "GUM_' in entry]
    corpus.write("annotations/exceptions.toml", "".join(ours))
    ran = corpus.run("attach", "--from", "conllu", *map(str, sorted((GUM / "conllu").glob("*.conllu"))))
    assert (ran.code, ran.out) == (0, "")
    for path in RECORDS:
        data = (root / "raw" / "attached" / f"{path.stem}.txt").read_bytes()
        assert data == (GUM / f"{path.stem}.txt").read_bytes()
        assert hashlib.sha256(data).hexdigest() == json.loads(path.read_bytes())["text_sha256"]
    assert corpus.run("validate").code == 0


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def runs(text: str, length: int = 8) -> Iterator[str]:
    """Yield each run of words, as one string."""
    found = words(text)
    for i in range(len(found) - length + 1):
        yield " ".join(found[i : i + length])


def own_files() -> Iterator[Path]:
    """Yield the files of the repository, without what git ignores."""
    left_out = {"__pycache__", "attached", "build", "dist", "site", ".git", ".hypothesis"}
    for folder, names, files in os.walk(REPOSITORY):
        names[:] = [
            name
            for name in names
            if name not in left_out and not name.startswith((".venv", ".build")) and "_cache" not in name
        ]
        yield from (Path(folder) / name for name in files)


@needs_gum
def test_no_eight_words_of_real_news_are_in_the_repository() -> None:
    texts = texts_of(sorted((GUM / "conllu").glob("*.conllu")))
    values = [json.loads(path.read_bytes()) for path in RECORDS]
    allowed = {run for value in values for name in ("title", "url") for run in runs(value[name])}
    theirs = {run for value in values for run in runs(texts[value["doc_id"]].decode())} - allowed
    assert len(theirs) > 14_000
    found = {
        (path.relative_to(REPOSITORY).as_posix(), run)
        for path in own_files()
        for run in runs(path.read_bytes().decode("utf-8", "ignore"))
        if run in theirs
    }
    assert found == set()
