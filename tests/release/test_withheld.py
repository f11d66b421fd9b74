"""Text that may not be passed on stays out of what is built, whoever has it and whatever is turned down."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from support.copies import (
    REPOSITORY,
    build,
    change,
    contents,
    copy_few,
    copy_repository,
    cut_names,
    parquet_rows,
    read,
    spans_in,
    strings_in,
    withhold,
    without_alternatives,
    write,
)

from corpus.cli.main import main
from corpus.core.model import CorpusError
from corpus.release.diff import compare
from corpus.release.load import load
from corpus.release.verify import verify

WITHHELD = "barrage-hearing-delay"


def shingles(text: str, size: int = 6) -> set[str]:
    """Every run of `size` words."""
    found = text.split()
    return {" ".join(found[i : i + size]) for i in range(len(found) - size + 1)}


def words_of(text: str) -> str:
    """The words of a text, in small letters, with one space around each."""
    return " ".join(("", *re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower()), ""))


def said_in(path: Path) -> Iterator[str]:
    """What a file says: its bytes as text; every string of its JSON; every string of the rows of its table."""
    data = path.read_bytes()
    yield data.decode("utf-8", "replace")
    yield data.decode("utf-16-le", "replace")
    if path.suffix == ".json":
        yield " ".join(strings_in(json.loads(data)))
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield str(table.schema.metadata)
        for row in table.to_pylist():
            yield " ".join(strings_in(row))


def test_no_five_words_of_a_withheld_text_are_in_a_release(tmp_path: Path) -> None:
    """In no byte of any file, though the text lies here attached; where it may be passed on, the search finds all.

    The title, which is published, is one that is not in the text.
    """
    withheld = "phone-ban-opinion"
    root = copy_repository(tmp_path, (withheld, "cup-final-goal-line"))
    shutil.copy(REPOSITORY / "CITATION.cff", root)
    words = words_of(withhold(root, withheld, attach=True)).split()
    change(root / "raw" / f"{withheld}.json", lambda record: record.update(title="Phones in schools"))
    hidden = {f" {' '.join(words[i : i + 5])} " for i in range(len(words) - 4)}
    assert len(hidden) > 300

    def found(folder: Path) -> set[str]:
        said = [words_of(part) for path in sorted(folder.rglob("*")) if path.is_file() for part in said_in(path)]
        return {run for run in hidden if any(run in part for part in said)}

    assert main(["--root", str(root), "release", "1.0.0"]) == 0
    release = root / "releases" / "1.0.0"
    assert {"croissant.json", "CITATION.cff", ".zenodo.json", "README.md"} <= contents(release).keys()
    assert withheld in {row["doc_id"] for row in parquet_rows(release)["withheld", "train"]}
    assert found(release) == set()
    assert found(build(root, "--with-attached")) == hidden


def test_withheld_text_is_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in a span, a context, a token or the card: of its words, title and names of entities are all there is."""
    here, elsewhere = copy_few(tmp_path / "1" / "corpus"), copy_few(tmp_path / "2" / "corpus")
    text = withhold(here, WITHHELD, attach=True)
    withhold(elsewhere, WITHHELD, attach=False)
    for root in (here, elsewhere):
        (root / "DATASET_CARD.md").unlink(missing_ok=True)
    folder = build(here)
    assert contents(folder) == contents(build(elsewhere))
    given = [read(here / "raw" / f"{WITHHELD}.json")["title"]]
    for path in (here / "annotations").glob(f"*/{WITHHELD}.json"):
        given += [entity["name"] for entity in read(path)["entities"]]
    hidden = shingles(text) - {run for words in given for run in shingles(words)}
    assert len(hidden) > 300
    found = parquet_rows(folder)
    seen = [words for rows in found.values() for row in rows if row["doc_id"] == WITHHELD for words in strings_in(row)]
    assert len(seen) > 100
    for words in (*seen, (folder / "README.md").read_text("utf-8"), (folder / "manifest.json").read_text("utf-8")):
        assert not hidden & shingles(words)
    assert {name for (name, _), rows in found.items() if any(row["doc_id"] == WITHHELD for row in rows)} == {"withheld"}
    rows = [row for row in found["withheld", "train"] if row["doc_id"] == WITHHELD]
    assert [row["annotator"] for row in rows] == ["gold", "ann-a", "ann-b"]
    assert all(row["text"] is None and row["quotes"] and row["stances"] for row in rows)


def test_every_text_of_a_table_is_there(few_built: Path, tmp_path: Path) -> None:
    """So that a classifier can be fitted on a column, without a thought for articles that have no text."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    cache = str(tmp_path)
    for name in ("documents", "annotations", "stances"):
        TfidfVectorizer().fit(load_dataset(str(few_built / "build"), name, split="train", cache_dir=cache)["text"])


def test_a_corpus_that_withholds_every_text_has_all_of_its_splits(tmp_path: Path) -> None:
    """In `withheld`, which is the default then: `datasets` loads no table without rows."""
    ids = (WITHHELD, "cup-final-goal-line")
    root = copy_repository(tmp_path / "corpus", ids)
    for doc_id in ids:
        withhold(root, doc_id, attach=False)
    folder = build(root)
    cache = str(tmp_path / "cache")
    withheld = load_dataset(str(folder), cache_dir=cache)
    assert {name: len(rows) for name, rows in withheld.items()} == {"train": 3, "test": 3}
    assert list(read(folder / "manifest.json")["configs"]) == ["withheld"]
    with pytest.raises(CorpusError, match="has no config 'documents'; it has withheld"):
        load(root=root)
    assert list(verify(folder)) == []
    assert compare(folder, folder).bump == "none"
    card = (folder / "README.md").read_text("utf-8")
    assert "| articles | 1 | 1 |" in card
    assert "| articles whose text is withheld | 1 | 1 |" in card
    quotes = [len(read(root / "annotations" / "gold" / f"{doc_id}.json")["quotes"]) for doc_id in ids]
    assert f"| quotes | {quotes[0]} | {quotes[1]} |" in card
    assert main(["--root", str(root), "release", "1.0.0"]) == 0


def test_a_release_that_has_withheld_rows_among_the_others_is_read(built_corpus: Path) -> None:
    """Version 1.0.0 has its withheld article in `documents` and in every flat config."""
    old = REPOSITORY / "releases" / "1.0.0"
    new = built_corpus / "build"
    assert not (old / "withheld").exists()
    found = compare(old, new)
    assert all(
        doc_id.startswith(("GUM_", "news-")) or doc_id.endswith(("-noisy", "-paraphrase")) for doc_id, _ in found.added
    )
    assert (found.removed, found.moved) == ([], [])
    withheld = {row["doc_id"] for row in parquet_rows(new)["withheld", "train"]}
    assert withheld
    # Its gold was corrected since; but no row of it looks new, gone or emptied.
    changes = [change for change in found.changes if change.doc_id in withheld]
    assert {change.field for change in changes if not change.layer} <= {
        "provenance.note",
        "provenance.guidelines",
        "set",
    }
    assert {change.record for change in changes if change.layer and not change.field} == {"e-north-korean"}


def test_withheld_text_is_nowhere_when_its_check_is_turned_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That spans may quote a withheld text is a matter of severity; that a build publishes it is not."""
    copy_repository(tmp_path, (WITHHELD,), ("gold", "ann-a"))
    quoting = {path: path.read_bytes() for path in (tmp_path / "annotations").glob("*/*.json")}
    withhold(tmp_path, WITHHELD, attach=True)
    for path, data in quoting.items():
        path.write_bytes(data)
    without_alternatives(tmp_path, WITHHELD)
    assert main(["--root", str(tmp_path), "build"]) == 1
    codes = {line.split()[2] for line in capsys.readouterr().out.split("\n") if line.startswith("annotations/")}
    severity = "\n".join(f'{code} = "info"' for code in codes | {"C603"})
    (tmp_path / "pyproject.toml").write_text(f"[tool.corpus.severity]\n{severity}\n", "utf-8")
    spans = [s for rows in parquet_rows(build(tmp_path)).values() for row in rows for s in spans_in(list(row.values()))]
    assert len(spans) > 100
    assert not [span for span in spans if span["text"] is not None]


def test_no_run_of_withheld_words_leaves_this_repository(built_corpus: Path) -> None:
    """The same for the real texts that may not be passed on, where somebody has put them to raw/attached/."""
    attached = REPOSITORY / "raw" / "attached"
    texts = {path.stem: path.read_text("utf-8") for path in attached.glob("*.txt")}
    if not texts:
        pytest.skip("no attached text here")
    hidden = {run for text in texts.values() for run in shingles(text, 10)}
    for config, rows in parquet_rows(built_corpus / "build").items():
        for row in rows:
            for words in strings_in({key: value for key, value in row.items() if key != "entities"}):
                assert not hidden & shingles(words, 10), (config, row["doc_id"], words)


def test_what_was_built_with_the_attached_text_is_what_the_full_text_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Save for the record's word on redistribution: spans get their words back, contexts and tokens are there."""
    documents = (WITHHELD, "barrage-cost-analysis", "storm-ketterick-brief")
    cut_names(copy_repository(tmp_path / "full", documents), WITHHELD)
    without_alternatives(tmp_path / "full", WITHHELD)
    withhold(copy_repository(tmp_path / "attached", documents), WITHHELD, attach=True)
    full = parquet_rows(build(tmp_path / "full"))
    attached = parquet_rows(build(tmp_path / "attached", "--with-attached"))
    assert full.keys() == attached.keys()
    for key, rows in full.items():
        assert len(rows) == len(attached[key])
        for one, other in zip(rows, attached[key], strict=True):
            if one["doc_id"] == WITHHELD:
                assert one.pop("redistribution", "full") == "full"
                assert other.pop("redistribution", "offsets_only") == "offsets_only"
                for row in (one, other):
                    (row.get("provenance") or {}).pop("note", None)
            assert one == other


def test_a_document_of_which_nothing_may_be_published_is_nowhere(tmp_path: Path) -> None:
    copy_few(tmp_path)
    withhold(tmp_path, WITHHELD, attach=True)
    path = tmp_path / "raw" / f"{WITHHELD}.json"
    write(path, read(path) | {"redistribution": "none"})
    folder = build(tmp_path)
    assert WITHHELD not in {row["doc_id"] for rows in parquet_rows(folder).values() for row in rows}
    assert WITHHELD.encode() not in b"".join(contents(folder).values())
