"""Plant one fault in real articles, validate, and compare the findings with those of the sound articles.

    gold article → Ground, a corpus of one or a few documents → a kind plants a fault in it → findings
        → found? at the place? with the code of the rule? anything else?

Each kind is a function in one of the modules `plant_*.py`. Its docstring is its line in the table of docs/rules.md.
It returns where it put the fault, None if the article has no fitting place, and then the next article is tried.
"""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from corpus.checks.suppress.suppressions import all_rules
from corpus.core.model import Problem
from support.plant_ground import LAYERS, Doc, Ground, Record, articles, findings, read

SEED = 20261129
Found = Counter[tuple[str, str, str, str]]
"""Findings as code, file, record and message: none of these changes when records before it go."""


@dataclass(frozen=True)
class Planted:
    """Where a fault is: records of gold, spans of the text, or whole files."""

    records: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    files: tuple[str, ...] = ()


Plant = Callable[[Ground, random.Random], Planted | None]


@dataclass(frozen=True)
class Kind:
    """A kind of fault. `named` are the codes of rules that claim it, of which this version may not have each."""

    plant: Plant
    named: tuple[str, ...]
    one: bool = False
    docs: int = 1
    compared: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the rules that claim it, () if none does."""
        return tuple(code for code in self.named if code in rule_anchors())

    @property
    def area(self) -> str:
        """What the kinds of this module have in common."""
        return AREAS[self.plant.__globals__["__name__"].rpartition("_")[2]]

    @property
    def title(self) -> str:
        return (self.plant.__doc__ or "").strip().rstrip(".")


AREAS = {
    "files": "Files",
    "records": "Articles and their records",
    "schema": "Schema and references",
    "edges": "Edges of spans",
    "chains": "Entities and mentions",
    "quotes": "Quotes",
    "missing": "Quotes and non-quotes that are missing or invented",
    "stances": "Stances",
    "corpora": "Several documents or annotators",
    "releases": "Releases, exceptions and the baseline",
}
KINDS: list[Kind] = []
"""All kinds, in the order of the modules that add them; `support.planted` imports these."""


def kind(*codes: str, one: bool = False, docs: int = 1, compared: bool = False) -> Callable[[Plant], Plant]:
    """Add a kind that the rules of these codes claim.

    `one` says that one finding is enough, so that more are extra. `docs` is the number of articles that it needs.
    `compared` says that the annotations from which gold was adjudicated are in the corpus too; other kinds must be
    found in an annotation alone.
    """

    def add(plant: Plant) -> Plant:
        KINDS.append(Kind(plant, codes, one, docs, compared))
        return plant

    return add


@dataclass
class Row:
    """What came of the plantings of a kind."""

    kind: Kind
    planted: int = 0
    found: int = 0
    place: int = 0
    code: int = 0
    extra: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    """The places that no claimed code was reported at."""
    others: Counter[str] = field(default_factory=Counter)
    """The other codes that were reported at the places."""

    @property
    def complete(self) -> bool:
        """True if a rule claims the kind and reported each fault at its place, and nothing else was reported."""
        return self.planted == self.code > 0 and not self.extra

    def __str__(self) -> str:
        rules = ", ".join(f"[{code}](#{rule_anchors()[code]})" for code in self.kind.codes) or "–"
        code = str(self.code) if self.kind.codes else "–"
        extra = ", ".join(f"{count} {code}" for code, count in sorted(self.extra.items())) or "0"
        cells = (self.kind.title, rules, self.planted, self.found, self.place, code, extra)
        return f"| {' | '.join(map(str, cells))} |"


@cache
def rule_anchors() -> dict[str, str]:
    """Return the anchor of each rule on the page of rules."""
    return {rule.code: f"{rule.code}-{rule.name}".lower() for rule in all_rules()}


def plant(one: Kind, times: int) -> Row:
    """Plant a kind up to `times` times, in as many articles if it has places in them, and look what is found."""
    row = Row(one)
    doc_ids = list(articles())
    random.Random(f"{SEED} {one.title}").shuffle(doc_ids)
    for number in range(max(times, len(doc_ids))):
        if row.planted == times:
            break
        chosen = [doc_ids[(number + i) % len(doc_ids)] for i in range(one.docs)]
        ground = Ground([read(each, one.compared) for each in chosen])
        before = _sound(one.compared, *chosen)
        where = one.plant(ground, random.Random(f"{SEED} {one.title} {number}"))
        if where is not None:
            _judge(row, ground, where, before)
    return row


@cache
def _sound(compared: bool, *doc_ids: str) -> Found:
    return Counter(map(_key, findings(Ground([read(one, compared) for one in doc_ids]))))


def _key(problem: Problem) -> tuple[str, str, str, str]:
    return problem.code, problem.file, problem.record, problem.message


def _judge(row: Row, ground: Ground, where: Planted, before: Found) -> None:
    row.planted += 1
    left, new = Counter(before), []
    for problem in findings(ground):
        if left[_key(problem)]:
            left[_key(problem)] -= 1
        else:
            new.append(problem)
    here = [one for one in new if at_place(one, ground, where)]
    row.found += bool(new)
    row.place += bool(here)
    row.code += any(one.code in row.kind.codes for one in here)
    row.others.update({one.code for one in here} - set(row.kind.codes))
    if not any(one.code in row.kind.codes for one in here):
        row.missed.append(f"{ground.doc.doc_id} {' '.join(where.records or where.files or map(str, where.spans))}")
    away = here[1:] if row.kind.one else []
    near = _neighbours(ground.doc, where.records)
    away += [one for one in new if one not in here and not (one.record and one.record in near)]
    row.extra.update(one.code for one in away if one.severity != "info")


def at_place(problem: Problem, ground: Ground, where: Planted) -> bool:
    """Return True if a finding is about the records, spans or files of a fault."""
    if where.files and problem.file in where.files:
        return True
    if problem.record and problem.record in where.records and problem.file == ground.doc.path():
        return True
    spans = list(where.spans)
    for record_id in where.records:
        spans += _spans(ground.doc.gold, record_id)
    said = [*_spans_of_file(problem, ground), *_offsets(problem.message), *_offsets(problem.suggestion)]
    return any(start < other_end and other < end for start, end in spans for other, other_end in said)


def _spans_of_file(problem: Problem, ground: Ground) -> list[tuple[int, int]]:
    for annotator, value in ground.doc.annotations.items():
        if problem.record and problem.file == ground.doc.path(annotator):
            return _spans(value, problem.record)
    words = _quoted(problem.message) if problem.file == ground.doc.path() else ""
    found = re.finditer(re.escape(words), ground.doc.text) if words else ()
    return [one.span() for one in found]


def _quoted(message: str) -> str:
    """Return the words that a message quotes after its first part, "" if it quotes none."""
    quoted = re.search(r": ('.*'|\".*\")$", message)
    return str(ast.literal_eval(quoted[1])) if quoted else ""


def _offsets(message: str) -> Iterator[tuple[int, int]]:
    for start, end in re.findall(r"\b(\d+)[–-](\d+)\b", message):
        yield int(start), int(end)


def _spans(value: Record, record_id: str) -> list[tuple[int, int]]:
    """Return the spans of a record, of the mentions of an entity too."""
    found = []
    for layer in LAYERS:
        for record in value.get(layer) or ():
            if isinstance(record, dict) and (record.get("id") == record_id or record.get("entity") == record_id):
                found += [
                    (span["start"], span["end"])
                    for part in record.values()
                    for span in (part if isinstance(part, list) else ())
                    if isinstance(span, dict)
                    and isinstance(span.get("start"), int)
                    and isinstance(span.get("end"), int)
                ]
    return found


def _neighbours(doc: Doc, records: tuple[str, ...]) -> set[str]:
    """Return the records that a record names, and those that name it."""
    near = set(records)
    for layer in ("mentions", "quotes", "stances"):
        for record in doc.annotations.get("gold", {}).get(layer) or ():
            if isinstance(record, dict):
                named = {
                    one
                    for part in record.values()
                    for one in (part if isinstance(part, list) else [part])
                    if isinstance(one, str)
                }
                if not named.isdisjoint(records):
                    near |= named
    return near
