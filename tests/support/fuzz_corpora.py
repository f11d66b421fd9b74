"""Targets of `fuzz` that read many files: documents, corpora, and what other tools wrote."""

from __future__ import annotations

import gzip
import io
import json
import random
import runpy
from pathlib import Path
from typing import Any

import zstandard

from corpus.core.toml_file import read_toml
from corpus.formats import FORMATS
from corpus.formats.documents import Options
from corpus.report import RunInfo
from corpus.report.terminal import TextReport
from support.cases import FOLDERS, copy_bad, give_schema
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, record, tiny
from support.damage import another_word, damaged, damaged_json
from support.fuzz_runs import Input, Outcome, fresh, held, is_shown, of_corpus, put

EXAMPLES = REPOSITORY / "tests" / "formats" / "examples"
SAID = {"language": "en", "license": "CC-BY-4.0", "redistribution": "full", "split": "train"}
EXAMPLE_OF = {
    "brat": "attribution",
    "conll": "columns",
    "webanno-tsv": "webanno",
    "uima-xmi": "uima",
    "prodigy": "prodigy",
    "doccano": "doccano",
    "label-studio": "label-studio",
}
"""The folder of examples of each format that has one."""
EXPORTED = ("citron", "conllu", "spacy", "uima-json")
"""Formats whose example is an export."""
ROWS = {
    "csv": ("a.csv", b'id,text,who,about\n1,"Ada left, he said.",kim,Ada\n2,\xc3\x89va stayed.,lee,\xc3\x89va\n'),
    "jsonl": ("a.jsonl", b'{"id": 1, "text": "Ada left.", "who": "kim", "about": "Ada"}\n'),
}
"""The example of each format that is read by a map of columns."""
COLUMNS = {
    "columns": {"text": "text", "doc": "id", "annotator": "who"},
    "layers": {"quotes": {"columns": {"content": "about"}, "set": {"type": "indirect"}}},
}
HARD = "Zoe\u0308 🙂 met Renée.\r\n“No\u00a0way,” the 👩‍👩‍👧 twins 🇳🇱 told Zoe\u0308.\r\n\r\nThe end."


class Documents:
    """Validates and formats documents, in files of their own or in bulk files, and reports in every format."""

    def __init__(self, folder: Path) -> None:
        self.corpus = Corpus(folder / "corpus")
        self.corpus.root.mkdir()
        give_schema(self.corpus.root)
        hard = annotation("doc", TEXT)
        hard["mentions"][0]["spans"].append({"start": 0, "end": 5, "text": TEXT[:5]})
        small = REPOSITORY / "tests" / "cases" / "T501-self-stance" / "good"
        stanced = next(iter(sorted(small.glob("annotations/gold/*.json"))), None)
        self.texts = [TEXT.encode(), HARD.encode()]
        self.records = [json.dumps(record("doc", text)).encode() for text in (TEXT, HARD)]
        self.annotations = [json.dumps(value, ensure_ascii=False).encode() for value in (annotation("doc"), hard)]
        if stanced:
            value = {**json.loads(stanced.read_bytes()), "doc_id": "doc"}
            self.annotations.append(json.dumps(value, ensure_ascii=False).encode())

    def draw(self, rng: random.Random) -> Input:
        kind = rng.choice(("record", "text", "annotation", "annotation", "annotation", "line", "line.gz", "line.zst"))
        if kind == "record":
            return kind, damaged_json(rng.choice(self.records), rng)
        if kind == "text":
            return kind, damaged(rng.choice(self.texts), rng)
        if kind == "annotation":
            return kind, damaged_json(rng.choice(self.annotations), rng)
        line = damaged_json(json.dumps({**record("doc"), "text": TEXT}).encode(), rng) + b"\n"
        if kind == "line.gz":
            line = gzip.compress(line, 1, mtime=0)
        elif kind == "line.zst":
            line = zstandard.ZstdCompressor().compress(line)
        return kind, line

    def run(self, inputs: list[Input]) -> Outcome:
        for part in ("raw", "annotations/gold"):
            fresh(self.corpus.root / part)
        for number, (kind, data) in enumerate(inputs):
            name = f"d{number}".encode()
            own = data if kind.startswith("line.") else data.replace(b'"doc"', b'"' + name + b'"')
            self._write(f"d{number}", kind, own)
        return {"findings": held(self.corpus)}

    def _write(self, name: str, kind: str, data: bytes) -> None:
        if kind.startswith("line"):
            self.corpus.write(f"raw/{name}.jsonl{kind.removeprefix('line')}", data)
            return
        self.corpus.add(name)
        ends = {"record": f"raw/{name}.json", "text": f"raw/{name}.txt", "annotation": f"annotations/gold/{name}.json"}
        self.corpus.write(ends[kind], data)


class Corpora:
    """Validates and formats whole corpora of one fault, with one or two files damaged besides."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cases = {one.name: one for one in FOLDERS if (one / "good" / "raw").is_dir()}
        for name, case in self.cases.items():
            copy_bad(case, folder / name)
            give_schema(folder / name)
        self.files = {
            name: [
                path.relative_to(folder / name).as_posix()
                for part in ("raw", "annotations")
                for path in sorted((folder / name / part).rglob("*"))
                if path.is_file()
            ]
            for name in self.cases
        }

    def draw(self, rng: random.Random) -> Input:
        name = rng.choice(sorted(self.cases))
        path = rng.choice(self.files[name])
        data = (self.folder / name / path).read_bytes()
        try:
            data = damaged_json(data, rng) if path.endswith(".json") else damaged(data, rng)
        except (ValueError, RecursionError):
            data = damaged(data, rng)
        return f"{name} {path}", data

    def run(self, inputs: list[Input]) -> Outcome:
        ((chosen, data),) = inputs
        name, _, path = chosen.partition(" ")
        file = self.folder / name / path
        before = file.read_bytes()
        put(file, data)
        try:
            return {"findings": held(Corpus(self.folder / name))}
        finally:
            put(file, before)


class Import:
    """Imports files of another tool's format: a damaged one is a finding, and the rest is imported."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.format = folder, name
        self.map: dict[str, Any] = {}
        self.seeds: dict[str, bytes] = {}
        """The files of one example: each input damages one of them."""
        example = EXAMPLE_OF.get(name, "")
        if example:
            self.seeds = files_of(EXAMPLES / example)
            path = EXAMPLES / f"{example}.toml"
            self.map = read_toml(path if path.exists() else EXAMPLES / "webanno.toml")
            if name == "brat":
                self.map["files"] = "{doc}.{annotator}.ann"
        elif name in EXPORTED:
            tiny(folder / "corpus")
            of_corpus("--root", str(folder / "corpus"), "export", name, str(folder / "example"))
            self.seeds = files_of(folder / "example")
            if name in ("conllu", "spacy"):
                self.map = {"types": {"PER": "PER", "ORG": "ORG"}}
        elif name in ROWS:
            file, data = ROWS[name]
            self.seeds, self.map = {file: data}, COLUMNS
        else:
            self.seeds = {"wikinews_7.json": json.dumps(german_news(), ensure_ascii=False).encode()}

    def draw(self, rng: random.Random) -> Input:
        name = rng.choice(sorted(self.seeds))
        data = self.seeds[name]
        return name, damaged_json(data, rng) if name.endswith(".json") else damaged(data, rng)

    def run(self, inputs: list[Input]) -> Outcome:
        source = fresh(self.folder / "source")
        for number, (name, data) in enumerate(inputs):
            # Each input has an example of its own, the other files of which are sound.
            for other, sound in self.seeds.items():
                path = source / self._place(number, other)
                path.parent.mkdir(parents=True, exist_ok=True)
                put(path, data if other == name else sound)
        plain = self.format == "german-news"
        options = Options() if plain else Options(map=self.map, record=SAID, schema=REPOSITORY / "schema")
        out = io.StringIO()
        into = fresh(self.folder / "into")
        counts = TextReport(out, RunInfo()).add_all(FORMATS[self.format].read(source, into, options))
        assert is_shown(out.getvalue()), out.getvalue()
        return {"findings": counts.total()}

    def _place(self, number: int, name: str) -> str:
        """Return where a file of example `number` lies, so that its parts find each other."""
        if self.format == "brat":
            return name.replace("report 1", f"report {number}")
        if self.format in ("webanno-tsv", "uima-xmi"):
            return name.replace("report.txt", f"report{number}.txt")
        return f"{number}-{name}"


class Maps(Import):
    """Imports a sound example by a damaged map."""

    NAMES = ("brat", "conll", "webanno-tsv", "prodigy", "doccano")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.imports = {name: Import(folder, name) for name in self.NAMES}
        self.maps = {
            name: (EXAMPLES / file).read_bytes()
            for name, file in zip(
                self.NAMES,
                ("attribution.toml", "columns.toml", "webanno.toml", "prodigy.toml", "doccano.toml"),
                strict=True,
            )
        }
        for name, one in self.imports.items():
            source = fresh(folder / name)
            for file, data in one.seeds.items():
                (source / file).parent.mkdir(parents=True, exist_ok=True)
                (source / file).write_bytes(data)

    def draw(self, rng: random.Random) -> Input:
        name = rng.choice(self.NAMES)
        return name, rng.choice((damaged, another_word))(self.maps[name], rng)

    def run(self, inputs: list[Input]) -> Outcome:
        ((name, data),) = inputs
        path = self.folder / "map.toml"
        put(path, data)
        options = Options(map=read_toml(path), record=SAID, schema=REPOSITORY / "schema")
        problems = FORMATS[name].read(self.folder / name, fresh(self.folder / "into"), options)
        counts = TextReport(io.StringIO(), RunInfo()).add_all(problems)
        return {"findings": counts.total()}


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def german_news() -> Any:
    """An article in the form of the German News Quotation corpus."""
    return runpy.run_path(str(REPOSITORY / "tests" / "formats" / "test_german_news.py"))["article"]()
