"""Spans of each format select the same words in four scripts, and beside emoji. CoNLL and spaCy: `test_conll`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.exchange import EXAMPLES, FEW, annotations, imported

NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
NER = "http:///de/tudarmstadt/ukp/dkpro/core/api/ner/type.ecore"
EMOJI = ("😀", "👩\u200d👧", "👍🏽", "🇩🇪", "𝒜")
SCRIPTS = {
    "latin": ("Åsa", "Zürich", "naïve", "e\u0301tude", "được", "«Ærø»"),
    "cyrillic": ("Анна", "Ковалёва", "сказала", "и\u0306", "п’ять", "—"),
    "arabic": ("قال", "أحمد", "السَّلام", "القاهرة", "؟", "٢٠٢٦"),
    "han": ("马一静", "北京", "说", "𠮷野", "「", "。"),
}
PER = {"types": {"PER": {"layer": "mentions", "entity": "PER"}}}
Pair = tuple[int, int]
Pairs = list[Pair]
Said = dict[str, Any]


@st.composite
def marked(draw: st.DrawFn, script: str) -> tuple[str, Pairs, Pairs]:
    """A text, where its words are, and which of them are marked."""
    words = draw(st.lists(st.sampled_from((*SCRIPTS[script], *EMOJI)), min_size=3, max_size=12))
    text, tokens = "", []
    for word in words:
        tokens.append((len(text), len(text) + len(word)))
        text += word + ("" if script == "han" else " ")
    chosen = draw(st.lists(st.sampled_from(range(len(words))), min_size=1, max_size=4, unique=True))
    return text.strip(), tokens, [tokens[i] for i in sorted(chosen)]


def units(text: str, at: int) -> int:
    """An offset in UTF-16 code units."""
    return len(text[:at].encode("utf-16-le")) // 2


def brat(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    lines = [f"T{i}\tPER {start} {end}\t{text[start:end]}\n" for i, (start, end) in enumerate(pairs, 1)]
    (folder / "doc.txt").write_text(text, "utf-8")
    (folder / "doc.ann").write_text("".join(lines), "utf-8")
    return PER


def webanno_tsv(text: str, tokens: Pairs, pairs: Pairs, folder: Path) -> Said:
    rows = ""
    for i, (start, end) in enumerate(tokens, 1):
        cell = "PER" if (start, end) in pairs else "_"
        rows += f"1-{i}\t{units(text, start)}-{units(text, end)}\t{text[start:end]}\t{cell}\t\n"
    head = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED}|value\n\n\n#Text={text}\n"
    (folder / "doc.tsv").write_text(head + rows, "utf-8")
    return {}


def uima_xmi(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    named = "".join(
        f'<n:NamedEntity xmi:id="{i}" sofa="1" begin="{units(text, start)}" end="{units(text, end)}" value="PER"/>'
        for i, (start, end) in enumerate(pairs, 2)
    )
    members = " ".join(map(str, range(2, len(pairs) + 2)))
    (folder / "TypeSystem.xml").write_bytes((EXAMPLES / "uima/TypeSystem.xml").read_bytes())
    (folder / "doc.xmi").write_text(
        f'<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" xmlns:n="{NER}" '
        f'xmi:version="2.0"><cas:NULL xmi:id="0"/>{named}<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" '
        f'mimeType="text/plain" sofaString={quoteattr(text)}/><cas:View sofa="1" members="{members}"/></xmi:XMI>',
        "utf-8",
    )
    return {}


def uima_json(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    sofa = {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": text}
    named = [
        {"%ID": i, "@sofa": 1, "%TYPE": NAMED, "begin": units(text, start), "end": units(text, end), "value": "PER"}
        for i, (start, end) in enumerate(pairs, 2)
    ]
    views = {"_InitialView": {"%SOFA": 1, "%MEMBERS": [one["%ID"] for one in named]}}
    value = {"%TYPES": {}, "%FEATURE_STRUCTURES": [sofa, *named], "%VIEWS": views}
    (folder / "doc.json").write_text(json.dumps(value), "utf-8")
    return {}


def citron(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    group = [{"start": start, "end": end, "text": text[start:end]} for start, end in pairs]
    value = {"text": text, "quotes": [], "coreference_groups": [group]}
    (folder / "doc.json").write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return {}


def label_studio(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    result = [
        {
            "value": {"start": start, "end": end, "text": text[start:end], "labels": ["PER"]},
            "id": f"r{start}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
        }
        for start, end in pairs
    ]
    task = {"id": 9, "data": {"text": text}, "annotations": [{"id": 1, "completed_by": 1, "result": result}]}
    (folder / "export.json").write_text(json.dumps([task]), "utf-8")
    return PER


def prodigy(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    spans = [{"start": start, "end": end, "label": "PER", "text": text[start:end]} for start, end in pairs]
    value = {"text": text, "_input_hash": 11, "spans": spans, "answer": "accept"}
    (folder / "all.jsonl").write_text(json.dumps(value), "utf-8")
    return PER


def doccano(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    value = {"id": 1, "text": text, "label": [[start, end, "PER"] for start, end in pairs]}
    (folder / "all.jsonl").write_text(json.dumps(value), "utf-8")
    return PER


def jsonl(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    value = {"text": text, "ents": [[start, end, "PER"] for start, end in pairs]}
    (folder / "all.jsonl").write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return {"columns": {"text": "text"}, "spans": {"key": "ents"}, **PER}


def rows(text: str, _: Pairs, pairs: Pairs, folder: Path) -> Said:
    with (folder / "all.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "b", "e"), *((text, start, end) for start, end in pairs)])
    return {"columns": {"text": "text"}, "layers": {"mentions": {"columns": {"spans": ["b", "e"]}}}}


FORMATS: dict[str, Callable[[str, Pairs, Pairs, Path], Said]] = {
    "brat": brat,
    "webanno-tsv": webanno_tsv,
    "uima-xmi": uima_xmi,
    "uima-json": uima_json,
    "citron": citron,
    "label-studio": label_studio,
    "prodigy": prodigy,
    "doccano": doccano,
    "jsonl": jsonl,
    "csv": rows,
}


def mentions(root: Path) -> Pairs:
    """The spans of the mentions of the only annotation, in a file of its own or a line of a bulk file."""
    values = list(annotations(root).values()) + [
        json.loads(line) for path in (root / "annotations").rglob("*.jsonl") for line in path.read_bytes().splitlines()
    ]
    (value,) = values
    return sorted((span["start"], span["end"]) for one in value["mentions"] for span in one["spans"])


def texts(root: Path) -> list[str]:
    return [path.read_text("utf-8") for path in root.glob("raw/*.txt")] + [
        json.loads(line)["text"] for path in root.glob("raw/*.jsonl") for line in path.read_bytes().splitlines()
    ]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", FORMATS)
@settings(FEW, max_examples=6)
@given(data=st.data())
def test_spans_select_the_same_words(name: str, script: str, data: st.DataObject, tmp_path: Path) -> None:
    text, tokens, pairs = data.draw(marked(script))
    source, into = tmp_path / "source", tmp_path / "new"
    source.mkdir(exist_ok=True)
    said = FORMATS[name](text, tokens, pairs, source)
    problems, _ = imported(name, source, into, map=said)
    assert [f"{one.code} {one.message}" for one in problems] == []
    assert [found.rstrip("\n") for found in texts(into)] == [text]
    assert [text[start:end] for start, end in mentions(into)] == [text[start:end] for start, end in pairs]
