"""What tests of formats share: corpora to write, imports to run, and what lies in tests/formats/examples/."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from corpus.core.model import Problem
from corpus.core.schema import Schema
from corpus.formats import FORMATS
from corpus.formats.documents import LeftOut, Options
from support.corpora import REPOSITORY, Corpus, record
from support.strategies import Doc

SCHEMA = Schema.read(REPOSITORY)
EXAMPLES = REPOSITORY / "tests" / "formats" / "examples"
SAID = {"language": "en", "license": "CC-BY-4.0", "redistribution": "full", "split": "train"}
FEW = settings(
    deadline=None,
    database=None,
    max_examples=15,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def written(root: Path, docs: list[Doc]) -> Corpus:
    """A corpus of the documents, all of which may be passed on."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(REPOSITORY / "schema", root / "schema")
    (root / "raw").mkdir()
    corpus = Corpus(root)
    for doc in docs:
        corpus.write(f"raw/{doc.doc_id}.json", {**record(doc.doc_id, doc.text), "language": doc.record["language"]})
        corpus.write(f"raw/{doc.doc_id}.txt", doc.text)
        for annotator, value in doc.annotations.items():
            corpus.write(f"annotations/{annotator}/{doc.doc_id}.json", value)
    return corpus


def imported(name: str, source: Path, into: Path, **said: Any) -> tuple[list[Problem], LeftOut]:
    """What comes of an import: its Problems, and what was left out."""
    shutil.rmtree(into, ignore_errors=True)
    options = Options(record=SAID, schema=REPOSITORY / "schema", **said)
    return list(FORMATS[name].read(source, into, options)), options.left_out


def annotations(root: Path) -> dict[str, dict[str, Any]]:
    """Each annotation of a corpus, by its path."""
    folder = root / "annotations"
    return {path.relative_to(folder).as_posix(): json.loads(path.read_bytes()) for path in folder.rglob("*.json")}


def quarantined(root: Path) -> dict[str, dict[str, Any]]:
    """Each quarantined annotation of a corpus, by its path."""
    paths = (path for path in (root / "quarantine").rglob("*.json") if not path.name.endswith(".problems.json"))
    return {path.relative_to(root / "quarantine").as_posix(): json.loads(path.read_bytes()) for path in paths}


def with_quarantined(root: Path) -> dict[str, dict[str, Any]]:
    """Each annotation of a corpus and each quarantined one, by its path in annotations/."""
    return annotations(root) | {f"{one['annotator']}/{one['doc_id']}.json": one for one in quarantined(root).values()}


def has_words(value: dict[str, Any]) -> bool:
    """Whether each span of an annotation quotes its text."""
    spans = (
        span
        for layer in SCHEMA.layers.values()
        for one in value.get(layer.name, ())
        for field in layer.of_kind("spans")
        for span in one.get(field.name, ())
    )
    return all("text" in span for span in spans)


def sound(corpus: Corpus) -> set[str]:
    """The annotations without an error of the levels that an export asks about, in them or in their article."""
    found = [one for one in corpus.findings() if one["severity"] == "error" and one["code"][1] in "1234"]
    broken = {one["file"] for one in found}
    articles = {Path(file).stem for file in broken if file.startswith("raw/")}
    return {path for path in annotations(corpus.root) if f"annotations/{path}" not in broken} - {
        path for path in annotations(corpus.root) if Path(path).stem in articles
    }
