"""Import and export: `FORMATS`, one list of the formats, one module for each.

A format module has one public surface:

    read(source, into, options)     import files into a new corpus; yield a Problem for each part it cannot read
    survey(source, options)         return a Survey: the names that the files have, from which a map is made
    carry(document, schema, left)   return the layers that the format can hold; count what it drops in `left`
    write(documents, schema, out)   write documents that were carried to an empty directory
    LAYERS                          the layers that the format has fields for; empty when a map decides
    LEAVES_OUT                      (what, why) of everything that the format drops
    READS, WRITES                   what an import and an export carry and drop, and how that was verified

A module has `read`, or `carry` and `write`, or all three; `survey` if a map can have names of types. A round trip is
exact: `read` returns what `carry` returned, character for character. The tests check that for every format that has
both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ..core.model import Document, Problem, Record
    from ..core.schema import Schema
    from .documents import Direction, LeftOut, Options, Outgoing
    from .survey import Survey


@dataclass(frozen=True, slots=True)
class Format:
    """Describe a format without importing its module, so that `--help` needs neither NumPy nor spaCy.

    `reads` and `writes` say which directions the module has. `has_text` is False for a format whose files do not
    repeat the text: it alone may export a document whose text must not be redistributed.
    """

    description: str
    module: str
    reads: bool
    writes: bool
    has_text: bool = True

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that the format has fields for; empty when a map or the format itself decides."""
        layers: tuple[str, ...] = self._load().LAYERS
        return layers

    @property
    def leaves_out(self) -> tuple[tuple[str, str], ...]:
        """Everything that the format drops, as (what, why)."""
        reasons: tuple[tuple[str, str], ...] = self._load().LEAVES_OUT
        return reasons

    @property
    def directions(self) -> dict[str, Direction]:
        """What an `import` and an `export` carry and drop, for the directions that the format has."""
        module = self._load()
        found = {"import": "READS", "export": "WRITES"}
        return {name: getattr(module, constant) for name, constant in found.items() if hasattr(module, constant)}

    def read(self, source: Path, into: Path, options: Options) -> Iterator[Problem]:
        """Import the files at `source` into the new corpus `into`; yield a Problem for each part it cannot read."""
        problems: Iterator[Problem] = self._load().read(source, into, options)
        return problems

    def survey(self, source: Path, options: Options) -> Survey | None:
        """Return the names that the files at `source` have, for a map; None if the format's map has none."""
        module = self._load()
        found: Survey | None = module.survey(source, options) if hasattr(module, "survey") else None
        return found

    def carry(self, document: Document, schema: Schema, left: LeftOut) -> Record | None:
        """Return the layers that the format can hold, or None for a document that it cannot hold at all.

        Counts what it drops in `left`.
        """
        carried: Record | None = self._load().carry(document, schema, left)
        return carried

    def write(self, documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
        """Write documents, whose annotations were carried, to the empty directory `out`."""
        self._load().write(documents, schema, out)

    def _load(self) -> Any:
        return import_module(f".{self.module}", __name__)


FORMATS: dict[str, Format] = {
    "german-news": Format(
        "German News Quotation corpus (Petersen-Frey & Biemann 2024), one JSON file for each article",
        "german_news",
        reads=True,
        writes=False,
    ),
    "brat": Format(
        "brat standoff, a .txt and a .ann file for each document",
        "brat",
        reads=True,
        writes=True,
    ),
    "conll": Format(
        "CoNLL columns, one token and its IOB2 tag on each line, one file for each split; reads CoNLL-2003, "
        "CoNLL-2012 and CoNLL-U too",
        "conll",
        reads=True,
        writes=True,
    ),
    "conllu": Format(
        "CoNLL-U, with entities and coreference in MISC as in CorefUD, one file for each split",
        "conllu",
        reads=True,
        writes=True,
    ),
    "conll-2012": Format(
        "CoNLL-2012 (OntoNotes) columns with names and coreference chains, one file for each split; `conll` reads them",
        "conll_2012",
        reads=False,
        writes=True,
    ),
    "spacy": Format(
        "spaCy DocBin, one .spacy file for each split; needs the extra `formats`",
        "spacy_docbin",
        reads=True,
        writes=True,
    ),
    "webanno-tsv": Format(
        "WebAnno TSV 1 to 3.3, as WebAnno and INCEpTION write it, also in project archives",
        "webanno_tsv",
        reads=True,
        writes=False,
    ),
    "uima-xmi": Format(
        "UIMA CAS XMI with its TypeSystem.xml, as INCEpTION and DKPro write it, also in project archives",
        "uima_xmi",
        reads=True,
        writes=True,
    ),
    "uima-json": Format(
        "UIMA CAS JSON 0.4, as INCEpTION and dkpro-cassis write it, also in project archives",
        "uima_json",
        reads=True,
        writes=True,
    ),
    "citron": Format(
        "Citron JSON for quotations (BBC R&D), one file for each document",
        "citron",
        reads=True,
        writes=True,
    ),
    "label-studio": Format(
        "Label Studio JSON, the export of any project; written as tasks with predictions, and the labelling config",
        "label_studio",
        reads=True,
        writes=True,
    ),
    "prodigy": Format(
        "Prodigy JSONL with spans and relations, one document on each line",
        "prodigy",
        reads=True,
        writes=True,
    ),
    "doccano": Format(
        "doccano JSONL with spans and relations, one document on each line",
        "doccano",
        reads=True,
        writes=True,
    ),
    "csv": Format(
        "CSV or TSV with a header, read by a map of its columns: stances, labels of texts, quotes by their words",
        "csv_rows",
        reads=True,
        writes=False,
    ),
    "jsonl": Format(
        "JSONL, read by a map of its keys: stances, labels of texts, or texts with spans",
        "jsonl_rows",
        reads=True,
        writes=False,
    ),
    "web-annotation": Format(
        "W3C Web Annotation in JSON-LD, offsets and quoted words without the text, one collection for each document",
        "web_annotation",
        reads=False,
        writes=True,
        has_text=False,
    ),
}
