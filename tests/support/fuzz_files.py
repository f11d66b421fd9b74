"""Targets of `fuzz` that read one file: JSON, TOML, YAML, archives, releases, schemas and exports."""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
from datetime import date
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from corpus.checks.suppress.suppressions import all_severities, read_suppressions
from corpus.core.card_text import Prose
from corpus.core.json_positions import position
from corpus.core.model import Source
from corpus.core.schema import Schema
from corpus.core.settings import read_settings
from corpus.files.read import parse_json, parse_text
from corpus.files.releases import read_last_release
from corpus.files.unpack import Unpacker
from corpus.labelstudio.export import read_export
from corpus.labelstudio.pseudonyms import Pseudonyms
from corpus.release.citation import read_citation
from corpus.release.make import _citation
from corpus.release.verify import verify
from support.cases import give_schema
from support.corpora import TEXT, annotation, record, tiny
from support.damage import another_value, another_word, damaged, damaged_json
from support.exports import exported, made
from support.fuzz_runs import Input, Outcome, of_corpus, put


class Json:
    """Parses JSON and text, and finds the place of a value."""

    def __init__(self, folder: Path) -> None:
        self.seeds = [
            *(json.dumps(value, ensure_ascii=False).encode() for value in (annotation("alpha"), record("alpha"))),
            b'{"a": [1, -2.5e3, {"b~/": null, "": "\\ud83d\\ude00"}], "c": "\xc3\xa9", "d": 12345678901234567890}\n',
            TEXT.encode(),
        ]

    def draw(self, rng: random.Random) -> Input:
        return "json", damaged(rng.choice(self.seeds), rng)

    def run(self, inputs: list[Input]) -> Outcome:
        faulty = 0
        for _, data in inputs:
            parse_text(data)
            value, faults = parse_json(data, 1)
            faulty += bool(faults)
            lines = data.count(b"\n") + 1
            assert all(1 <= fault.line <= lines and fault.column >= 1 for fault in faults), faults
            pointer = ""
            while isinstance(value, dict | list) and value:
                key = next(iter(value)) if isinstance(value, dict) else len(value) - 1
                pointer += f"/{str(key).replace('~', '~0').replace('/', '~1')}"
                value = value[key]
                line, column = position(Source("x", "annotation", data, 1), pointer)
                assert 1 <= line <= lines
                assert column >= 1
        return {"findings": faulty}


class Toml:
    """Reads the settings, the exceptions, the baseline and the pseudonyms."""

    SEEDS: ClassVar = {
        "pyproject.toml": '[tool.corpus]\nversion = "1.2.3"\nhub = "a/b"\n\n[tool.corpus.severity]\nQ503 = "info"\n'
        '[tool.corpus.split]\nby = "date"\nproportions = { train = 0.8, test = 0.2 }\ndays = { test = 2026-05-01 }\n',
        "annotations/exceptions.toml": '[[exception]]\ncode = "Q503"\ndoc_id = "alpha"\nannotator = "gold"\n'
        'record = "q1"\nreason = "it is so"\nuntil = 2099-01-31\n\n[[exception]]\ncode = "C601"\nfile = "raw/a.json"\n'
        'reason = "split later"\nuntil = 2099-01-31\n',
        "annotations/baseline.toml": 'finding = [\n  { code = "C601", file = "raw/a.json", field = "split" },\n'
        '  { code = "Q503", file = "annotations/gold/a.json", record = "q1", field = "cue", count = 2 },\n]\n',
        "annotators.toml": '[people]\n"7" = "ann-1"\n"sha256:5d0f" = "ann-1"\n"8" = "gold"\n',
    }

    def __init__(self, folder: Path) -> None:
        self.root = folder
        (folder / "annotations").mkdir()
        self.codes = all_severities()

    def draw(self, rng: random.Random) -> Input:
        name = rng.choice(list(self.SEEDS))
        return name, rng.choice((damaged, another_word))(self.SEEDS[name].encode(), rng)

    def run(self, inputs: list[Input]) -> Outcome:
        ((name, data),) = inputs
        path = self.root / name
        put(path, data)
        try:
            if name == "pyproject.toml":
                read_settings(self.root, self.codes)
            elif name == "annotators.toml":
                Pseudonyms(path).of({"id": 9, "email": "a@example.org"})
            else:
                read_suppressions(self.root, date(2026, 11, 24))
        finally:
            path.unlink()
        return {"read": 1}


class CardAndCitation:
    """Reads the card and the citation, with YAML in them."""

    CARD = "---\npretty_name: A corpus\nlicense: cc-by-4.0\nlanguage:\n- en\ntags: [a, 'b']\nn: {n: 1}\n---\n# T\n\nA\n"
    CITATION = (
        "cff-version: 1.2.0\ntitle: A corpus\nabstract: >\n  It is.\nauthors:\n- family-names: Doe\n  given-names: J\n"
        "  orcid: https://orcid.org/0000-0001\n- name: An office\nkeywords: [news, quotes]\nlicense: CC-BY-4.0\n"
        "date-released: 2026-01-01\n"
    )

    def __init__(self, folder: Path) -> None:
        self.root = folder

    def draw(self, rng: random.Random) -> Input:
        return rng.choice((("card", damaged(self.CARD.encode(), rng)), ("cff", damaged(self.CITATION.encode(), rng))))

    def run(self, inputs: list[Input]) -> Outcome:
        ((name, data),) = inputs
        path = self.root / ("DATASET_CARD.md" if name == "card" else "CITATION.cff")
        put(path, data)
        if name == "card":
            prose = Prose.read(path)
            assert isinstance(prose.title + prose.begin, str)
        else:
            _citation(read_citation(self.root), "1.0.0", "2026-01-01")
        return {"read": 1}


class Archive:
    """Unpacks the compressed files of a corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines = "".join(json.dumps({**record(f"d{n}"), "text": TEXT}) + "\n" for n in range(3)).encode()
        self.seeds = {
            "gzip": [gzip.compress(lines, mtime=0), gzip.compress(lines[:80], mtime=0) * 3],
            "zstd": [
                zstandard.ZstdCompressor(write_checksum=True).compress(lines),
                zstandard.ZstdCompressor(level=19).compress(lines[:80]) * 3,
                b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstandard.ZstdCompressor().compress(b"0" * 5000),
            ],
        }

    def draw(self, rng: random.Random) -> Input:
        packed = rng.choice(list(self.seeds))
        return packed, damaged(rng.choice(self.seeds[packed]), rng)

    def run(self, inputs: list[Input]) -> Outcome:
        ((packed, data),) = inputs
        path = self.folder / "packed"
        put(path, data)
        unpacked = self.folder / "unpacked"
        unpacked.unlink(missing_ok=True)
        fault = Unpacker().unpack(path, unpacked, packed)
        assert fault.partition(":")[0] in ("", "damaged-archive", "too-large"), fault
        return {"findings": bool(fault)}


class Release:
    """Verifies a release, and reads the splits of the last one."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.folder = folder / "releases" / "1.0.0"
        (self.folder / "documents").mkdir(parents=True)
        span = pa.struct([("start", pa.int32()), ("end", pa.int32())])
        table = pa.table(
            {
                "doc_id": ["a", "b", "c"],
                "text": ["one", None, "three"],
                "label": pa.array(["x", "y", "x"]).dictionary_encode(),
                "spans": pa.array([[{"start": 0, "end": 1}], [], None], pa.list_(span)),
            }
        )
        self.seeds: dict[str, list[bytes]] = {"documents/train-00000-of-00001.parquet": []}
        for compression in ("none", "zstd", "snappy"):
            out = io.BytesIO()
            pq.write_table(table, out, compression=compression, write_page_index=compression == "zstd")
            self.seeds["documents/train-00000-of-00001.parquet"].append(out.getvalue())
        table_of = {"rows": 3, "sha256": "0" * 64}
        files = dict.fromkeys(self.seeds, "0" * 64)
        manifest = {"content_sha256": "0" * 64, "files": files, "configs": {"documents": {"train": table_of}}}
        self.seeds["manifest.json"] = [json.dumps(manifest, indent=2).encode()]

    def draw(self, rng: random.Random) -> Input:
        name = rng.choice([*self.seeds, next(iter(self.seeds))])
        seed = rng.choice(self.seeds[name])
        if name == "manifest.json":
            return name, damaged_json(seed, rng)
        data = damaged(seed, rng)
        # The footer decides about all the rest, and its length and the magic bytes stand behind it.
        return name, data if rng.random() < 0.3 else data[: len(data) - 8] + seed[-8:]

    def run(self, inputs: list[Input]) -> Outcome:
        ((name, data),) = inputs
        for other, seeds in self.seeds.items():
            put(self.folder / other, data if other == name else seeds[0])
        messages = list(verify(self.folder))
        if name != "manifest.json":
            read_last_release(self.root)
        return {"findings": bool(messages)}


class Schemas:
    """Reads a schema, and whatever it describes then."""

    VERBS = (
        *(("validate", "--no-cache"), ("validate", "--no-cache"), ("build",), ("fmt", "--check"), ("split", "--check")),
        *(("label-studio", "config"), ("export", "brat", "{}/out"), ("baseline", "write")),
    )

    def __init__(self, folder: Path) -> None:
        self.root = folder / "corpus"
        tiny(self.root)
        give_schema(self.root)
        self.seeds = {path.name: path.read_bytes() for path in sorted((self.root / "schema").glob("*.json"))}
        self.names = [*self.seeds, "annotation.schema.json", "article.schema.json"]

    def draw(self, rng: random.Random) -> Input:
        name, verb = rng.choice(self.names), rng.randrange(len(self.VERBS))
        return f"{verb} {name}", damaged_json(self.seeds[name], rng)

    def run(self, inputs: list[Input]) -> Outcome:
        ((chosen, data),) = inputs
        verb, _, name = chosen.partition(" ")
        put(self.root / "schema" / name, data)
        try:
            Schema.read(self.root)
            argv = [word.format(self.root) for word in self.VERBS[int(verb)]]
            of_corpus("--root", str(self.root), *argv)
        finally:
            put(self.root / "schema" / name, self.seeds[name])
            for folder in ("build", "out"):
                shutil.rmtree(self.root / folder, ignore_errors=True)
            (self.root / "annotations" / "baseline.toml").unlink(missing_ok=True)
        return {"read": 1}


class Exports:
    """Reads an export of Label Studio, byte by byte, without converting it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tasks = [exported(1, "alpha", made(1), made(2, 8)), exported(2, "beta", made(3, result=[]))]
        self.data = json.dumps(self.tasks, indent=1, ensure_ascii=False).encode()

    def draw(self, rng: random.Random) -> Input:
        data = damaged(self.data, rng)
        if rng.random() < 0.2:
            packed = gzip.compress(data, 1, mtime=0)
            return "export.json.gz", packed if rng.random() < 0.5 else damaged(packed, rng)
        return "export.json", data

    def run(self, inputs: list[Input]) -> Outcome:
        ((name, data),) = inputs
        put(self.folder / name, data)
        tasks = list(read_export(self.folder / name))
        assert all(isinstance(task, dict) for task in tasks)
        return {"read": 1}


class Conversions(Exports):
    """Converts the tasks of an export: the annotations that they become are valid, the others are quarantined."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.root = folder / "corpus"
        corpus = tiny(self.root)
        for number in range(25):
            corpus.add(f"d{number}", annotators=())

    def draw(self, rng: random.Random) -> Input:
        task = another_value(rng.choice(self.tasks), rng)
        return "task", json.dumps(task, ensure_ascii=True).encode()

    def run(self, inputs: list[Input]) -> Outcome:
        path = self.folder / "export.json"
        tasks = (data.replace(b'"alpha"', f'"d{number}"'.encode()) for number, (_, data) in enumerate(inputs))
        put(path, b"[" + b",\n".join(tasks) + b"]")
        for folder in ("annotations", "quarantine"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        (self.root / "annotations").mkdir()
        (self.root / "annotators.toml").unlink(missing_ok=True)
        of_corpus("--root", str(self.root), "label-studio", "convert", str(path))
        written = sorted((self.root / "annotations").rglob("*.json"))
        schema = Schema.read(self.root)
        for file in written:
            value, faults = parse_json(file.read_bytes())
            assert not faults
            assert schema.is_valid("annotation", value), file
            assert b"example.org" not in file.read_bytes()
        return {"findings": len(inputs) - min(len(inputs), len(written))}
