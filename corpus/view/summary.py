"""Count the articles of a corpus, or of a part of it, for the corpus page: by split, layer, label and hard case.

Summaries of parts are added up, and each is kept as JSON beside the part, so one changed article costs one part.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from ..core.schema import Schema
from .entry import INVALID, WITHHELD, Entry, columns
from .labels import Labels

_EXAMPLES = 3
"""The articles that a hard case names as examples."""
MOST_VALUES = 40
"""A field of articles with more different values is not a filter."""
_NO_FILTER = ("published",)
"""Fields whose values are too many to choose from."""
NO_SPLIT = ""
"""The split of an article without one."""

Place = tuple[str, str, str]
"""(doc_id, address, id of a record or "")."""


@dataclass(slots=True)
class Summary:
    """The counts of some articles.

    Keys: `articles` by split; `twins` by split, which no other count has; `records` and `annotated`
    (articles) by (split, layer); `labels` (records) and `labelled` (articles) by (split, label); `cases` and `having`
    (articles) by hard case; `values` by (field, value); `stories` by (story, split); `states` by state; `annotators`
    by name. `days` has the first and the last day of publication.
    """

    articles: Counter[str] = field(default_factory=Counter)
    twins: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    records: Counter[tuple[str, str]] = field(default_factory=Counter)
    annotated: Counter[tuple[str, str]] = field(default_factory=Counter)
    labels: Counter[tuple[str, int]] = field(default_factory=Counter)
    labelled: Counter[tuple[str, int]] = field(default_factory=Counter)
    cases: Counter[int] = field(default_factory=Counter)
    having: Counter[int] = field(default_factory=Counter)
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    stories: Counter[tuple[str, str]] = field(default_factory=Counter)
    states: Counter[int] = field(default_factory=Counter)
    annotators: Counter[str] = field(default_factory=Counter)
    examples: dict[int, list[Place]] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)

    @property
    def every(self) -> int:
        """The number of articles and twins."""
        return self.articles.total() + self.twins.total()

    def add(self, one: Entry, schema: Schema, labels: Labels) -> None:
        """Count an article."""
        doc_id, _, address, values, counts, found, _, state, annotators = one.row
        record = dict(zip(columns(schema), values, strict=True))
        split = str(record.get("split") or NO_SPLIT)
        if record.get("twin_of"):
            self.twins[split] += 1
            return
        self.articles[split] += 1
        self.states[state] += 1
        self.annotators.update(annotators)
        self._add_values(record)
        if state != INVALID and isinstance(record.get("length"), int):
            self.characters += record["length"]
        for layer, count in zip(labels.layers, counts, strict=True):
            if count is not None:
                self.records[split, layer] += count
                self.annotated[split, layer] += 1
        for number, count in zip(found[::2], found[1::2], strict=True):
            self.labels[split, number] += count
            self.labelled[split, number] += 1
        for case, ids in one.cases.items():
            self.cases[case] += len(ids)
            self.having[case] += 1
            self._add_example(case, (doc_id, address, next(filter(None, ids), "")))
        if story := record.get("story"):
            self.stories[str(story), split] += 1
        if day := str(record.get("published") or "")[:10]:
            self.days = [min(day, *self.days[:1]), max(day, *self.days[1:])]

    def _add_values(self, record: dict[str, Any]) -> None:
        for name, value in record.items():
            if name in _NO_FILTER:
                continue
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and one:
                    self.values[name, one] += 1

    def _add_example(self, case: int, place: Place) -> None:
        examples = self.examples.setdefault(case, [])
        if len(examples) < _EXAMPLES:
            examples.append(place)

    def update(self, other: Summary) -> None:
        """Add the counts of other articles, which come after these in the order of ids."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
        self.characters += other.characters
        for case, places in other.examples.items():
            for place in places:
                self._add_example(case, place)
        both = [*self.days, *other.days]
        self.days = [min(both), max(both)] if both else []

    def as_json(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        made: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            made[one.name] = list(map(list, value.items())) if isinstance(value, dict) else value
        return made

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Summary:
        """Return the counts that `as_json` made. Raises KeyError, TypeError or ValueError for anything else."""
        made = cls()
        for one in fields(cls):
            mine, found = getattr(made, one.name), value[one.name]
            if isinstance(mine, dict):
                mine.update({tuple(key) if isinstance(key, list) else key: of for key, of in found})
            else:
                setattr(made, one.name, found)
        return made

    @property
    def withheld(self) -> int:
        """Return the number of articles whose text is not shown."""
        return self.states[WITHHELD]

    @property
    def invalid(self) -> int:
        """Return the number of articles with errors."""
        return self.states[INVALID]

    def filters(self) -> dict[str, list[str]]:
        """Return the fields of articles that are filters, each with its values: few values, and one of two articles."""
        by_field: dict[str, list[str]] = {}
        for name, value in sorted(self.values):
            by_field.setdefault(name, []).append(value)
        return {name: found for name, found in by_field.items() if 1 < len(found) <= MOST_VALUES}
