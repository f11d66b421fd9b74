"""Corpora to build: copies of this repository's, in either form, and made-up ones that probe the corners."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpus.checks import CHECKS
from corpus.checks.suppress.baseline import baseline_toml, read_baseline
from corpus.cli.main import main
from corpus.core.card_text import BASELINES
from corpus.files.prompts import PROMPTS
from support.corpora import REPOSITORY

VERSION = "1.2.3"
Rows = dict[tuple[str, str], list[dict[str, Any]]]
"""(config, split) → its rows."""


def read(path: Path) -> Any:
    """The JSON value of a file."""
    return json.loads(path.read_bytes())


def write(path: Path, value: Any) -> None:
    """Write a JSON value to a file, in whatever layout `json` gives it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")


def change(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit a JSON file."""
    value = read(path)
    edit(value)
    write(path, value)


def findings(root: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """(code, JSON pointer) of what `corpus validate` finds, but for infos about the whole corpus."""
    capsys.readouterr()
    code = main(["--root", str(root), "validate", "--format", "json"])
    told = ("C609", "C610", "C611", "C638")
    problems = [one for one in json.loads(capsys.readouterr().out) if one["code"] not in told]
    assert code == any(one["severity"] != "info" for one in problems)
    return [(problem["code"], problem["pointer"]) for problem in problems]


def copy_repository(to: Path, doc_ids: tuple[str, ...] = (), annotators: tuple[str, ...] = ()) -> Path:
    """A copy of this repository's corpus without attached texts; of all documents and annotators, or of these."""
    shutil.copytree(REPOSITORY / "schema", to / "schema")
    (to / "raw").mkdir()
    for path in sorted((REPOSITORY / "raw").iterdir()):
        if path.is_file() and (not doc_ids or path.stem in doc_ids):
            shutil.copy(path, to / "raw" / path.name)
    for path in sorted((REPOSITORY / "annotations").glob("*/*.json")):
        if (not doc_ids or path.stem in doc_ids) and (not annotators or path.parent.name in annotators):
            (to / "annotations" / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to / "annotations" / path.parent.name / path.name)
    if (REPOSITORY / PROMPTS).is_dir():
        shutil.copytree(REPOSITORY / PROMPTS, to / PROMPTS)
    copied = {(path.stem, path.parent.name) for path in (to / "annotations").glob("*/*.json")}
    known = {one: n for one, n in read_baseline(REPOSITORY).items() if (one.doc_id, one.annotator) in copied}
    if known:
        (to / "annotations" / "baseline.toml").write_bytes(baseline_toml(known))
    if (REPOSITORY / "DATASET_CARD.md").exists():
        # The table of baselines is of the whole corpus: no release of a part may have it.
        card = BASELINES.sub("", (REPOSITORY / "DATASET_CARD.md").read_text("utf-8"))
        (to / "DATASET_CARD.md").write_text(card, "utf-8")
    (to / "pyproject.toml").write_text(f'[tool.corpus]\nversion = "{VERSION}"\n', "utf-8")
    return to


_NOT_COPIED = (".git", ".*_cache", ".venv", ".hypothesis", "__pycache__", "attached", "build")


def copy_whole(to: Path) -> Path:
    """A copy of this repository, with its documents, code and releases, without attached texts."""
    return Path(shutil.copytree(REPOSITORY, to, ignore=shutil.ignore_patterns(*_NOT_COPIED)))


def copy_few(to: Path) -> Path:
    """A copy of some fifteen documents of this repository's corpus, and of `barrage-hearing-delay`, which tests change.

    They lie in all three splits, have gold and two more annotators, and one of their texts is withheld. One has twins.
    """
    documents = originals("raw")
    twins = ("cup-final-brief", "cup-final-brief-noisy", "cup-final-brief-paraphrase")
    return copy_repository(to, ("barrage-hearing-delay", *twins, *documents[:: len(documents) // 14]))


def originals(folder: str) -> list[str]:
    """The ids of the documents with a JSON file in a folder of this repository, without twins."""
    ids = sorted(path.stem for path in (REPOSITORY / folder).glob("*.json"))
    return [one for one in ids if not read(REPOSITORY / "raw" / f"{one}.json").get("twin_of")]


def to_bulk(root: Path, seed: int) -> None:
    """Turn the corpus at `root` into the bulk form, with the documents in a random order in several files."""
    rng = random.Random(seed)
    for folder in (root / "raw", *sorted({path.parent for path in (root / "annotations").glob("*/*.json")})):
        lines = []
        for path in sorted(folder.glob("*.json")):
            value = read(path)
            text = path.with_suffix(".txt")
            if folder.name == "raw" and text.exists():
                value["text"] = text.read_bytes().decode()
                text.unlink()
            lines.append(json.dumps(value, ensure_ascii=rng.random() < 0.5) + "\n")
            path.unlink()
        rng.shuffle(lines)
        half = len(lines) // 2
        (folder / "b.jsonl").write_text("".join(lines[:half]), "utf-8")
        (folder / "a.jsonl").write_text("".join(lines[half:]), "utf-8")


def withhold(root: Path, doc_id: str, attach: bool) -> str:
    """Make a document's text one that may not be passed on, and return it.

    No span quotes it any more, the annotators' notes and alternatives are gone, and names of five words or more are cut
    to four.
    `attach` puts it to raw/attached/.
    """
    text = (root / "raw" / f"{doc_id}.txt").read_bytes().decode()
    (root / "raw" / f"{doc_id}.txt").unlink()
    record = read(root / "raw" / f"{doc_id}.json") | {"redistribution": "offsets_only"}
    write(root / "raw" / f"{doc_id}.json", record)
    for path in (root / "annotations").glob(f"*/{doc_id}.json"):
        annotation = _without_words(read(path))
        annotation.get("provenance", {}).pop("note", None)
        write(path, annotation)
    without_alternatives(root, doc_id)
    cut_names(root, doc_id)
    if attach:
        (root / "raw" / "attached").mkdir(exist_ok=True)
        (root / "raw" / "attached" / f"{doc_id}.txt").write_bytes(text.encode())
    return text


def without_alternatives(root: Path, doc_id: str) -> None:
    """Leave out the alternatives of a document's annotations, which name records and quote the text."""
    for path in (root / "annotations").glob(f"*/{doc_id}.json"):
        change(path, lambda value: value.get("provenance", {}).pop("alternatives", None))


def cut_names(root: Path, doc_id: str) -> None:
    """Cut the names of a document's entities to four words: more would give its text away."""
    for path in (root / "annotations").glob(f"*/{doc_id}.json"):
        annotation = read(path)
        for entity in annotation.get("entities", ()):
            entity["name"] = " ".join(entity["name"].split()[:4])
        write(path, annotation)


def _without_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_words(item) for item in value]
    if isinstance(value, dict):
        span = "start" in value and "end" in value
        return {key: _without_words(item) for key, item in value.items() if not (span and key == "text")}
    return value


def build(root: Path, *options: str) -> Path:
    """`corpus build`, which must go well; the folder it wrote."""
    assert main(["--root", str(root), "build", *options]) == 0
    return Path(options[options.index("--out") + 1]) if "--out" in options else root / "build"


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def parquet_rows(folder: Path) -> Rows:
    """The rows of a build as its Parquet files have them."""
    found: Rows = defaultdict(list)
    for path in sorted(folder.glob("*/*.parquet")):
        found[path.parent.name, path.name.split("-")[0]] += pq.read_table(path).to_pylist()
    return dict(found)


def strings_in(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_in(item)


def spans_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every span in a JSON value."""
    if isinstance(value, dict) and value.keys() == {"start", "end", "text"}:
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from spans_in(item)


_CHARACTERS = "aaabbcdeEé\u0301ß한😀👩\u200d👩x12.,!?\"“”'’-–\n\n      \u00a0\u3000\t।。"


def write_random(root: Path, seed: int, documents: int, sloppy: bool = False) -> Path:
    """A corpus in bulk form whose spans lie anywhere, as the checks of levels 3 and 5, turned down, would not let them.

    In a sloppy one, some spans also lack their words, and some lists of spans are out of order.
    """
    rng = random.Random(seed)
    shutil.copytree(REPOSITORY / "schema", root / "schema")
    (root / "raw").mkdir(parents=True)
    codes = "\n".join(f'{check.code} = "info"' for check in CHECKS if check.level in (3, 5))
    (root / "pyproject.toml").write_text(f'[tool.corpus]\nversion = "{VERSION}"\n[tool.corpus.severity]\n{codes}\n')
    made = [_random_document(rng, f"d{number}", sloppy) for number in range(documents)]
    rng.shuffle(made)
    with (root / "raw" / "all.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record, _ in made)
    for annotator in ("gold", "a", "b"):
        folder = root / "annotations" / annotator
        folder.mkdir(parents=True)
        lines = [json.dumps(of[annotator], ensure_ascii=False) + "\n" for _, of in made if annotator in of]
        (folder / "all.jsonl").write_text("".join(lines), "utf-8")
    return root


def _random_document(rng: random.Random, doc_id: str, sloppy: bool) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    text = "".join(rng.choices(_CHARACTERS, k=rng.randrange(120))) + rng.choice("a&。")
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    record: dict[str, Any] = {
        "doc_id": doc_id,
        "title": rng.choice((None, "A title")),
        "language": rng.choice(("en", "de-AT", "hi")),
        "license": "CC0-1.0",
        "redistribution": rng.choice(("full", "full", "full", "offsets_only", "none")),
        "text_sha256": sha256,
        "length": len(text),
        "split": rng.choice(("train", "dev", "test")),
        "topics": rng.sample(["x", "y", "z"], rng.randrange(3)),
        "text": text,
    }
    if rng.random() < 0.3:
        del record["topics"]
    full = record["redistribution"] == "full"
    if not full:
        del record["text"]
    found = {}
    for annotator in ("gold", "a", "b"):
        if rng.random() < 0.7:
            layers = _random_layers(rng, text, full, sloppy)
            value: dict[str, Any] = {"doc_id": doc_id, "schema_version": "1.0", "text_sha256": sha256}
            value |= {"annotator": annotator, "layers_done": list(layers)}
            if rng.random() < 0.5:
                value["provenance"] = {"tool": "t", "lead_time": rng.random(), "machine": True}
            found[annotator] = value | layers
    return record, found


def _random_layers(rng: random.Random, text: str, full: bool, sloppy: bool) -> dict[str, Any]:
    types = ["PER", "ORG", "GPE", "NORP", "OTHER"]
    entities: list[dict[str, Any]] = [
        {"id": f"e{i}", "type": rng.choice(types), "name": f"N{i}"} for i in range(rng.randrange(5))
    ]
    for entity in entities:
        if rng.random() < 0.5:
            entity["kb"] = rng.choice(("NIL", "wikidata:Q1"))

    def spans(least: int, most: int) -> list[dict[str, Any]]:
        cuts = sorted(rng.sample(range(len(text) + 1), min(2 * rng.randint(least, most), (len(text) + 1) // 2 * 2)))
        pairs = list(zip(cuts[::2], cuts[1::2], strict=True))
        quoted = full
        if sloppy and rng.random() < 0.2:
            rng.shuffle(pairs)
            quoted = False
        return [{"start": a, "end": b} | ({"text": text[a:b]} if quoted else {}) for a, b in pairs]

    def some(items: list[dict[str, Any]], most: int) -> list[str]:
        return [item["id"] for item in rng.sample(items, min(len(items), rng.randint(0, most)))]

    def one(items: list[dict[str, Any]]) -> str | None:
        return rng.choice(items)["id"] if items and rng.random() < 0.8 else None

    mentions = [
        {"id": f"m{i}", "spans": spans(1, 2), "form": rng.choice(("NAM", "NAM", "NAM", "PRO"))}
        | {"entity": rng.choice(entities)["id"]}
        for i in range(rng.randrange(12) if entities else 0)
    ]
    quotes: list[dict[str, Any]] = [
        {"id": f"q{i}", "content": spans(1, 3), "cue": spans(0, 2), "source": some(mentions, 2)}
        | {"speaker": one(entities), "addressee": one(entities), "type": rng.choice(("direct", "indirect"))}
        | {"medium": "speech", "attribution": "explicit", "speaker_kind": "named", "polarity": "negated"}
        | {"parent": None, "continues_paragraph": rng.random() < 0.5}
        for i in range(rng.randrange(4))
    ]
    layers: dict[str, Any] = {"entities": entities, "mentions": mentions, "quotes": quotes}
    if rng.random() < 0.7:
        layers["nonquotes"] = [{"id": f"n{i}", "spans": spans(1, 2), "reason": "term"} for i in range(rng.randrange(3))]
    if rng.random() < 0.7:
        layers["stances"] = [
            {"id": f"s{i}", "scope": rng.choice(("article", "headline", "author", "speaker"))}
            | {"holder": one(entities), "target": rng.choice(("north-korea", "keep-night-ferry"))}
            | {"label": rng.choice(("favor", "against")), "intensity": rng.randint(1, 3), "explicit": True}
            | {"evidence_quotes": some(quotes, 2), "evidence_spans": spans(0, 2)}
            for i in range(rng.randrange(4))
        ]
    return layers
