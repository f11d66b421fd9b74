"""Very large input: time, memory and temporary files are bounded."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import zstandard
from support.corpora import TEXT, Corpus, annotation, run
from support.hostile import (
    GOLD,
    article,
    bulk,
    with_zulu,
)

from corpus.cli.validate import SHOWN


@pytest.fixture
def corpus(corpus: Corpus) -> Corpus:
    """Two valid articles, and `zulu`."""
    return with_zulu(corpus)


MEASURED = """
import sys
from corpus.cli.main import main
code = main(sys.argv[1:])
sys.stdout.flush()
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


HANGS = 10
"""A command that takes this many times the CPU seconds it may take is hung, however busy the machine is."""


def measured(
    corpus: Corpus, verb: str, *argv: str, seconds: int = 30
) -> tuple[subprocess.CompletedProcess[bytes], float, float]:
    """Run a command in a process of its own; return its result, its CPU seconds, and its peak of memory in MiB.

    It must take less than `seconds` of CPU: a limit on the clock would ask about the machine's other work.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of memory is read from /proc")
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", MEASURED, "--root", str(corpus.root), verb, *argv]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=HANGS * seconds)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert b"Traceback" not in ran.stderr, ran.stderr.decode()
    assert taken < seconds
    return ran, taken, int(ran.stderr.split()[-1]) / 1024


def lines(ran: subprocess.CompletedProcess[bytes], code: str) -> int:
    return ran.stdout.count(f" error {code} ".encode())


def test_gigabytes(corpus: Corpus) -> None:
    """The files are all hole, so that they take no room on the disk; what is read of them are zeros."""
    for path in ("raw/alpha.txt", "raw/beta.json", "annotations/gold/alpha.json"):
        hole(corpus, path, 2**31)
    for path in ("raw/large.jsonl", "annotations/eve/large.jsonl"):
        hole(corpus, path, 2**28)
    packed = zstandard.ZstdCompressor().compress(bytes(2**24))
    corpus.write("raw/bomb.jsonl.zst", packed * 65)
    ran, taken, peak = measured(corpus, "validate")
    print(f"three files of 2 GiB, two of 256 MiB and a bomb: {taken:.1f} s of CPU, {peak:.0f} MiB")
    assert ran.returncode == 1
    assert lines(ran, "F109") == 6
    assert lines(ran, "P307") == 1
    assert peak < 250


def hole(corpus: Corpus, path: str, size: int) -> None:
    """A file of so many zeros."""
    file = corpus.root / path
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as out:
        out.truncate(size)


def faulty(number: int) -> dict[str, Any]:
    """An annotation with so many wrong spans."""
    value = annotation("alpha")
    value["mentions"] += [
        {"id": f"x{i}", "spans": [{"start": i % 40, "end": i % 40 + 3, "text": "xyz"}], "form": "PRO", "entity": "e1"}
        for i in range(number)
    ]
    return value


def dangling(number: int) -> dict[str, Any]:
    """An annotation with so many references to nothing, which have no cause in common."""
    value = annotation("alpha")
    word = {"start": 0, "end": 5, "text": TEXT[:5]}
    value["mentions"] += [{"id": f"x{i}", "spans": [word], "form": "PRO", "entity": f"y{i}"} for i in range(number)]
    return value


def misspelt(number: int, field: str) -> dict[str, Any]:
    """An annotation with so many fields that the schema does not know."""
    value = annotation("alpha")
    value["mentions"] += [
        {"id": f"x{i}", field.format(i): [], "form": "PRO", "entity": "e1", "spans": [{"start": 0, "end": 1}]}
        for i in range(number)
    ]
    return value


def many(corpus: Corpus, documents: int, references: int) -> None:
    """So many documents in bulk form with so many references to nothing each."""
    (corpus.root / "annotations/eve").mkdir()
    line = json.dumps({**dangling(references), "annotator": "eve"}) + "\n"
    raw = json.dumps(article("alpha")) + "\n"
    with open(corpus.root / "raw/b.jsonl", "w") as articles, open(corpus.root / "annotations/eve/b.jsonl", "w") as out:
        for i in range(documents):
            articles.write(raw.replace("alpha", f"d{i:07}", 1))
            out.write(line.replace("alpha", f"d{i:07}", 1))


@pytest.mark.parametrize(
    ("number", "memory", "seconds"),
    [(12_000, 300, 30), pytest.param(100_000, 1500, 300, marks=pytest.mark.slow)],
)
def test_one_document_with_very_many_findings(corpus: Corpus, number: int, memory: int, seconds: int) -> None:
    corpus.write(GOLD, json.dumps(faulty(number), separators=(",", ":")))
    ran, taken, peak = measured(corpus, "validate", seconds=seconds)
    print(f"{number:,} wrong spans in one document: {taken:.1f} s of CPU, {peak:.0f} MiB")
    assert ran.returncode == 1
    assert lines(ran, "P307") == number + 1
    assert peak < memory


@pytest.mark.parametrize(
    ("number", "memory", "seconds"),
    [
        (12_000, 300, 30),
        pytest.param(40_000, 400, 60, marks=pytest.mark.slow),
        pytest.param(80_000, 1500, 300, marks=pytest.mark.slow),
    ],
)
def test_one_document_with_very_many_unknown_fields(corpus: Corpus, number: int, memory: int, seconds: int) -> None:
    corpus.write(GOLD, json.dumps(misspelt(number, "sapns"), separators=(",", ":")))
    ran, taken, peak = measured(corpus, "validate", "--format", "json", seconds=seconds)
    print(f"{number:,} unknown fields in one document: {taken:.1f} s of CPU, {peak:.0f} MiB")
    assert ran.returncode == 1
    (found,) = unknown_fields(json.loads(ran.stdout))
    assert found["message"].endswith('10,000 times or more at /mentions/*/sapns; the first: "sapns"')
    assert peak < memory


@pytest.mark.parametrize("number", [50, 51])
def test_the_last_listed_unknown_field_says_that_there_are_more(
    corpus: Corpus, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("corpus.checks.derived"), "_MOST", 50)
    corpus.write(GOLD, misspelt(number, "sapns{}"))
    found = unknown_fields(corpus.findings())
    assert [one["message"].endswith("; there are more") for one in found] == [False] * 49 + [number > 50]


def unknown_fields(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the findings of S203; there is nothing else than the unquoted words."""
    assert [one["code"] for one in found if one["code"] != "S203"] == ["P307"]
    return [one for one in found if one["code"] == "S203"]


@pytest.mark.parametrize(
    ("documents", "memory", "seconds"),
    [(120, 300, 30), pytest.param(10_000, 400, 900, marks=pytest.mark.slow)],
)
def test_many_documents_with_many_findings(corpus: Corpus, documents: int, memory: int, seconds: int) -> None:
    many(corpus, documents, 100)
    ran, taken, peak = measured(corpus, "validate", "--workers", "1", seconds=seconds)
    print(f"{documents * 100:,} dangling references in {documents:,} documents: {taken:.1f} s of CPU, {peak:.0f} MiB")
    assert ran.returncode == 1
    assert lines(ran, "R402") == min(documents * 100, SHOWN)
    assert lines(ran, "F109") == (documents * 100 > SHOWN)
    assert peak < memory


@pytest.mark.slow
@pytest.mark.parametrize("path", ["raw/b.jsonl", "annotations/eve/b.jsonl"])
def test_a_line_of_two_gigabytes(corpus: Corpus, path: str) -> None:
    hole(corpus, path, 2**31)
    ran, _, peak = measured(corpus, "validate")
    assert ran.returncode == 1
    assert lines(ran, "F109") == 1
    assert peak < 250


def test_parts_without_an_id_are_read_one_by_one(corpus: Corpus) -> None:
    with open(corpus.root / "raw/b.jsonl", "w") as out:
        for i in range(150):
            out.write(json.dumps({"title": f"{i}" + "x" * 2**20}) + "\n")
    ran, _, peak = measured(corpus, "validate")
    assert lines(ran, "F105") == 150
    assert peak < 250


def test_the_same_document_again_and_again_is_not_read(corpus: Corpus) -> None:
    with open(corpus.root / "raw/b.jsonl", "w") as out:
        for _ in range(150):
            out.write(json.dumps(article("delta", title="x" * 2**20)) + "\n")
    ran, _, peak = measured(corpus, "validate")
    assert lines(ran, "F114") == 149
    assert peak < 250


def test_long_strings_are_walked_without_memory(corpus: Corpus) -> None:
    value = corpus.read(GOLD)
    value = {"provenance": {"note": "x\\n" * 2_500_000, "tool": "y" * 5_000_000}, **value}
    value["mentions"][0]["spans"][0]["text"] = "wrong"
    corpus.write(GOLD, value)
    ran, _, peak = measured(corpus, "validate")
    assert lines(ran, "P307") == 2
    assert peak < 600


def test_nothing_is_left_in_the_temporary_folder(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr("corpus.pipeline.spool._KEPT", 100)
    corpus.write(GOLD, json.dumps(dangling(350)))
    bulk("raw/b.jsonl.gz", article("delta"))(corpus)
    for verb in ("validate", "fmt", "build"):
        assert corpus.run(verb).code in (0, 1)
        assert list(temporary.iterdir()) == []
    assert run("--root", str(corpus.root), "validate", "--format", "json").out.count('"R402"') == 350
