"""Compare two partitions of mentions into entities by LEA."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from ..core.model import Record
from ..core.schema import Field

Partition = Sequence[Iterable[Hashable]]


def lea_counts(first: Partition, second: Partition) -> dict[str, float]:
    """Return the sums of LEA, the Link-based Entity-Aware metric: resolved sizes, and total sizes, of both sides.

    LEA (Moosavi and Strube 2016, "Which Coreference Evaluation Metric Do You Trust?", ACL): an entity is weighted
    by its size and resolved by the share of its links that the other side has too; the one link of a singleton is
    to itself. A mention in two entities counts for the first. With `first` as the key, first / first_size is
    recall and second / second_size is precision.
    """
    resolved = _resolved(first, second)
    back = _resolved(second, first)
    return {"first": resolved[0], "first_size": resolved[1], "second": back[0], "second_size": back[1]}


def _resolved(key: Partition, response: Partition) -> tuple[float, float]:
    key, response = _partition(key), _partition(response)
    chain_of = {mention: number for number, chain in enumerate(response) for mention in chain}
    resolved = size = 0.0
    for chain in key:
        met = Counter(chain_of[mention] for mention in chain if mention in chain_of)
        if len(chain) == 1:
            share = float(any(len(response[number]) == 1 for number in met))
        else:
            share = sum(_links(count) for count in met.values()) / _links(len(chain))
        resolved += len(chain) * share
        size += len(chain)
    return resolved, size


def _partition(chains: Partition) -> list[list[Hashable]]:
    seen: set[Hashable] = set()
    found = []
    for chain in chains:
        new = [mention for mention in dict.fromkeys(chain) if mention not in seen]
        seen.update(new)
        if new:
            found.append(new)
    return found


def _links(mentions: int) -> float:
    return mentions * (mentions - 1) / 2


def chains_of(records: list[Record], owner: Field, place: Sequence[Field]) -> list[list[Hashable]]:
    """Return the mentions of each entity; a mention is the tuple of its spans (code points, half-open)."""
    chains: dict[str, list[Hashable]] = {}
    for record in records:
        spans = tuple((span["start"], span["end"]) for field in place for span in record.get(field.name, ()))
        chains.setdefault(record[owner.name], []).append(spans)
    return list(chains.values())
