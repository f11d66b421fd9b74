"""A small corpus to be damaged, and the command line run on it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from corpus.cli.main import main

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CHECKED = ("validate", "fmt --check")
"""Commands that are run on this repository once in a session; see the fixture `checked`."""
VIEWED = "view --compare gold,ann-a,ann-b"
"""The command that writes the fixture `site`, without `--out`."""
TEXT = "Mayor Åsa Lindqvist spoke 😀.\n“The bridge is safe,” she said.\n"


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Corpus:
    """A corpus in a folder."""

    root: Path

    def run(self, verb: str, *argv: str) -> Ran:
        """Run `corpus VERB ARGV…` on this corpus, in this process."""
        return run("--root", str(self.root), verb, *argv)

    def findings(self, *paths: str) -> list[dict[str, Any]]:
        """What `corpus validate` finds, in the documents of `paths` or in all; not that their characters differ."""
        ran = self.run("validate", "--format", "json", *(str(self.root / path) for path in paths))
        found: list[dict[str, Any]] = json.loads(ran.out)
        assert ran.code == (1 if any(one["severity"] != "info" for one in found) else 0), ran.err
        return [one for one in found if one["code"] != "C638"]

    def codes(self, *paths: str) -> set[str]:
        """What is found, as "CODE file"."""
        return {f"{one['code']} {one['file']}" for one in self.findings(*paths)}

    def write(self, path: str, content: bytes | str | Mapping[str, Any]) -> Path:
        """Write a file: bytes, a string, or a value as JSON."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Mapping):
            content = json.dumps(content)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def add(self, doc_id: str, text: str = TEXT, annotators: tuple[str, ...] = ("gold",), **changed: Any) -> None:
        """Write a document in files of its own; `changed` are other values of its record."""
        self.write(f"raw/{doc_id}.json", record(doc_id, text, **changed))
        if record(doc_id, text, **changed)["redistribution"] == "full":
            self.write(f"raw/{doc_id}.txt", text)
        for annotator in annotators:
            self.write(f"annotations/{annotator}/{doc_id}.json", annotation(doc_id, text, annotator))

    def read(self, path: str) -> Any:
        """The value of a JSON file."""
        return json.loads((self.root / path).read_bytes())

    def files(self) -> dict[str, bytes]:
        """The bytes of every regular file of raw/ and annotations/, and of what links lead to."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes() if path.stat().st_size < 2**26 else b""
            for folder in ("raw", "annotations")
            for path in (self.root / folder).rglob("*")
            if path.is_file()
        }


def run(*argv: str) -> Ran:
    """Run `corpus ARGV…` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(argv)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


def tiny(root: Path) -> Corpus:
    """A corpus of two articles and no fault."""
    shutil.copytree(REPOSITORY / "schema", root / "schema")
    (root / "annotations").mkdir()
    corpus = Corpus(root)
    corpus.add("alpha", annotators=("gold", "ann-a"))
    corpus.add("beta", TEXT.replace("safe", "not safe"))
    return corpus


def record(doc_id: str, text: str = TEXT, **changed: Any) -> dict[str, Any]:
    """The record of an article."""
    return {
        "doc_id": doc_id,
        "title": None,
        "language": "en",
        "license": "CC-BY-4.0",
        "redistribution": "full",
        "text_sha256": sha256(text.encode()).hexdigest(),
        "length": len(text),
        "split": "train",
        **changed,
    }


def annotation(doc_id: str, text: str = TEXT, annotator: str = "gold", **changed: Any) -> dict[str, Any]:
    """An annotation of an article: its words in “…” are a quote of the one person it names."""
    quoted = text[text.index("“") + 1 : text.index("”")]
    return {
        "doc_id": doc_id,
        "schema_version": "1.0",
        "text_sha256": sha256(text.encode()).hexdigest(),
        "annotator": annotator,
        "layers_done": ["entities", "mentions", "quotes"],
        "entities": [{"id": "e1", "type": "PER", "name": "Åsa Lindqvist", "kb": None, "kb_date": None}],
        "mentions": [
            {"id": "m1", "spans": [span(text, "Åsa Lindqvist")], "form": "NAM", "entity": "e1"},
            {"id": "m2", "spans": [span(text, "she")], "form": "PRO", "entity": "e1"},
        ],
        "quotes": [
            {
                "id": "q1",
                "content": [span(text, quoted)],
                "cue": [span(text, "said")],
                "source": ["m2"],
                "speaker": "e1",
                "addressee": None,
                "type": "direct",
                "medium": "speech",
                "attribution": "anaphoric",
                "speaker_kind": "named",
                "polarity": "asserted",
                "parent": None,
                "continues_paragraph": False,
            }
        ],
        **changed,
    }


def span(text: str, words: str) -> dict[str, Any]:
    """The span of the first place where the words stand."""
    start = text.index(words)
    return {"start": start, "end": start + len(words), "text": words}
