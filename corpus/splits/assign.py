"""Assign splits to unassigned documents, keeping near-duplicates together.

    documents without a split → stories: same `story` name, near-duplicates, near-duplicates of near-duplicates
    a story → the split of its name or of a near-duplicate (if there are two: a finding, and no choice)
            → else by the hash of its name, or by its first day

Grouping does not depend on the order of documents, and the split of a new story depends on its name or day only. So
documents can be added in any order with the same splits. The one exception: if near-duplicates without a common
`story` are added at different times, the later ones follow the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple, Protocol

from ..core.model import CorpusError
from ..core.settings import SplitSettings
from .near_duplicates import Near

_BY_HAND = "real"
"""The split of real news: it gets no share by default, so that only records that name it are in it."""


class Splittable(Protocol):
    """The properties of a document that the assignment needs; "" for a missing value."""

    @property
    def doc_id(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def story(self) -> str: ...
    @property
    def published(self) -> str: ...
    @property
    def twin_of(self) -> str: ...


class Tie(NamedTuple):
    """Document `one`, without a split, belongs to `other` in `split`; `why` is "near-duplicate" or "story"."""

    one: int
    other: int
    split: str
    why: str


@dataclass(frozen=True, slots=True)
class Story:
    """Numbers of documents without a split that belong together, and the first tie to each split."""

    name: str
    documents: tuple[int, ...]
    ties: tuple[Tie, ...]

    @property
    def bridges(self) -> bool:
        """Return whether the story is tied to several splits, so that no choice is right."""
        return len(self.ties) > 1


class Choice(NamedTuple):
    """The split of a story, and the reason in words."""

    split: str
    why: str


def stories(documents: Sequence[Splittable], near: Near) -> list[Story]:
    """Group the documents without a split into stories, in the order of their first documents.

    `near` has their near-duplicates, with the splits as labels.

    A story is named by the smallest `story` of its documents, else by the `story` or doc_id of the document it is
    tied to, else by its smallest doc_id.
    """
    if all(one.split for one in documents):
        return []
    splits = sorted({one.split for one in documents if one.split})
    named: dict[tuple[str, str], int] = {}
    for i, one in enumerate(documents):
        if one.story:
            named.setdefault((one.story, one.split), i)
    found = []
    for group in _joined(near.groups(""), documents):
        ties = [tie for split in splits if (tie := _tie(group, split, documents, near, named)) is not None]
        given = [documents[i].story for i in group if documents[i].story]
        given = given or [documents[tie.other].story or documents[tie.other].doc_id for tie in ties[:1]]
        found.append(Story(min(given or [documents[i].doc_id for i in group]), tuple(group), tuple(ties)))
    return sorted(found, key=lambda story: story.documents)


def _joined(groups: list[list[int]], documents: Sequence[Splittable]) -> list[list[int]]:
    """Merge groups that share the name of a story."""
    of: dict[str, list[int]] = {}
    left: list[list[int]] = []
    for group in groups:
        names = {documents[i].story for i in group} - {""}
        same = {id(of[name]): of[name] for name in names if name in of}
        merged = sorted([*group, *(i for other in same.values() for i in other)])
        left = [other for other in left if id(other) not in same]
        left.append(merged)
        of.update({documents[i].story: merged for i in merged if documents[i].story})
    return left


def _tie(
    group: Sequence[int],
    split: str,
    documents: Sequence[Splittable],
    near: Near,
    named: Mapping[tuple[str, str], int],
) -> Tie | None:
    """Return the first tie of a group to a split; the name of a story takes precedence over a near-duplicate."""
    for i in group:
        if documents[i].story and (documents[i].story, split) in named:
            return Tie(i, named[documents[i].story, split], split, "story")
    for i in group:
        copy = near.first(i, split)
        if copy is not None:
            return Tie(i, copy, split, "near-duplicate")
    return None


def choose(story: Story, documents: Sequence[Splittable], settings: SplitSettings) -> Choice | None:
    """Choose the split of a story; None if it is tied to several, or if the split is by date and it has no date."""
    if story.bridges:
        return None
    if story.ties:
        tie = story.ties[0]
        other = documents[tie.other]
        what = f"story {other.story!r} is in it" if tie.why == "story" else f"near-duplicate {other.doc_id} is in it"
        return Choice(tie.split, what)
    if settings.by == "hash":
        return _by_hash(story.name, settings.proportions)
    days = [day for i in story.documents if (day := documents[i].published[:10])]
    return _by_day(min(days), settings.days) if days else None


def _by_hash(name: str, proportions: Mapping[str, float]) -> Choice:
    """Choose by the first 64 bits of the SHA-256 of the name, read as a number in [0, 1), and cumulated proportions."""
    value = int.from_bytes(sha256(name.encode("utf-8", "surrogatepass")).digest()[:8]) / 2**64
    edges = list(accumulate(proportions.values()))
    number = next((i for i, edge in enumerate(edges[:-1]) if value < edge), len(edges) - 1)
    low, high = edges[number - 1] if number else 0.0, edges[number]
    split = list(proportions)[number]
    return Choice(split, f"the hash of {name!r} is {value:.4f}, and {low:.2f} to {high:.2f} is {split}")


def _by_day(day: str, days: Mapping[str, str]) -> Choice:
    """Choose the split with the latest first day up to `day`; the split without a first day precedes all others."""
    begun = [(first, split) for split, first in days.items() if first <= day]
    first, split = max(begun)
    return Choice(split, f"its first day is {day}, and {split} {f'begins on {first}' if first else 'is before'}")


def checked(settings: SplitSettings, splits: Sequence[str], documents: Sequence[Splittable]) -> SplitSettings:
    """Return the settings with defaults: 80% for the first split, the rest in equal shares, nothing for `real`.

    Raises CorpusError if they name a split that the schema does not have, or if days are missing; the message then
    proposes days from the proportions and the dates of the documents.
    """
    proportions = dict(settings.proportions) or _default(splits)
    for where, names in (("proportions", proportions), ("days", settings.days)):
        unknown = [name for name in names if name not in splits]
        if unknown:
            raise CorpusError(f"[tool.corpus.split] {where}: unknown split {unknown[0]}; use {', '.join(splits)}")
    if settings.by == "hash":
        return SplitSettings("hash", {name: proportions[name] for name in splits if name in proportions})
    if not settings.days:
        raise CorpusError(
            "[tool.corpus.split] by date needs a permanent first day for each split except the earliest; "
            f"{_proposed(proportions, documents)}"
        )
    first = [name for name in splits if name not in settings.days and name in proportions]
    if len(first) != 1:
        named = ", ".join(first) or "none"
        raise CorpusError(f"[tool.corpus.split] days: give each split but the earliest a day; without one: {named}")
    return SplitSettings("date", proportions, {first[0]: "", **settings.days})


def _default(splits: Sequence[str]) -> dict[str, float]:
    splits = [name for name in splits if name != _BY_HAND] or splits
    if len(splits) < 2:
        return dict.fromkeys(splits, 1.0)
    return {splits[0]: 0.8, **dict.fromkeys(splits[1:], 0.2 / (len(splits) - 1))}


def _proposed(proportions: Mapping[str, float], documents: Sequence[Splittable]) -> str:
    days = sorted(one.published[:10] for one in documents if one.published)
    if not days:
        return "no day can be proposed, since no document has `published`"
    edges = list(accumulate(proportions.values()))[:-1]
    begins = [days[min(int(edge * len(days)), len(days) - 1)] for edge in edges]
    named = ", ".join(f'{name} = "{day}"' for name, day in zip(list(proportions)[1:], begins, strict=True))
    return f"the proportions suggest days = {{{named}}}"


def explained(doc_id: str, documents: Sequence[Splittable], near: Near, settings: SplitSettings) -> Iterator[str]:
    """Yield lines that explain the current or future split of a document, without twins in the size of its story.

    Raises CorpusError if the document does not exist.
    """
    number = next((i for i, one in enumerate(documents) if one.doc_id == doc_id), None)
    if number is None:
        raise CorpusError(f"there is no document {doc_id}")
    one = documents[number]
    if one.split:
        yield f"{doc_id}: {one.split}, as set in its record"
        if one.story:
            same = sum(other.story == one.story and not other.twin_of for other in documents)
            yield f"  story {one.story!r}, {same:,} document{'s' * (same != 1)}"
    else:
        story = next(story for story in stories(documents, near) if number in story.documents)
        choice = choose(story, documents, settings)
        yield f"{doc_id}: {choice.split if choice else 'none possible'}, since {_why(story, choice, documents)}"
        together = sum(not documents[i].twin_of for i in story.documents)
        yield f"  story {story.name!r}, {together:,} document{'s' * (together != 1)} without a split"
    copies = near.near(number)
    for copy in copies[:_SHOWN]:
        other = documents[copy]
        twin = f", twin of {other.twin_of}" if other.twin_of else ""
        share = f"{near.share(number, copy):.0%} in common"
        yield f"  near-duplicate {other.doc_id}, {share}, {other.split or 'no split'}{twin}"
    if len(copies) > _SHOWN:
        yield f"  and {len(copies) - _SHOWN:,} more near-duplicates"
    if not copies:
        yield "  no near-duplicates"


_SHOWN = 20


def _why(story: Story, choice: Choice | None, documents: Sequence[Splittable]) -> str:
    if choice:
        return choice.why
    return bridge(story, documents) if story.bridges else "none of its documents has `published`"


def bridge(story: Story, documents: Sequence[Splittable]) -> str:
    """Describe the ties of a story to several splits."""
    return " and ".join(f"{documents[tie.other].doc_id} ({tie.why}) is in {tie.split}" for tie in story.ties)
