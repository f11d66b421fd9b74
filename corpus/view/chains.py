"""The list of chains: who and what is mentioned, where, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from .names import Names, anchor, short
from .roles import Role, label_words


@dataclass(frozen=True, slots=True)
class Chain:
    """An owner with its members.

    `first` is the address of its first member. `at` is where each begins, in percent of the text, for three or more.
    """

    role: Role
    anchor: str
    letter: str
    css: str
    name: str
    facts: list[str]
    more: list[str]
    """Further values of its record, which are shown when it is pinned."""
    first: str
    at: list[int]
    alone: bool
    """True for an owner with at most one member and nothing else."""


def chains(names: Names) -> list[Chain]:
    """Return the chains of all owner layers, the largest ones first."""
    length = max(1, len(names.text or "") or int(names.document.article.record.get("length") or 0))
    found = []
    for layer, order in names.order.items():
        role = names.roles[layer]
        for owner in order:
            record, members = names.by_id[layer][owner], names.chains[layer].get(owner, [])
            pieces = [names.pieces(name, one) for name, one in members]
            first = anchor(members[0][1]["id"]) if members else ""
            more: list[str] = []
            facts = [f"×{len(members)}"] if len(members) > 1 else []
            for name, count in names.holds(layer, owner).items():
                other = names.roles[name]
                facts.append(f"{count} {other.one if count == 1 else other.layer.title.lower()}")
            for field in role.layer.fields:
                value = record.get(field.name)
                if field.kind == "label" and value is not None:
                    each = value if isinstance(value, list) else [value]
                    facts[:0] = [label_words(field.labels, one)[0] for one in each]
                elif field.kind == "scalar" and field.name != "id" and value not in (None, [], ""):
                    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                    if shown != names.name(layer, owner):
                        more.append(f"{field.title.lower()} {shown}")
            more += [f"as good: {short(one, 200)}" for one in names.as_good.get((layer, owner), ())]
            found.append(
                Chain(
                    role,
                    anchor(owner),
                    names.letter(layer, owner),
                    names.colour(layer, record),
                    names.name(layer, owner),
                    facts,
                    more,
                    first,
                    sorted({100 * one[0][0] // length for one in pieces if one}) if len(pieces) > 2 else [],
                    names.size(layer, owner) < 2,
                )
            )
    return found
