"""croissant.json of a release: mlcroissant finds no fault in it, and loads with it what the Parquet files hold."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.copies import copy_repository, read, withhold, write
from support.corpora import REPOSITORY, Corpus, run

from corpus.core.card_text import Prose

FITS_CFF = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.citation-file-format"]

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph", "ignore:The inplace keyword")

ARTICLES = {
    "train": ("barrage-hearing-delay", "barrage-cost-analysis", "storm-ketterick-brief"),
    "dev": ("glow-fever-brief",),
    "test": ("cup-final-goal-line",),
}
DAY = "2026-11-24T12:00:00Z"
RAI = {
    "dataCollection",
    "dataAnnotationProtocol",
    "dataAnnotationAnalysis",
    "annotatorDemographics",
    "machineAnnotationTools",
    "dataUseCases",
    "dataLimitations",
    "dataBiases",
    "personalSensitiveInformation",
    "dataCollectionType",
    "dataCollectionTimeFrame",
    "annotationsPerItem",
    "dataSocialImpact",
    "dataReleaseMaintenancePlan",
}
NO_PROSE = {"machineAnnotationTools", "annotationsPerItem"}
"""Properties that are not a list of paragraphs of the card."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release, from a commit, of articles of every split; the text of one is withheld, and one has no gold."""
    root = copy_repository(tmp_path_factory.mktemp("croissant"), tuple(name for of in ARTICLES.values() for name in of))
    withhold(root, "barrage-cost-analysis", attach=False)
    (root / "annotations/gold/storm-ketterick-brief.json").unlink()
    gold = next(path for path in sorted((root / "annotations/gold").glob("*.json")) if "barrage" not in path.name)
    value = read(gold)
    spans = [{"start": 0, "end": 4}, {"start": 7, "end": 9}]
    good = [{"layer": "mentions", "record": value["mentions"][0]["id"]}, {"layer": "mentions", "spans": spans}]
    write(gold, value | {"schema_version": "1.1", "provenance": value["provenance"] | {"alternatives": good}})
    shutil.copy(REPOSITORY / "CITATION.cff", root)
    environment = os.environ | {"GIT_AUTHOR_DATE": DAY, "GIT_COMMITTER_DATE": DAY}
    for command in (
        ["init", "-q"],
        ["add", "--all"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qmx"],
    ):
        subprocess.run(["git", "-C", root, *command], check=True, env=environment)
    ran = run("--root", str(root), "release", "1.2.3")
    assert ran.code == 0, ran.out + ran.err
    return root / "releases" / "1.2.3"


@pytest.fixture(scope="module")
def dataset(release: Path) -> Any:
    """What mlcroissant makes of the release."""
    return mlcroissant.Dataset(release / "croissant.json")


def tables(release: Path) -> list[tuple[str, Path]]:
    """(id of the record set, its file)."""
    found = sorted(release.glob("*/*.parquet"))
    assert all(path.name.endswith("-00000-of-00001.parquet") for path in found)
    return [(f"{path.parent.name}/{path.name.split('-')[0]}", path) for path in found]


def plain(value: Any) -> Any:
    """A value that mlcroissant gives, with text for bytes, Python's numbers for numpy's, and short names for ids."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.item() if hasattr(value, "item") else value


def records(dataset: Any, name: str) -> list[dict[str, Any]]:
    """The records of a record set of a dataset, or of the file of one, by the names of the columns."""
    found = (mlcroissant.Dataset(dataset) if isinstance(dataset, Path) else dataset).records(name)
    return [{key.removeprefix(f"{name}/"): plain(value) for key, value in record.items()} for record in found]


def is_records(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)


def expected(row: Mapping[str, Any], columns: pa.Schema, split: str) -> dict[str, Any]:
    """A row as mlcroissant lays it out.

    No record is a record of nulls; lists of records in records stand beside the records, the first item of each.
    """
    found: dict[str, Any] = {}
    for column in columns:
        value = row[column.name]
        if pa.types.is_struct(column.type):
            value = value or {field.name: None for field in column.type}
            found[column.name] = {f.name: value[f.name] for f in column.type if not is_records(f.type)}
            for field in (field for field in column.type if is_records(field.type)):
                found |= of_records(f"{column.name}/{field.name}", field.type.value_type, value[field.name])
        elif is_records(column.type):
            found |= of_records(column.name, column.type.value_type, value)
        else:
            found[column.name] = value
    return found | {"split": split}


def of_records(name: str, kind: pa.StructType, value: list[dict[str, Any]] | None) -> dict[str, Any]:
    """A list of records, and beside it the lists of records in them."""
    rows = [dict.fromkeys(field.name for field in kind)] if value is None else value
    found: dict[str, Any] = {name: [{f.name: one[f.name] for f in kind if not is_records(f.type)} for one in rows]}
    for field in (field for field in kind if is_records(field.type)):
        nothing = [{inner.name: None for inner in field.type.value_type}]
        found[f"{name}/{field.name}"] = [(one[field.name] or nothing)[0] for one in rows]
    return found


def test_every_table_is_loaded_as_it_is(release: Path, dataset: Any) -> None:
    """Of every config and split, each value: records, records in records, nulls, and lists of nothing."""
    there = tables(release)
    configs = {"documents", "annotations", "entities", "quotes", "stances", "disagreement", "withheld"}
    assert {name.split("/")[0] for name, _ in there} == configs
    assert {name.split("/")[1] for name, _ in there} == set(ARTICLES)
    assert {one.uuid for one in dataset.metadata.record_sets} == {"splits", *(name for name, _ in there)}
    layers = []
    for name, path in there:
        table = pq.read_table(path)
        rows = [expected(row, table.schema, name.split("/")[1]) for row in table.to_pylist()]
        assert rows
        assert records(dataset, name) == rows, name
        layers += [row.get("quotes") for row in table.to_pylist()] if name.startswith("documents/") else []
    assert None in layers
    assert any(layers)


def test_the_splits_are_an_enumeration(release: Path, dataset: Any) -> None:
    schema = read(release / "schema/article.schema.json")
    words = {one["const"]: one["description"] for one in schema["properties"]["split"]["oneOf"]}
    classes = {"train": "cr:TrainingSplit", "dev": "cr:ValidationSplit", "test": "cr:TestSplit"}
    assert records(dataset, "splits") == [
        {"name": name, "url": classes[name], "description": words[name]} for name in ARTICLES
    ]
    value = read(release / "croissant.json")
    assert value["recordSet"][0]["dataType"] == ["sc:Enumeration", "cr:Split"]
    for one in value["recordSet"][1:]:
        (split,) = (field for field in one["field"] if field["name"] == "split")
        assert split["references"] == {"field": {"@id": "splits/name"}}


def test_there_is_no_error_and_no_warning(release: Path, dataset: Any) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "mlcroissant.scripts.validate", "--jsonld", release / "croissant.json"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Done." in ran.stderr
    assert "arning" not in ran.stderr
    metadata = dataset.metadata
    assert (metadata.version, metadata.date_published.date().isoformat()) == ("1.2.3", DAY[:10])
    assert metadata.license == ["https://spdx.org/licenses/CC-BY-4.0"]
    assert [one.name for one in metadata.creators] == ["On the Record contributors"]
    assert "Version 1.2.3" in metadata.cite_as
    assert metadata.conforms_to == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]


@pytest.mark.parametrize("damage", ["the hash", "the file"])
def test_a_wrong_hash_is_caught_by_loading(release: Path, tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(release, tmp_path / "release")
    name, table = next(one for one in tables(folder) if one[0] == "quotes/test")
    if damage == "the hash":
        value = read(folder / "croissant.json")
        (file,) = (one for one in value["distribution"] if one["@id"] == table.relative_to(folder).as_posix())
        file["sha256"] = f"{int(file['sha256'][0], 16) ^ 1:x}{file['sha256'][1:]}"
        (folder / "croissant.json").write_text(json.dumps(value))
    else:
        pq.write_table(pq.read_table(table), table, compression="gzip")
    with pytest.raises(mlcroissant.GenerationError) as caught:
        records(folder / "croissant.json", name)
    assert "Hash of downloaded file" in str(caught.value.__cause__)


def test_the_manifest_holds_it(release: Path) -> None:
    manifest = read(release / "manifest.json")
    files = {one["@id"]: one["sha256"] for one in read(release / "croissant.json")["distribution"]}
    assert files == {name: digest for name, digest in manifest["files"].items() if name.endswith(".parquet")}
    assert "croissant.json" in manifest["files"]


def test_the_words_on_uses_and_limits_are_those_of_the_card(release: Path) -> None:
    value = read(release / "croissant.json")
    assert {name.removeprefix("rai:") for name in value if name.startswith("rai:")} == RAI
    card = " ".join((REPOSITORY / "DATASET_CARD.md").read_text("utf-8").split())
    for name in RAI - NO_PROSE:
        for words in value[f"rai:{name}"]:
            assert " ".join(words.split()) in card, name
    assert any("anguage model" in words for words in value["rai:annotatorDemographics"])
    assert all("anguage model" in words for words in value["rai:machineAnnotationTools"])


def test_what_the_schema_gains_is_in_it(corpus: Corpus) -> None:
    """A field of three kinds that nobody planned, with its words, its labels and its values."""
    schema = corpus.read("schema/annotation.schema.json")
    fields = schema["properties"]["quotes"]["items"]["properties"]
    fields["tone"] = {
        "title": "Tone",
        "description": "How it is said.",
        "oneOf": [{"const": name, "title": name, "description": f"It is {name}."} for name in ("calm", "angry")],
    }
    fields["aliases"] = {
        "title": "Aliases",
        "description": "Other names of it.",
        "type": "array",
        "items": {"type": "string"},
    }
    fields["hedge"] = {"title": "Hedge", "description": "What weakens it.", "$ref": "#/$defs/spans"}
    corpus.write("schema/annotation.schema.json", schema)
    value = corpus.read("annotations/gold/alpha.json")
    value["quotes"][0] |= {"tone": "angry", "aliases": ["b", "a"], "hedge": value["quotes"][0]["cue"]}
    corpus.write("annotations/gold/alpha.json", value)
    assert corpus.run("release", "1.0.0").code == 0
    file = corpus.root / "releases/1.0.0/croissant.json"
    (quotes,) = (one for one in corpus.read(str(file))["recordSet"] if one["@id"] == "quotes/train")
    said = {one["name"]: one.get("description") for one in quotes["field"]}
    assert said["tone"] == "How it is said. One of: calm, angry."
    assert (said["aliases"], said["hedge"]) == ("Other names of it.", "What weakens it.")
    first, second = records(file, "quotes/train")
    assert (first["tone"], first["aliases"], [one["text"] for one in first["hedge"]]) == ("angry", ["b", "a"], ["said"])
    assert second["tone"] is None
    (document, _) = records(file, "documents/train")
    assert document["quotes"][0]["tone"] == "angry"


def test_without_a_card_and_a_citation_it_can_be_loaded_all_the_same(corpus: Corpus) -> None:
    """What it lacks are the properties that come from these: mlcroissant recommends them."""
    assert corpus.run("release", "1.0.0").code == 0
    file = corpus.root / "releases/1.0.0/croissant.json"
    assert not [name for name in corpus.read(str(file)) if name.startswith("rai:")]
    assert len(records(file, "documents/train")) == 2
    warnings = mlcroissant.Dataset(file).metadata.ctx.issues.warnings
    assert len(warnings) == 3
    for name in ("citeAs", "datePublished", "license"):
        assert any(name in one for one in warnings), name


def test_a_file_each_when_a_split_has_several(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.pipeline.tables.parquet._ROW_GROUP", 1)
    monkeypatch.setattr("corpus.pipeline.tables.parquet._FILE", 1)
    monkeypatch.setattr("corpus.pipeline.run.DOCUMENTS", 1)
    assert corpus.run("release", "1.0.0").code == 0
    folder = corpus.root / "releases/1.0.0"
    files = len(list((folder / "documents").iterdir()))
    assert files == 2
    names = [f"documents/train/{i:05}" for i in range(files)]
    found = [record["doc_id"] for name in names for record in records(folder / "croissant.json", name)]
    assert found == ["alpha", "beta"]


def test_the_citation_is_right(release: Path) -> None:
    """CITATION.cff fits the schema of the Citation File Format; Zenodo is told the same."""
    ran = subprocess.run(
        [*FITS_CFF, release / "CITATION.cff"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
    assert read(release / ".zenodo.json") == {
        "title": "On the Record: annotated news articles that say who is named, who said what, and where they stand",
        "upload_type": "dataset",
        "version": "1.2.3",
        "publication_date": DAY[:10],
        "description": read(release / "croissant.json")["description"],
        "creators": [{"name": "On the Record contributors"}],
        "license": "cc-by-4.0",
        "keywords": read(release / "croissant.json")["keywords"],
    }


def test_the_authors_of_a_citation(corpus: Corpus) -> None:
    """A person, with what Zenodo and Croissant each ask for, and an organisation."""
    corpus.write(
        "CITATION.cff",
        """cff-version: 1.2.0
message: Cite it.
title: "Tiny: a corpus"
authors:
- {family-names: Lindqvist, name-particle: af, given-names: Åsa, affiliation: The Bridge,
   orcid: "https://orcid.org/0000-0002-1825-0097"}
- {name: The Bridge}
license: [CC-BY-4.0, MIT]
""",
    )
    assert corpus.run("release", "1.0.0").code == 0
    zenodo = corpus.read("releases/1.0.0/.zenodo.json")
    orcid = "0000-0002-1825-0097"
    person = {"name": "af Lindqvist, Åsa", "affiliation": "The Bridge", "orcid": orcid}
    assert zenodo["creators"] == [person, {"name": "The Bridge"}]
    assert zenodo["license"] == "cc-by-4.0"
    value = corpus.read("releases/1.0.0/croissant.json")
    assert value["creator"] == [
        {"@type": "sc:Person", "name": "Åsa af Lindqvist", "url": f"https://orcid.org/{orcid}"},
        {"@type": "sc:Organization", "name": "The Bridge"},
    ]
    assert value["license"] == ["https://spdx.org/licenses/CC-BY-4.0", "https://spdx.org/licenses/MIT"]
    subprocess.run([*FITS_CFF, corpus.root / "releases/1.0.0/CITATION.cff"], check=True, capture_output=True)


CARD = """---
pretty_name: A name
---

# A heading

The first
paragraph.

## Uses

It is made

- for this
  and that,
- for those.

It is not made

<!-- corpus:counts -->

- for war.

```python
"## Limits"
```

## Limits

- One.
- Two,
  and a half.

## Making

**Texts.** A
paragraph.

A second.

**People.** Nobody, **really**.

### Below

Deep.

## Uses of another kind
"""


def test_the_sections_of_a_card(tmp_path: Path) -> None:
    (tmp_path / "DATASET_CARD.md").write_text(CARD)
    prose = Prose.read(tmp_path / "DATASET_CARD.md")
    assert (prose.title, prose.begin) == ("A name", "The first paragraph.")
    assert prose.section("Uses") == ["It is made\n- for this and that,\n- for those.", "It is not made\n- for war."]
    assert prose.section("Limits") == ["One.", "Two, and a half."]
    assert prose.section("Making", "Texts") == ["A paragraph.", "A second."]
    assert prose.section("Making", "People") == ["Nobody, **really**.", "Deep."]
    assert prose.section("Making", "Nothing") == prose.section("Use") == []
