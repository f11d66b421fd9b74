"""Other people's formats ↔ this one: `FORMATS`, one visible list, one module a format.

A format is a function that reads it, or two that write it, or all three: `carry` gives the layers of an
annotation as the format can hold them and counts what it cannot, `write` writes what was carried. What was
written and is read again is what was carried, to the letter: the tests hold that for each format with both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.model import Document, Problem, Record
from ..core.schema import Schema
from . import (
    brat,
    citron,
    conll,
    german_news,
    jsonl,
    spacy_docbin,
    uima_common,
    uima_xmi,
    web_annotation,
    webanno_tsv,
)
from .documents import LeftOut, Options, Outgoing

Read = Callable[[Path, Path, Options], Iterator[Problem]]
"""Reads what lies at a path into a new corpus at another; yields what it could not read as Problems."""
Carry = Callable[[Document, Schema, LeftOut], Record | None]
"""The layers of an annotation as the format can hold them, None when it is none of it; counts what it leaves out."""
Write = Callable[[Iterable[Outgoing], Schema, Path], None]
"""Writes documents, whose annotations were carried, into an empty folder."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what it is, how it is read and written, the layers it has, and (what, why) it leaves out.

    `has_text`: what is written holds the text, so a document whose text may not be passed on is left out.
    """

    description: str
    read: Read | None = None
    carry: Carry | None = None
    write: Write | None = None
    layers: tuple[str, ...] = ()
    leaves_out: tuple[tuple[str, str], ...] = ()
    has_text: bool = True


FORMATS: dict[str, Format] = {
    "german-news": Format(
        "German News Quotation corpus (Petersen-Frey & Biemann 2024), one JSON file an article", german_news.read
    ),
    "brat": Format(
        "brat stand-off, a .txt and a .ann a document", brat.read, brat.carry, brat.write, brat.LAYERS, brat.LEAVES_OUT
    ),
    "conll": Format(
        "CoNLL columns, a token a line with its IOB2 tag, a file a split",
        conll.read,
        conll.carry,
        conll.write,
        conll.LAYERS,
        conll.LEAVES_OUT,
    ),
    "spacy": Format(
        "spaCy's DocBin, a .spacy file a split; needs the extra `formats`",
        None,
        spacy_docbin.carry,
        spacy_docbin.write,
        spacy_docbin.LAYERS,
        spacy_docbin.LEAVES_OUT,
    ),
    "webanno-tsv": Format(
        "WebAnno TSV 3.2 and 3.3 of WebAnno and INCEpTION", webanno_tsv.read, leaves_out=uima_common.LEAVES_OUT
    ),
    "uima-xmi": Format(
        "UIMA CAS as XMI with its TypeSystem.xml, of INCEpTION and DKPro; needs the extra `formats`",
        uima_xmi.read,
        leaves_out=uima_xmi.LEAVES_OUT,
    ),
    "citron": Format(
        "Citron's JSON for quotation (BBC R&D), a file a document",
        citron.read,
        citron.carry,
        citron.write,
        citron.LAYERS,
        citron.LEAVES_OUT,
    ),
    "prodigy": Format("Prodigy's JSONL of spans and relations, a document a line", jsonl.prodigy, layers=brat.LAYERS),
    "doccano": Format("doccano's JSONL of spans and relations, a document a line", jsonl.doccano, layers=brat.LAYERS),
    "web-annotation": Format(
        "W3C Web Annotation in JSON-LD, offsets and quotations beside no text, a collection a document",
        None,
        web_annotation.carry,
        web_annotation.write,
        web_annotation.LAYERS,
        web_annotation.LEAVES_OUT,
        has_text=False,
    ),
}
