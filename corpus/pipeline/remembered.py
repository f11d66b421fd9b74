"""Remember what the rules about several documents found, so that a run asks again only what its changes can alter.

    a rule    the columns of the summaries that it read ─ as they were → its candidates, which are remembered
    a bucket  of a rule that tallies: the parts that changed → their keys → only these keys are tallied again

What a rule reads depends on what it read before and on nothing else, so a rule finds the same if those columns of all
parts, whose hashes their records have, are the same. Nothing here knows what a rule compares.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ..checks.corpus_wide import AcrossRule
from ..checks.keyed import Counted, Found, Keyed, Related, Row, Tallied, Tally
from ..core.arrays import begins_of
from ..files.marked import read_marked, write_marked
from ..files.storage import Storage
from .part import Part

_MANY = 4
"""If one document of so many is in a part that changed, everything is asked again."""
_ID = "doc_id"


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier run found in a bucket, and what changed since."""

    old: tuple[tuple[str, str], ...]
    """The parts that do not exist any more: name, and SHA-256 of the summaries."""
    new: tuple[int, ...]
    """The numbers of the parts that did not exist then."""
    counted: list[Counted]
    """With the numbers that documents have now; one of a part in `old` is -1."""
    columns: frozenset[str]
    changed: int
    """How many documents the old and the new parts have."""


class Remembered:
    """Results of earlier runs over the parts of a corpus, in `known/`. They are trusted as the parts are."""

    def __init__(self, kept: Storage | None, settings: str, parts: Sequence[Part]) -> None:
        """Take where results are kept, None for nowhere, all that they depend on besides parts, and these in order."""
        self._kept, self._settings = kept, settings
        self._parts = [part for part in parts if part.summaries]
        self._begins: list[int] = begins_of([part.summaries for part in self._parts]).tolist()

    def candidates(self, rules: Sequence[AcrossRule]) -> dict[str, list[Any]] | None:
        """Return the candidates of rules that were asked together, by code; None if they must be asked."""
        record = read_marked(self._kept, _asked(rules), self._settings)
        if record is None or record["key"] != self._key(record["columns"]):
            return None
        return {rule.code: _candidates(rule, record["found"][rule.code]) for rule in rules}

    def keep_candidates(
        self, rules: Sequence[AcrossRule], columns: Collection[str], found: dict[str, list[Any]]
    ) -> None:
        """Remember the candidates of rules that were asked together, and the columns that they were found in."""
        if self._kept is not None:
            own = {rule.code: found[rule.code] for rule in rules}
            record = {"columns": sorted(columns), "key": self._key(columns), "found": own}
            write_marked(self._kept, _asked(rules), self._settings, record)

    def bucket(self, code: str, bucket: int) -> Before | None:
        """Return what an earlier run found in a bucket of a `Tallied` rule; None if all of it must be tallied."""
        record = read_marked(self._kept, _bucket(code, bucket), self._settings)
        if record is None:
            return None
        columns = record["columns"]
        now = {self._part_key(part, columns): number for number, part in enumerate(self._parts)}
        then = [now.get(key) for _, _, _, key in record["parts"]]
        same = [number for number in then if number is not None]
        old = [part for part, number in zip(record["parts"], then, strict=True) if number is None]
        new = sorted(set(now.values()) - set(same))
        changed = sum(count for _, _, count, _ in old) + sum(self._parts[number].summaries for number in new)
        # Of two parts with the same documents, only one was seen.
        if len(now) < len(self._parts) or same != sorted(set(same)) or changed * _MANY > self._begins[-1]:
            return None
        begins = [-1 if number is None else self._begins[number] for number in then]
        counted = [
            (key, [(value, count, begins[part] + at if begins[part] >= 0 else -1) for value, count, part, at in values])
            for key, values in record["found"]
        ]
        gone = tuple((name, digest) for name, digest, _, _ in old)
        return Before(gone, tuple(new), counted, frozenset(columns), changed)

    def keep_bucket(self, code: str, bucket: int, columns: Collection[str], counted: Sequence[Counted]) -> None:
        """Remember what was found in a bucket of a `Tallied` rule."""
        if self._kept is None:
            return
        parts = [
            (part.name, part.summaries_sha256, part.summaries, self._part_key(part, columns)) for part in self._parts
        ]
        found = [
            (key, [(value, count, *self._place(number)) for value, count, number in values]) for key, values in counted
        ]
        record = {"columns": sorted(columns), "parts": parts, "found": found}
        write_marked(self._kept, _bucket(code, bucket), self._settings, record)

    def _place(self, number: int) -> tuple[int, int]:
        """Return the number of the part of a document, and its number in it."""
        part = bisect_right(self._begins, number) - 1
        return part, number - self._begins[part]

    def _key(self, columns: Iterable[str]) -> str:
        """Return a hash of columns of all parts."""
        keys = [self._part_key(part, columns) for part in self._parts]
        return blake2b("\n".join(keys).encode(), digest_size=16).hexdigest()

    def _part_key(self, part: Part, columns: Iterable[str]) -> str:
        """Return a hash of columns of a part, and of which documents it has."""
        digests = [(name, part.columns.get(name)) for name in sorted({_ID, *columns})]
        return blake2b(repr((part.summaries, digests)).encode(), digest_size=16).hexdigest()


def _asked(rules: Sequence[AcrossRule]) -> str:
    return f"asked-{rules[0].code}"


def _bucket(code: str, bucket: int) -> str:
    return f"asked-{code}-{bucket}"


def _candidates(rule: AcrossRule, found: list[Any]) -> list[Any]:
    """Return candidates (`corpus_wide.candidates`) that were written as JSON."""
    if isinstance(rule, Keyed | Tallied) and rule.reads_again:
        of = Tally._make if isinstance(rule, Tallied) else _row
        return [(key, [of(one) for one in rows]) for key, rows in found]
    return [Found._make([*one[:-1], tuple(map(Related._make, one[-1]))]) for one in found]


def _row(values: Sequence[Any]) -> Row:
    key, value, rest = values
    return Row(key, value, tuple(rest))
