"""Round trips: what is read again is what the format can hold, and an invalid file is reported.

A format of `FORMATS` is tested here by being there. A reader alone needs a line in SOURCES.
"""

from __future__ import annotations

import importlib
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import Corpus, run, tiny
from support.exchange import EXAMPLES, FEW, SAID, SCHEMA, annotations, has_words, imported, quarantined, sound, written
from support.strategies import Doc, corpora

from corpus.core.model import Annotation, Article, Document, Source
from corpus.formats import FORMATS, Format
from corpus.formats.documents import LeftOut, Options
from corpus.formats.exporting import export

BOTH = [name for name, of in FORMATS.items() if of.writes and of.reads]
SOURCES = {"webanno-tsv": "webanno", "uima-xmi": "uima"}
"""Formats that are read only, and where in tests/formats/examples/ files of them lie."""
LOOKED_UP = "2026-01-01"
WRITES = [name for name, of in FORMATS.items() if of.writes]


def carried(name: str, root: Path) -> tuple[dict[str, dict[str, Any]], LeftOut]:
    """Return each annotation of a corpus as a format can hold it, and what was dropped."""
    left: LeftOut = Counter()
    found = {}
    for path, value in annotations(root).items():
        doc_id = value["doc_id"]
        text = (root / f"raw/{doc_id}.txt").read_bytes().decode()
        of_article = json.loads((root / f"raw/{doc_id}.json").read_bytes())
        annotation = Annotation(value["annotator"], value, Source(path, "annotation", value=value))
        article = Article(doc_id, of_article, text, (Source("", "record"),))
        layers = FORMATS[name].carry(Document(doc_id, article, annotation), SCHEMA, left)
        if layers is None:
            continue
        kept = {key: value[key] for key in ("doc_id", "schema_version", "text_sha256", "annotator")}
        found[path] = {**kept, "layers_done": [layer for layer in SCHEMA.layers if layer in layers], **layers}
        # A format that says itself what was done is asked for nothing more.
        if "layers_done" not in layers and (fields := fields_there(layers)):
            found[path] |= {"fields_done": fields, "schema_version": "1.1"}
    return found, left


def fields_there(layers: dict[str, Any]) -> dict[str, list[str]]:
    """Return the fields of each layer in which no record has a field that the schema requires where it was done."""
    found = {}
    for layer, records in layers.items():
        items = SCHEMA.annotation["properties"][layer]["items"]
        used = {name for record in records for name in record}
        if records and not used.issuperset(items["requiredIfDone"]):
            found[layer] = [name for name in items["properties"] if name in used and name != "id"]
    return found


@pytest.mark.parametrize("of", FORMATS.values(), ids=FORMATS)
def test_a_module_has_what_its_registry_line_says(of: Format) -> None:
    module = importlib.import_module(f"corpus.formats.{of.module}")
    assert of.reads == hasattr(module, "read")
    assert of.writes == hasattr(module, "carry") == hasattr(module, "write")
    assert of.layers == module.LAYERS
    assert of.leaves_out == module.LEAVES_OUT
    assert ("import" in of.directions, "export" in of.directions) == (of.reads, of.writes)


def test_the_registry_imports_no_format() -> None:
    code = "import sys, corpus.formats; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    # `import corpus` itself loads the finder of the old paths, and its package.
    used = ["corpus", "corpus.core", "corpus.core.old_paths", "corpus.formats"]
    assert [name for name in loaded if name.startswith("corpus")] == used
    assert {"numpy", "pyarrow", "spacy", "cassis"}.isdisjoint(loaded)


@pytest.mark.parametrize("name", BOTH)
@settings(FEW)
@given(docs=corpora(SCHEMA, least=1))
def test_what_was_written_is_read_again(name: str, docs: list[Doc], tmp_path: Path) -> None:
    docs = [Doc(doc.doc_id, doc.text, {**doc.record, "redistribution": "full"}, doc.annotations) for doc in docs]
    docs = [doc for doc in docs if doc.annotations and all(map(has_words, doc.annotations.values()))]
    corpus = written(tmp_path / "corpus", docs)
    expected, left = carried(name, corpus.root)
    some = len(expected) == len(annotations(corpus.root))
    valid = sound(corpus) & expected.keys()
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    if not valid:
        return
    annotators = ("gold", "ann-a", "eve_2")
    count, counted = export(corpus.root, FORMATS[name], out, annotators=annotators)
    assert count == len(valid)
    if some and len(valid) == len(expected):
        assert +left == {key: counted[key] for key in +left}
    problems, _ = imported(name, out, tmp_path / "again", kb_date=LOOKED_UP)
    assert problems == []
    for value in expected.values():
        for entity in value.get("entities", ()):
            if entity.get("kb") is not None and entity.get("kb_date") is None:
                entity["kb_date"] = LOOKED_UP
    assert shown(annotations(tmp_path / "again")) == shown({path: expected[path] for path in valid})
    for path in valid:
        doc_id = Path(path).stem
        text = (corpus.root / f"raw/{doc_id}.txt").read_bytes()
        assert (tmp_path / f"again/raw/{doc_id}.txt").read_bytes() == text
    assert (tmp_path / "again/schema/annotation.schema.json").read_bytes() == relaxed(expected, valid)


def shown(values: dict[str, dict[str, Any]]) -> str:
    """The values in a form whose difference can be read."""
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False)


def relaxed(values: dict[str, dict[str, Any]], paths: set[str]) -> bytes:
    """The schema as an import writes it: what only some records of one of these annotations lack is not required."""
    schema = json.loads(json.dumps(SCHEMA.annotation))
    for layer in SCHEMA.layers:
        files = [values[path].get(layer, ()) for path in paths]
        items = schema["properties"][layer]["items"]
        items["requiredIfDone"] = [
            name for name in items["requiredIfDone"] if all(len({name in one for one in of}) < 2 for of in files)
        ]
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()


@pytest.mark.parametrize("name", BOTH)
def test_an_import_gives_only_true_findings(name: str, tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    assert corpus.run("export", name, str(tmp_path / "out")).code == 0
    assert imported(name, tmp_path / "out", tmp_path / "again")[0] == []
    assert Corpus(tmp_path / "again").findings() == []
    assert Corpus(tmp_path / "again").run("build").code == 0


@pytest.mark.parametrize("name", WRITES)
def test_the_same_corpus_is_the_same_bytes(name: str, tmp_path: Path) -> None:
    corpus = tiny(tmp_path / "corpus")
    for out in ("one", "two"):
        assert corpus.run("export", name, str(tmp_path / out)).code == 0
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Bytes that were cut short, changed, moved or put into another encoding."""
    at, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    other = rng.randrange(len(data) + 1)
    lines = data.split(b"\n")
    match rng.randrange(9):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[min(end, at + rng.choice((1, 3, 80))) :]
        case 2:
            return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        case 3:
            return data[:other] + data[at:end] + data[other:]
        case 4:
            return "\n".join(rng.sample(data.decode(errors="replace").split("\n"), len(lines))).encode()
        case 5:
            return data.decode(errors="replace").encode(rng.choice(("utf-16", "utf-8-sig", "latin-1")), "replace")
        case 6:
            return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"")))
        case 7:
            one, two = rng.choice(b"0123456789\t :;"), rng.choice(b"0123456789\t :;")
            return data.replace(bytes([one]), bytes([two]), rng.choice((1, 5, 1000)))
        case _:
            return data[:at] + rng.choice((b"\x00", b"\xff", b"\t", b"\n", b"../../x", b"99999999999")) + data[at:]


def sources(name: str, folder: Path) -> Path:
    """Files of a format to be damaged: what its writer writes of a small corpus, or those of SOURCES."""
    if name in SOURCES:
        return EXAMPLES / SOURCES[name]
    corpus = tiny(folder / "corpus")
    assert corpus.run("export", name, str(folder / "whole"), "--annotator", "gold", "--annotator", "ann-a").code == 0
    return folder / "whole"


@pytest.mark.parametrize("name", [*BOTH, *SOURCES])
def test_damaged_files_are_reported_or_read(name: str, tmp_path: Path) -> None:
    whole = sources(name, tmp_path)

    @settings(FEW, max_examples=10)
    @given(rng=st.randoms(use_true_random=False))
    def some(rng: random.Random) -> None:
        source, into = tmp_path / "source", tmp_path / "into"
        shutil.rmtree(source, ignore_errors=True)
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(whole, source)
        for path in rng.sample(paths := sorted(p for p in source.rglob("*") if p.is_file()), min(2, len(paths))):
            path.write_bytes(damaged(path.read_bytes(), rng))
        held(name, source, into)

    some()


def held(name: str, source: Path, into: Path) -> None:
    """Assert that an import exits cleanly, prints a line for each finding, and writes spans that match the text."""
    said = [f"--record={key}={value}" for key, value in SAID.items()]
    ran = run("import", name, str(source), "--into", str(into), *said)
    assert ran.code in (0, 1, 2)
    assert "Traceback" not in ran.err
    assert ran.code != 2 or (ran.err.startswith("corpus: ") and ran.err.count("\n") == 1), ran.err
    assert all(line.replace("\u202d", "").replace("\u202c", "").isprintable() for line in ran.out.splitlines())
    assert {path.name for path in into.parent.iterdir()} <= {"corpus", "whole", "source", "into"}
    if not (into / "annotations").is_dir():
        return
    for path in (into / "annotations").rglob("*.json"):
        value = json.loads(path.read_bytes())
        text = (into / f"raw/{value['doc_id']}.txt").read_bytes().decode()
        for spans in (one for layer in SCHEMA.layers for r in value.get(layer, ()) for one in r.values()):
            for span in spans if isinstance(spans, list) else ():
                if isinstance(span, dict):
                    assert text[span["start"] : span["end"]] == span["text"] != ""
    found = Corpus(into).findings()
    broken = [one for one in found if one["severity"] == "error" and one["code"][1] in "1234"]
    assert [one for one in broken if one["code"] not in TRUE_OF_DAMAGE] == []


TRUE_OF_DAMAGE = {"F111", "P311", "P312", "P313", "R404"}
"""What damage may truly be: control characters, spans out of order, overlapping or in a character, a cycle."""


REPORT_1 = "report-1-f65fdb50"


def test_a_map_reads_a_collection_of_others(tmp_path: Path) -> None:
    root = tmp_path / "new"
    ran = run("import", "brat", f"{EXAMPLES}/attribution", f"--map={EXAMPLES}/attribution.toml", "--into", str(root))
    assert ran.code == 1
    assert [line.split(": error ")[0].rpartition("/")[2] for line in ran.out.splitlines() if ": error" in line] == [
        "report 1.novak.ann:2:1",
        "report 1.novak.ann:3:1",
    ]
    assert "dropped 1 annotation of type Place: the map has no such rule: add [types.Place]" in ran.err
    assert list(annotations(root)) == [f"meier/{REPORT_1}.json"]
    meier = annotations(root)[f"meier/{REPORT_1}.json"]
    assert [(one["spans"][0]["text"], one["entity"]) for one in meier["mentions"]] == [
        ("Ada Kuhn", "e1"),
        ("She", "e1"),
    ]
    (quote,) = meier["quotes"]
    assert (quote["content"][0]["text"], quote["cue"][0]["text"]) == ("that the bridge is safe", "said")
    assert (quote["source"], quote["type"], quote["polarity"]) == (["m1"], "indirect", "asserted")
    assert [one["name"] for one in quarantined(root)[f"{REPORT_1}/novak.json"]["entities"]] == ["Ada Kuhn"]
    assert json.loads((root / f"raw/{REPORT_1}.json").read_bytes())["imported_from"] == "report 1"
    assert Corpus(root).findings() == []


def test_columns_of_others_become_a_text(tmp_path: Path) -> None:
    root = tmp_path / "new"
    ran = run("import", "conll", f"{EXAMPLES}/columns", f"--map={EXAMPLES}/columns.toml", "--into", str(root))
    assert (ran.code, ran.out.count("\n")) == (1, 1)
    assert "news.conll:9:1: error IMP2" in ran.out
    assert (root / "raw/news-1.txt").read_text("utf-8") == "Ada Kuhn left Oslo\nShe #"
    assert annotations(root) == {}
    entities = quarantined(root)["news-1/gold.json"]["entities"]
    assert [(one["type"], one["name"]) for one in entities] == [("PER", "Ada Kuhn"), ("GPE", "Oslo")]
    assert Corpus(root).findings() == []


BRAT = {"doc.txt": "Ada said\r\nno 😀 end.\n"}


@pytest.mark.parametrize(
    ("line", "codes", "texts"),
    [
        ("T1\tPER 0 3\tAda", [], ["Ada"]),
        ("T1\tPER 0 3;4 8\tAda said", [], ["Ada", "said"]),
        ("T1\tPER 4 8;10 12\tsaid no", [], ["said\r\nno"]),
        ("T1\tPER 4 12\tsaid no", [], ["said\r\nno"]),
        ("T1\tPER 13 14\t😀", [], ["😀"]),
        ("T1\tPER 14 15\t😀", ["IMP3"], []),
        ("T1\tPER 0 4\tAda", ["IMP3"], []),
        ("T1\tPER 3 3\t", ["IMP3"], []),
        ("T1\tPER 0 99\tAda", ["IMP3"], []),
        ("T1\tPER 0 3", ["IMP2"], []),
        ("T1 PER 0 3 Ada", ["IMP2"], []),
        ("\ufeffT1\tPER 0 3\tAda\r", [], ["Ada"]),
        ("T1\tPER 0 3\tAda\nT1\tPER 4 8\tsaid", ["IMP4"], ["Ada"]),
        ("T1\tPER 0 3\tAda\n*\tCoref T1 T7", ["IMP5"], ["Ada"]),
        ("T1\tPER 0 3\tAda\nA1\tform T1 XXX", ["IMP2"], ["Ada"]),
        ("T1\tPER 0 3\tAda\nE1\tquotes:T9 source:T1", ["IMP5"], ["Ada"]),
    ],
)
def test_lines_of_brat(line: str, codes: list[str], texts: list[str], tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/doc.txt").write_bytes(BRAT["doc.txt"].encode())
    (tmp_path / "source/doc.ann").write_bytes(f"{line}\n".encode())
    problems, _ = imported("brat", tmp_path / "source", tmp_path / "new")
    assert [one.code for one in problems] == codes
    assert all(one.line == 1 + line.count("\n") for one in problems)
    assert not (annotations(tmp_path / "new") and codes)
    (made,) = (quarantined if codes else annotations)(tmp_path / "new").values()
    assert [span["text"] for one in made.get("mentions", ()) for span in one["spans"]] == texts
    assert (tmp_path / "new/raw/doc.txt").read_bytes().decode() == BRAT["doc.txt"]


def test_files_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "secret.txt").write_text("Secret")
    (source / "link.txt").symlink_to(tmp_path / "secret.txt")
    (source / "alone.ann").write_text("")
    (source / "bom.txt").write_bytes(b"\xef\xbb\xbfText")
    (source / "latin.txt").write_bytes(b"\xfc")
    (source / "large.txt").write_bytes(b"x" * (16 * 2**20 + 1))
    (source / "Ünsafe name?.txt").write_text("Text")
    problems, _ = imported("brat", source, tmp_path / "new")
    assert [one.code for one in problems] == ["IMP1"] * 5
    assert [path.name for path in (tmp_path / "new/raw").glob("*.txt")] == ["Unsafe-name-2e8008df.txt"]


def test_what_may_not_be_passed_on_is_quoted_nowhere(tmp_path: Path) -> None:
    options = Options(record={**SAID, "redistribution": "offsets_only"})
    (tmp_path / "doc.txt").write_text("Ada said")
    (tmp_path / "doc.ann").write_text("T1\tPER 0 3\tAda\nA1\tform T1 NAM\n")
    assert list(FORMATS["brat"].read(tmp_path / "doc.ann", tmp_path / "new", options)) == []
    assert (tmp_path / "new/raw/attached/doc.txt").read_text() == "Ada said"
    assert annotations(tmp_path / "new")["gold/doc.json"]["mentions"][0]["spans"] == [{"start": 0, "end": 3}]
    ran = Corpus(tmp_path / "new").run("export", "brat", str(tmp_path / "out"))
    assert (ran.code, (tmp_path / "out").exists()) == (2, False)


@pytest.mark.parametrize(
    "toml",
    [
        "records = 1",
        "records.doc = 1",
        "record = 1",
        "types = 1",
        "types.P = 1",
        'types.P = {layer = ["mentions"]}',
        'types.P = {layer = "mentions", entity = ["PER"]}',
        'types.P = {layer = "mentions", words = {}}',
        'types.P = {layer = "quotes", roles = 1}',
        'types.P = {layer = "quotes", roles = {A = []}}',
        'types.P = {layer = "quotes", notes = {A = [1]}}',
        'types.P = {layer = "quotes", set = []}',
        'types.P = {layer = "quotes", attributes = {A = 1}}',
        'types.P = {layer = "quotes", attributes = {A = {field = "type", values = {a = []}}}}',
        "relations = []",
        "relations.R = {of = 1, field = 2}",
        "chains = 1",
        "chains = [1]",
        "files = [1]",
        'files = "x"',
    ],
)
def test_a_map_that_is_invalid_is_reported(tmp_path: Path, toml: str) -> None:
    (tmp_path / "doc.txt").write_text("Ada")
    (tmp_path / "doc.ann").write_text("T1\tP 0 3\tAda\n")
    (tmp_path / "map.toml").write_text(toml + "\n")
    said = [f"--record={name}={value}" for name, value in SAID.items()]
    ran = run(
        "import",
        "brat",
        str(tmp_path / "doc.ann"),
        "--into",
        str(tmp_path / "new"),
        f"--map={tmp_path}/map.toml",
        *said,
    )
    assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
    assert not (tmp_path / "new").exists()


def test_a_mistake_of_the_user_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_text("Text")
    (tmp_path / "map.toml").write_text('[types.Person]\nlayer = "mention"\n')
    for said, expected in (
        ((), "doc has no language, license, redistribution: add --record language=…"),
        (("--record=language=English",), "article record: language"),
        (("--record=lang=en",), "article records have no field lang"),
        (("--layer=x",), "unknown layer x"),
        ((f"--map={tmp_path}/map.toml",), "map: types.Person must have a layer"),
        ((f"--map={tmp_path}/none.toml",), "no such file"),
    ):
        ran = run("import", "brat", str(tmp_path / "doc.txt"), "--into", str(tmp_path / "new"), *said)
        assert (ran.code, expected in ran.err, ran.err.count("\n")) == (2, True, 1), ran.err
        assert not (tmp_path / "new").exists()
