"""CoNLL files of any dialect → documents.

The steps, in order:

    1. `conll_lines`      bytes → lines, each of a known kind
    2. `conll_rows`       lines → documents of rows, a row for each token of the text
    3. `conll_mentions`   the tags of the whole file → its scheme, or the one Problem that all tags share
    4. here, a document at a time: rows → text and offsets → sentences → mentions → entities
    5. `importing`        documents → files of the new corpus

A large file is read twice, since step 3 needs all of it and a file may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from ..core.languages import WITHOUT_BLANKS, primary_subtag
from ..core.model import GOLD, Problem, Record
from ..core.schema import Schema
from .conll_mentions import Chained, Mention, TagSurvey, chained, named, tagged, type_of
from .conll_rows import Begin, RowReader, Rows, spaces
from .documents import NOTHING_SAID, Incoming, LeftOut, Options, renamed, spans_of
from .importing import build_corpus
from .known import drop
from .mapping.conll_columns import Layout
from .source_sentences import schema_with_sentences, sentence_records
from .sources import Together, files_below, problem, text_problem

ENDS = (".conll", ".conllu", ".conllup", ".conll2003", ".conll2012", ".iob", ".iob2", ".bio", ".tsv", ".txt")
_OF_2012 = ("_gold_conll", "_auto_conll")
_SMALL = 4 * 2**20
"""Bytes of a file whose rows are kept in memory, so that it is read once."""
NO_RULE = "the map has no such rule"


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the files below it, into the new corpus `into`.

    In `<annotator>/<split>.conll` the directory names the annotator and the file the split. Yields a Problem for
    each line and file that cannot be read. Raises CorpusError when there is nothing to import, or the map or a
    record field is invalid.
    """
    schema = schema_with_sentences(options)
    layout = Layout.of(options.map, schema)
    yield from build_corpus(into, _documents(source, layout, options, schema), options, layout.use, schema=schema)


def _documents(source: Path, layout: Layout, options: Options, schema: Schema) -> Iterator[Incoming | Problem]:
    root = source if source.is_dir() else source.parent
    ids, names = options.doc_ids, options.annotators
    together = Together()
    for path in files_below(source, ENDS + _OF_2012, options.left_out):
        folder = path.relative_to(root).parent.as_posix()
        annotator = GOLD if folder == "." else names(folder)
        reader = RowReader(path, layout, options.left_out)
        if path.is_symlink() or not path.is_file():
            yield problem("IMP1", reader.shown, "symlink" if path.is_symlink() else "unreadable")
            continue
        small = path.stat().st_size <= _SMALL
        read_once = list(reader) if small else []
        survey, wrong = _survey(read_once or RowReader(path, layout, None), layout, reader.shown)
        if wrong is not None:
            yield wrong
        for rows in read_once if small else reader:
            if isinstance(rows, Problem):
                yield rows
                continue
            yield from rows.problems
            if rows.problems:
                # A text that lacks a line is another text, and every offset after that line is off.
                continue
            one = Incoming(ids(rows.name), reader.shown, "")
            filler = _Filler(one, rows, annotator, layout, schema, options)
            yield from filler.text()
            differs = together(one, annotator, rows.name, rows.line) if one.text else None
            if differs is not None:
                yield differs
            elif one.text:
                if path.stem in schema.splits:
                    one.record["split"] = path.stem
                if wrong is None:
                    filler.sentences()
                    filler.mentions(survey, reader.roles)
                yield one


def _survey(documents: Iterable[Rows | Problem], layout: Layout, shown: str) -> tuple[TagSurvey, Problem | None]:
    """Return what the tags of a file look like, and the Problem that makes all of them unreadable."""
    survey = TagSurvey()
    for rows in documents:
        if isinstance(rows, Rows):
            survey.add(rows)
    for kind in survey.types:
        layout.use.saw("types", kind)
    detail, remedy = survey.problem(layout)
    if not detail:
        return survey, None
    detail = f"{detail}; entities and mentions are not imported"
    return survey, problem("IMP2", shown, detail, place=(survey.line or 1, 1), suggestion=f"add to the map: {remedy}")


@dataclass(slots=True)
class _Filler:
    """Fills a document from its rows: its text first, which the offsets of all else count in."""

    one: Incoming
    rows: Rows
    annotator: str
    layout: Layout
    schema: Schema
    options: Options
    pairs: list[tuple[int, int]] = field(default_factory=list)
    """(start, end) of each row in the text."""

    def text(self) -> Iterator[Problem]:
        """Rebuild the text; yield a Problem for each sentence that is not as its comment says, and for a bad text."""
        rows, begins = self.rows.rows, self.rows.begins
        between = self._between()
        bounds = [*sorted(begins), len(rows)]
        for first, last in pairwise(bounds):
            said = begins[first].text
            gaps = _gaps(said, [row.form for row in rows[first:last]]) if said else None
            if gaps is not None:
                between[first + 1 : last] = gaps
            elif said:
                yield problem(
                    "IMP3",
                    self.one.path,
                    "`# text` has other words than the tokens, which are kept",
                    place=(begins[first].line, 1),
                )
        parts: list[str] = []
        at = 0
        for i, row in enumerate(rows):
            before, after = spaces(row)
            if i == 0:
                between[0] = before or ""
            if after is not None and not self._is_paragraph(i + 1, after):
                between[i + 1] = after
            parts += [between[i], row.form]
            at += len(between[i])
            self.pairs.append((at, at + len(row.form)))
            at += len(row.form)
        text = "".join([*parts, between[-1]])
        wrong = text_problem(text, self.one.path, self.rows.name, self.rows.line)
        if wrong is not None:
            yield wrong
        else:
            self.one.text = text

    def _between(self) -> list[str]:
        """Return the usual white space before each row, and after the last one."""
        blank = " " if self._has_blanks() else ""
        paragraphs = any(begin.paragraph for begin in self.rows.begins.values())
        between = [blank] * (len(self.rows.rows) + 1)
        for i, begin in self.rows.begins.items():
            between[i] = "\n" if not paragraphs else "\n\n" if begin.paragraph else " "
        between[0] = between[-1] = ""
        return between

    def _is_paragraph(self, i: int, after: str) -> bool:
        """Return True if a paragraph begins at row `i`, which no `SpaceAfter=No` before it takes back."""
        begin: Begin | None = self.rows.begins.get(i)
        return begin is not None and begin.paragraph and not after

    def _has_blanks(self) -> bool:
        """Return whether blanks separate tokens: as the map says, else as the language does."""
        if self.layout.blanks is not None:
            return self.layout.blanks
        if any(row.misc for row in self.rows.rows[:1]):
            # A file with a column MISC says it itself.
            return True
        given = (
            self.options.map.get("record", {}),
            self.options.record,
            self.options.map.get("records", {}).get(self.one.doc_id, {}),
        )
        language = ""
        for record in given:
            if isinstance(record, Mapping):
                language = str(record.get("language", language))
        return primary_subtag(language) not in WITHOUT_BLANKS

    def sentences(self) -> None:
        """Keep the tokens and sentences of the source."""
        ids = {first: begin.source_id for first, begin in self.rows.begins.items()}
        found = sentence_records(self.one.text, self.pairs, ids, self.schema, self.options.left_out)
        if found:
            self.one.layers.setdefault(self.annotator, {}).update(renamed(found, self.schema))

    def mentions(self, survey: TagSurvey, roles: Collection[str]) -> None:
        """Fill the layers of entities and mentions; a document with a faulty tag or bracket is quarantined."""
        has_chains = "entity" in roles and survey.chains
        if not ("tag" in roles or has_chains) or not {"entities", "mentions"} <= self.schema.layers.keys():
            return
        names: list[Mention] = []
        if "tag" in roles:
            scheme = self.layout.scheme or "IOB2"
            names += named(self.rows, self._report) if survey.bracketed else tagged(self.rows, scheme, self._report)
        made = _Records(self)
        made.add(names, chained(self.rows, self._report) if has_chains else [])
        layers = self.one.layers.setdefault(self.annotator, {})
        layers.update(renamed(made.layers(), self.schema))

    def _report(self, line: int, detail: str) -> None:
        self.one.set_aside(self.annotator, [problem("IMP2", self.one.path, detail, place=(line, 1))])


class _Records:
    """The records of entities and mentions of a document."""

    def __init__(self, of: _Filler) -> None:
        self._of = of
        self._left: LeftOut = of.options.left_out
        self._kinds: dict[str, str] = {}
        self._mentions: list[Record] = []
        self._lines: list[int] = []

    def add(self, names: Sequence[Mention], chains: Sequence[Chained]) -> None:
        """Add names and the mentions of chains: a name on the words of such a mention is the same mention."""
        known = {(name.first, name.last): name.label for name in names}
        for one in chains:
            name = known.pop(one.pieces[0], "") if len(one.pieces) == 1 else ""
            said = type_of(one.values)
            if self._has_rule(said or name) or not said:
                form = "NAM" if name else one.values.get("form", "")
                self._add(one.pieces, f"={one.entity}", said or name, form, one.line)
        for first, last, kind, line in names:
            if (first, last) in known and self._has_rule(kind):
                # Without a column of ids, each name is an entity of its own.
                cell = self._of.rows.rows[first].entity
                has_id = cell not in ("", "_", "-") and "(" not in cell and ")" not in cell
                self._add([(first, last)], f"={cell}" if has_id else f"-{first}", kind, "NAM", line)

    def _has_rule(self, kind: str) -> bool:
        """Return True if the map has an entity type for a type; count the mention as dropped otherwise."""
        if kind and kind not in self._of.layout.types:
            drop(self._left, "mentions of type", kind, NO_RULE)
            return False
        return True

    def _add(self, pieces: Sequence[tuple[int, int]], entity: str, kind: str, form: str, line: int) -> None:
        mapped = self._of.layout.types.get(kind)
        if mapped and self._kinds.setdefault(entity, mapped) != mapped:
            self._left["types of mentions", "an entity has the type of its first mention"] += 1
        pairs = [(self._of.pairs[first][0], self._of.pairs[last - 1][1]) for first, last in pieces]
        record: Record = {
            "id": f"m{len(self._mentions)}",
            "spans": spans_of(self._of.one.text, pairs),
            "entity": entity,
        }
        if form in {label.name for label in self._of.schema.labels("mentions", "form")}:
            record["form"] = form
        self._mentions.append(record)
        self._lines.append(line)

    def layers(self) -> dict[str, list[Record]]:
        """Return the layers. The name of an entity is its first name in the text; one without names has none."""
        firsts = [mention["spans"][0] for mention in self._mentions]
        order = sorted(range(len(firsts)), key=lambda i: (firsts[i]["start"], -firsts[i]["end"]))
        mentions = [self._mentions[i] for i in order]
        one, annotator = self._of.one, self._of.annotator
        for number, i in enumerate(order, 1):
            one.places[annotator, f"m{number}"] = (one.path, self._lines[i])
        entities: dict[str, Record] = {}
        for mention in mentions:
            entity = entities.setdefault(mention["entity"], {"id": mention["entity"]})
            if mention["entity"] in self._kinds:
                entity["type"] = self._kinds[mention["entity"]]
            if mention.get("form") == "NAM" and "name" not in entity:
                entity["name"] = " ".join(mention["spans"][0]["text"].split())
        return {"entities": list(entities.values()), "mentions": mentions}


def _gaps(text: str, forms: list[str]) -> list[str] | None:
    """Return the white space between forms in the text of a sentence, None if it has other words."""
    gaps: list[str] = []
    at = 0
    for form in forms:
        start = at
        while not text.startswith(form, at):
            if at == len(text) or not text[at].isspace():
                return None
            at += 1
        gaps.append(text[start:at])
        at += len(form)
    return None if text[at:].strip() else gaps[1:]
