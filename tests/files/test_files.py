"""Files ↔ documents: what is written is read back, every form says the same, and `corpus fmt` loses nothing."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.corpora import REPOSITORY, TEXT, Corpus, annotation, record
from support.strategies import ANNOTATORS, Doc, corpora, documents

from corpus import checks
from corpus.core.model import Kind, Problem, Record
from corpus.core.schema import Schema
from corpus.files import Index, Reader, by_document, canonical, canonical_line, parse_json
from corpus.files.read import parse_text
from corpus.files.write import ordered
from corpus.pipeline.check import Policy
from corpus.pipeline.run import run_corpus
from corpus.pipeline.shard import Validation

SCHEMA = Schema.read(REPOSITORY)
FORMS = ("json", "jsonl", "jsonl.gz", "jsonl.zst")
BULK = FORMS[1:]
SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])

ReadBack = tuple[str, Any, str | None, dict[str, Any]]
"""An id, its record, its text, and its annotations."""


@contextmanager
def emptied() -> Iterator[Corpus]:
    """A corpus without documents, for one example."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "raw").mkdir()
        (root / "annotations").mkdir()
        shutil.copytree(REPOSITORY / "schema", root / "schema")
        yield Corpus(root)


def lay_out(corpus: Corpus, made: list[Doc], forms: tuple[str, ...], rng: random.Random, **layout: Any) -> None:
    """Write documents, each part in one of the forms, in any order; `layout` is how JSON is written."""
    lines: dict[str, list[bytes]] = {}

    def put(folder: str, doc_id: str, value: dict[str, Any], text: str | None = None) -> None:
        form = rng.choice(forms)
        if form == "json":
            corpus.write(f"{folder}/{doc_id}.json", json.dumps(value, **layout))
        elif text is not None and rng.random() < 0.7:
            lines.setdefault(f"{folder}/bulk.{form}", []).append(json.dumps({**value, "text": text}).encode())
            return
        else:
            lines.setdefault(f"{folder}/bulk.{form}", []).append(json.dumps(value).encode())
        if text is not None:
            corpus.write(f"{folder}/{doc_id}.txt", text)

    for one in rng.sample(made, len(made)):
        put("raw", one.doc_id, one.record, one.text if one.text_is_here else None)
        for annotator, value in one.annotations.items():
            put(f"annotations/{annotator}", one.doc_id, value)
    for path, written in lines.items():
        corpus.write(path, packed(path, b"\n".join(written) + b"\n"))


def packed(path: str, data: bytes) -> bytes:
    if path.endswith(".gz"):
        return gzip.compress(data)
    return zstandard.ZstdCompressor().compress(data) if path.endswith(".zst") else data


def unpacked(path: str, data: bytes) -> bytes:
    if path.endswith(".gz"):
        return gzip.decompress(data)
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if path.endswith(".zst") else data


def read_back(root: Path) -> list[ReadBack]:
    """What the reader makes of a corpus."""
    found: list[ReadBack] = []
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for entries in (group for shard in index.shards(2) for group in by_document(shard)):
            read = reader.documents(entries)
            article = read[0].article
            annotations = {one.annotation.annotator: one.annotation.value for one in read if one.annotation}
            assert not any(source.faults for document in read for source in document.sources)
            found.append((article.doc_id, article.record, article.text, annotations))
    return found


def validate(root: Path) -> list[Problem]:
    with Index(root) as index:
        task = Validation(Policy(checks.severities()))
        return [problem for shard in run_corpus(index, task, SCHEMA, 1) for problem in shard.problems]


def told(problems: list[Problem]) -> list[tuple[Any, ...]]:
    """What findings say, but for the file and the line they name."""
    return [(p.code, p.severity, p.doc_id, p.pointer, p.record, p.message, p.snippet, p.suggestion) for p in problems]


def counted(problems: list[Problem]) -> Counter[tuple[str, str]]:
    """How often a document has an error; which of two records has it may depend on their order."""
    return Counter((p.doc_id, p.code) for p in problems if p.severity == "error")


def expected(made: list[Doc]) -> list[ReadBack]:
    return [
        (one.doc_id, one.record, one.text if one.text_is_here else None, dict(sorted(one.annotations.items())))
        for one in made
    ]


def shuffled(value: Any, rng: random.Random, within_spans: bool = False) -> Any:
    """The same value with its keys, and the records of its layers, in another order."""
    if isinstance(value, dict):
        keys = rng.sample(list(value), len(value))
        return {
            key: [shuffled(item, rng) for item in rng.sample(value[key], len(value[key]))]
            if key in SCHEMA.layers
            else shuffled(value[key], rng)
            for key in keys
        }
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


def damaged(value: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The value with something wrong in it, or not."""
    value = json.loads(json.dumps(value))
    spans = [
        span
        for layer in SCHEMA.layers
        for one in value.get(layer, ())
        for name in ("spans", "content", "cue", "evidence_spans")
        for span in one.get(name, ())
    ]
    match rng.randint(0, 5):
        case 0 if spans:
            rng.choice(spans)["start"] += rng.choice((-1, 1, 50, 2**62))
        case 1 if spans:
            rng.choice(spans)["text"] = "other words"
        case 2:
            value["text_sha256"] = "0" * 64
        case 3:
            value["unknown"] = None
        case 4 if value.get("mentions"):
            value["mentions"][0]["form"] = "Name"
    return value


def parts(made: Doc) -> list[tuple[Kind, Record]]:
    """The record of a document and its annotations."""
    return [("record", made.record), *(("annotation", value) for value in made.annotations.values())]


@given(documents(SCHEMA, partial=True))
def test_what_is_written_is_read(made: Doc) -> None:
    for kind, value in parts(made):
        in_order = ordered(value, kind, SCHEMA)
        assert parse_json(canonical(value, kind, SCHEMA)) == (in_order, ())
        assert parse_json(canonical_line(value, kind, SCHEMA)) == (in_order, ())
        sets = {*SCHEMA.layers, "layers_done"}
        assert in_order.keys() == value.keys()
        assert all(in_order[name] == value[name] for name in value if name not in {*sets, "fields_done"})
        assert fields_of(in_order) == fields_of(value)
        for name in sets & value.keys():
            assert sorted(map(sorted_keys, in_order[name])) == sorted(map(sorted_keys, value[name]))
    line = parse_json(canonical_line(made.record, "record", SCHEMA, made.text))
    assert line == ({**made.record, "text": made.text}, ())
    assert parse_text(made.text.encode()) == (made.text, ())


def fields_of(value: Any) -> dict[str, list[str]]:
    """The annotated fields of each layer, whatever their order."""
    return {layer: sorted(names) for layer, names in value.get("fields_done", {}).items()}


def sorted_keys(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(documents(SCHEMA, partial=True), SEEDS)
def test_canonical_form(made: Doc, seed: int) -> None:
    rng = random.Random(seed)
    for kind, value in parts(made):
        for write in (canonical, canonical_line):
            data = write(value, kind, SCHEMA)
            assert data.endswith(b"\n")
            assert b"\r" not in data
            assert write(json.loads(data), kind, SCHEMA) == data
            other = shuffled(value, rng)
            if kind == "annotation":
                for names in other["layers_done"], *other.get("fields_done", {}).values():
                    rng.shuffle(names)
            assert write(other, kind, SCHEMA) == data
        assert canonical_line(value, kind, SCHEMA).count(b"\n") == 1


def test_canonical_form_of_alternatives() -> None:
    span = {"end": 3, "text": "Åsa", "start": 0}
    one = {"note": "as good", "spans": [span], "field": "cue", "record": "q1", "layer": "quotes"}
    other = {"layer": "mentions", "record": "m1"}
    written = json.loads(canonical(annotation("a-1", provenance={"alternatives": [one, other]}), "annotation", SCHEMA))
    found = written["provenance"]["alternatives"]
    assert found == [one, other]
    assert list(found[0]) == ["layer", "record", "field", "spans", "note"]
    assert list(found[0]["spans"][0]) == ["start", "end", "text"]


def test_canonical_layout() -> None:
    value = annotation("a-1", provenance={"tool": "x", "machine": True})
    assert canonical(value, "annotation", SCHEMA).decode().splitlines() == [
        "{",
        '  "doc_id": "a-1",',
        '  "schema_version": "1.0",',
        f'  "text_sha256": "{record("a-1")["text_sha256"]}",',
        '  "annotator": "gold",',
        '  "layers_done": ["entities", "mentions", "quotes"],',
        '  "provenance": {"tool": "x", "machine": true},',
        '  "entities": [',
        '    {"id": "e1", "type": "PER", "name": "Åsa Lindqvist", "kb": null, "kb_date": null}',
        "  ],",
        '  "mentions": [',
        "    {",
        '      "id": "m1",',
        '      "spans": [',
        '        {"start": 6, "end": 19, "text": "Åsa Lindqvist"}',
        "      ],",
        '      "form": "NAM",',
        '      "entity": "e1"',
        "    },",
        "    {",
        '      "id": "m2",',
        '      "spans": [',
        '        {"start": 51, "end": 54, "text": "she"}',
        "      ],",
        '      "form": "PRO",',
        '      "entity": "e1"',
        "    }",
        "  ],",
        '  "quotes": [',
        "    {",
        '      "id": "q1",',
        '      "content": [',
        '        {"start": 30, "end": 49, "text": "The bridge is safe,"}',
        "      ],",
        '      "cue": [',
        '        {"start": 55, "end": 59, "text": "said"}',
        "      ],",
        '      "source": ["m2"],',
        '      "speaker": "e1",',
        '      "addressee": null,',
        '      "type": "direct",',
        '      "medium": "speech",',
        '      "attribution": "anaphoric",',
        '      "speaker_kind": "named",',
        '      "polarity": "asserted",',
        '      "parent": null,',
        '      "continues_paragraph": false',
        "    }",
        "  ]",
        "}",
    ]


@FEW
@given(corpora(SCHEMA, partial=True), SEEDS)
def test_every_form_gives_the_same_documents_and_findings(made: list[Doc], seed: int) -> None:
    rng = random.Random(seed)
    made = [
        Doc(one.doc_id, one.text, one.record, {name: damaged(value, rng) for name, value in one.annotations.items()})
        for one in made
    ]
    findings = []
    for forms in (*((form,) for form in FORMS), FORMS, FORMS):
        with emptied() as corpus:
            lay_out(corpus, made, forms, rng)
            assert read_back(corpus.root) == expected(made)
            findings.append(told(validate(corpus.root)))
    assert all(found == findings[0] for found in findings)
    assert not {code for code, *_ in findings[0]} & {"F105", "F106", "F115", "F116"}


@FEW
@given(corpora(SCHEMA, least=1, partial=True))
def test_made_documents_fail_no_level_below_five(made: list[Doc]) -> None:
    with emptied() as corpus:
        lay_out(corpus, made, FORMS, random.Random(0))
        wrong = [problem for problem in validate(corpus.root) if problem.code[1] < "5" and problem.severity == "error"]
        assert wrong == []


@FEW
@given(corpora(SCHEMA, least=1, partial=True), SEEDS, st.sampled_from([*((form,) for form in FORMS), FORMS]))
def test_fmt(made: list[Doc], seed: int, forms: tuple[str, ...]) -> None:
    rng = random.Random(seed)
    with emptied() as corpus:
        lay_out(corpus, made, forms, rng, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 1)))
        before, problems = corpus.files(), validate(corpus.root)
        ran = corpus.run("fmt", "--check")
        assert corpus.files() == before
        would = {line.removeprefix("would rewrite ") for line in ran.out.splitlines()}
        assert ran.code == (1 if would else 0)
        ran = corpus.run("fmt")
        assert ran.code == 0
        after = corpus.files()
        assert {path for path in after if after[path] != before[path]} == would
        assert {line.removeprefix("rewrote ") for line in ran.out.splitlines()} == would
        assert sorted(path.name for path in corpus.root.rglob(".*")) == []
        for path, data in after.items():
            if path.endswith(".txt"):
                assert data == before[path]
            else:
                written = unpacked(path, data)
                assert sorted(written.splitlines()) == sorted(lines_of(path, made, corpus))
        assert counted(validate(corpus.root)) == counted(problems)
        assert [(a, b, c) for a, b, c, _ in read_back(corpus.root)] == [(a, b, c) for a, b, c, _ in expected(made)]
        for check in ("fmt", "--check"), ("fmt",):
            again = corpus.run(*check)
            assert (again.code, again.out) == (0, "")
            assert corpus.files() == after


def lines_of(path: str, made: list[Doc], corpus: Corpus) -> list[bytes]:
    """The lines that a file in the canonical form has, made from the documents of which it holds a part."""
    folder, _, name = path.rpartition("/")
    kind: Kind = "annotation" if folder != "raw" else "record"
    found = {}
    for one in made:
        value = one.record if folder == "raw" else one.annotations.get(folder.rpartition("/")[2])
        if value is not None:
            in_line = folder == "raw" and one.text_is_here and f"raw/{one.doc_id}.txt" not in corpus.files()
            found[one.doc_id] = value, one.text if in_line else None
    if name.endswith(".json"):
        return canonical(found[name.removesuffix(".json")][0], kind, SCHEMA).splitlines()
    ids = [json.loads(line)["doc_id"] for line in unpacked(path, corpus.files()[path]).split(b"\n")[:-1]]
    assert ids == sorted(ids)
    return b"".join(canonical_line(found[i][0], kind, SCHEMA, found[i][1]) for i in ids).splitlines()


def test_fmt_is_atomic(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    for form in BULK:
        written = json.dumps({"text": TEXT, **record(f"d-{form}")}).encode() + b"\n"
        corpus.write(f"raw/b.{form}", packed(form, written))
    before = corpus.files()

    def disk_is_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    for name, crash, code in (("fsync", disk_is_full, 2), ("replace", interrupted, 130), ("chmod", disk_is_full, 2)):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, crash)
            for path in ("raw/alpha.json", *(f"raw/b.{form}" for form in BULK)):
                assert corpus.run("fmt", str(corpus.root / path)).code == code
                assert corpus.files() == before
    assert list(corpus.root.rglob(".*")) == []
    assert corpus.run("fmt").code == 0
    assert corpus.files().keys() == before.keys()
    assert corpus.run("fmt", "--check").code == 0


KILLED = """
import os, signal, sys
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
from corpus.cli.main import main
main(sys.argv[1:])
"""


def test_fmt_that_is_killed_leaves_the_files_as_they_were(corpus: Corpus) -> None:
    before = corpus.files()
    ran = subprocess.run([sys.executable, "-c", KILLED, "--root", str(corpus.root), "fmt"], check=False)
    assert ran.returncode < 0
    assert {path: data for path, data in corpus.files().items() if "/." not in path} == before
    assert corpus.findings() == []


def test_fmt_keeps_mode_bits(corpus: Corpus) -> None:
    (corpus.root / "raw/alpha.json").chmod(0o640)
    (corpus.root / "raw/beta.json").chmod(0o664)
    assert corpus.run("fmt").code == 0
    assert (corpus.root / "raw/alpha.json").stat().st_mode & 0o777 == 0o640
    assert (corpus.root / "raw/beta.json").stat().st_mode & 0o777 == 0o664


@FEW
@given(
    st.lists(st.binary(min_size=1, max_size=12).filter(lambda line: b"\n" not in line and not line.isspace())),
    st.sampled_from(BULK),
    st.booleans(),
)
def test_fmt_keeps_lines_that_it_cannot_read(garbage: list[bytes], form: str, ends: bool) -> None:
    wrong = {**record("c"), "language": 7}
    good = [json.dumps({"text": TEXT, **value}).encode() for value in (record("b"), record("a"), wrong)]
    lines = [*garbage, *good]
    random.Random(len(garbage)).shuffle(lines)
    with emptied() as corpus:
        corpus.write(f"raw/b.{form}", packed(form, b"\n".join(lines) + b"\n" * ends))
        assert corpus.run("fmt").code == 1
        data = unpacked(form, (corpus.root / f"raw/b.{form}").read_bytes())
        kept = data.removesuffix(b"\n").split(b"\n")
        unread = [line for line in lines if line in garbage]
        canonical_lines = [canonical_line(record(doc_id), "record", SCHEMA, TEXT)[:-1] for doc_id in "ab"]
        assert kept == [*unread, *canonical_lines, good[2]]
        assert corpus.run("fmt").out.count("rewrote") == 0


def test_fmt_of_some_paths(corpus: Corpus) -> None:
    before = corpus.files()
    assert corpus.run("fmt", str(corpus.root / "annotations/gold")).code == 0
    changed = {path for path, data in corpus.files().items() if data != before[path]}
    assert changed == {"annotations/gold/alpha.json", "annotations/gold/beta.json"}
    assert corpus.run("fmt", "--check", str(corpus.root / "annotations/gold")).code == 0
    assert corpus.run("fmt", "--check").code == 1
    assert corpus.run("fmt", "--check", str(corpus.root / "raw/none.json")).code == 2
    assert corpus.run("fmt", str(corpus.root.parent)).code == 2


def test_fmt_leaves_what_does_not_fit(corpus: Corpus) -> None:
    value = {**corpus.read("annotations/gold/alpha.json"), "oops": 1}
    corpus.write("annotations/gold/alpha.json", value)
    before = corpus.files()
    ran = corpus.run("fmt")
    assert ran.code == 1
    assert "S203" in ran.out
    assert corpus.files()["annotations/gold/alpha.json"] == before["annotations/gold/alpha.json"]
    assert corpus.files()["annotations/gold/beta.json"] != before["annotations/gold/beta.json"]


def test_numbers_beyond_64_bits_are_left_as_they_are(corpus: Corpus) -> None:
    value = corpus.read("annotations/gold/alpha.json")
    value["mentions"][0]["spans"][0]["end"] = 2**70
    corpus.write("annotations/gold/alpha.json", value)
    corpus.write("annotations/eve/b.jsonl", json.dumps({**value, "annotator": "eve"}) + "\n")
    before = corpus.files()
    ran = corpus.run("fmt")
    assert ran.code == 1
    assert ran.out.count("F120") == 2
    for name in ("annotations/gold/alpha.json", "annotations/eve/b.jsonl"):
        assert corpus.files()[name] == before[name]


@pytest.fixture
def spread(corpus: Corpus) -> Corpus:
    """Six documents, each with one fault, their parts in files of their own and in bulk files."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for i, doc_id in enumerate(("d0", "d1", "d2", "d3")):
        lines.setdefault(f"raw/b{i % 2}.jsonl", []).append({"text": TEXT, **record(doc_id, length=1)})
        lines.setdefault(f"annotations/eve/c{i // 2}.jsonl", []).append(annotation(doc_id, annotator="eve"))
    for path, values in lines.items():
        corpus.write(path, "".join(json.dumps(value) + "\n" for value in values))
    for doc_id in ("alpha", "beta"):
        corpus.write(f"raw/{doc_id}.json", {**corpus.read(f"raw/{doc_id}.json"), "length": 1})
    corpus.write("raw/no.bak", b"")
    corpus.write("annotations/eve/no.bak", b"")
    return corpus


@pytest.mark.parametrize(
    ("paths", "ids"),
    [
        (("raw/alpha.json",), ["alpha"]),
        (("raw/alpha.txt", "annotations/gold/beta.json"), ["alpha", "beta"]),
        (("annotations/gold",), ["alpha", "beta"]),
        (("annotations/gold/",), ["alpha", "beta"]),
        (("annotations/ann-a",), ["alpha"]),
        (("raw/b1.jsonl",), ["d1", "d3"]),
        (("annotations/eve/c1.jsonl",), ["d2", "d3"]),
        (("annotations/eve",), ["", "d0", "d1", "d2", "d3"]),
        (("raw/../raw/b1.jsonl",), ["d1", "d3"]),
        (("raw/no.bak",), [""]),
        (("raw/no.bak", "raw/beta.txt"), ["", "beta"]),
        (("raw",), ["", "alpha", "beta", "d0", "d1", "d2", "d3"]),
        ((".",), ["", "", "alpha", "beta", "d0", "d1", "d2", "d3"]),
        ((), ["", "", "alpha", "beta", "d0", "d1", "d2", "d3"]),
    ],
)
def test_paths_restrict_what_is_validated(spread: Corpus, paths: tuple[str, ...], ids: list[str]) -> None:
    assert [one["doc_id"] for one in spread.findings(*paths)] == ids


def test_paths_that_are_none(corpus: Corpus) -> None:
    corpus.write("raw/notes.md", "notes")
    corpus.write("outside.txt", "x")
    for path in ("raw/none.json", "outside.txt", "..", "raw/notes.md", "schema", "raw/alp", "raw/n\udcff.json"):
        ran = corpus.run("validate", str(corpus.root / path))
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1


def test_a_path_that_is_no_utf8(corpus: Corpus) -> None:
    path = corpus.root / "raw/n\udcff.json"
    path.write_bytes(b"{}")
    assert corpus.codes("raw/n\udcff.json") == {"F107 raw/n\ufffd.json"}


@settings(max_examples=300)
@given(st.binary(max_size=40))
def test_readers_never_raise_on_bytes(data: bytes) -> None:
    for value, faults in (parse_json(data), parse_text(data)):
        assert value is not None or faults or data.strip() == b"null"


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sound annotation with some of its bytes changed."""
    data = bytearray(json.dumps(annotation("alpha"), ensure_ascii=draw(st.booleans())).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 6))
        data[at : at + size] = draw(st.binary(max_size=6) | st.sampled_from(ODD))
    return bytes(data)


ODD = [
    *(b"\\ud800", b"\\u0000", b"1e400", b"-", b"NaN", b"[" * 300, b'"a":1,"a":2,', b"\xef\xbb\xbf", b"\x00", b"12.0"),
    *(b"1" * 5000, b"\n", b"null", b"{}", b"[]", b'"', b"true", b"9" * 30, b'"start": 1, ', b"\xed\xa0\x80"),
]


@settings(max_examples=300)
@given(mutated())
def test_readers_never_raise_on_what_was_json(data: bytes) -> None:
    value, faults = parse_json(data)
    assert value is not None or faults
    if not faults:
        assert value == json.loads(data)


@FEW
@given(mutated() | st.binary(max_size=30), mutated() | st.binary(max_size=30), st.binary(max_size=200))
def test_nothing_raises_on_what_was_a_corpus(one: bytes, other: bytes, text: bytes) -> None:
    with emptied() as corpus:
        corpus.add("beta")
        corpus.write("raw/alpha.json", record("alpha"))
        corpus.write("raw/alpha.txt", text)
        corpus.write("raw/delta.json", one)
        corpus.write("raw/delta.txt", TEXT)
        corpus.write("raw/b.jsonl", other)
        corpus.write("raw/c.jsonl.gz", one)
        for annotator in ANNOTATORS:
            corpus.write(f"annotations/{annotator}/alpha.json", one)
            corpus.write(f"annotations/{annotator}/beta.json", other.replace(b"alpha", b"beta"))
            corpus.write(f"annotations/{annotator}/b.jsonl.zst", packed(".zst", other + b"\n" + one))
        assert corpus.findings()
        assert corpus.run("validate").code == 1
        assert corpus.run("build").code == 1
        kept = corpus.files()
        assert corpus.run("fmt", "--fix").code in (0, 1)
        assert corpus.files().keys() == kept.keys()
        assert corpus.run("validate").code in (0, 1)


def test_the_parts_of_several_documents_are_grouped(corpus: Corpus) -> None:
    """A shard, in any order of its parts, gives what its documents give one by one."""
    corpus.add("gamma", annotators=("gold", "ann-a", "ann-b"))
    with Index(corpus.root) as index, Reader(corpus.root, index.unpacked) as reader:
        entries = [entry for shard in index.shards(64) for entry in shard]
        apart = [document for parts in by_document(entries) for document in reader.documents(parts)]
        together = reader.documents(entries)
        assert [(one.doc_id, one.annotation) for one in together] == [(one.doc_id, one.annotation) for one in apart]
        assert sum(len(one.layer("quotes")) for one in together) == 6
        mixed = reader.documents(sorted(entries, key=lambda entry: entry.path[::-1]))
        assert len(mixed) == len(apart)
        assert all(one.annotation is None or one.annotation.value["doc_id"] == one.doc_id for one in mixed)
    assert reader.documents([]) == []
