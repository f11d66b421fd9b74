"""The worklist of an adjudicated document: what two annotators say differently, and what was decided about it.

    adjudication/<to>/<doc_id>.json    items: layer, a, b → decision, and who decided

Most items are disagreements. Two kinds have two equal sides: a record that both have and the adjudicator changed or
removed, and one that neither has and the adjudicator added (both sides are null).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.model import CorpusError, Record
from ..core.regular_file import read_file
from ..files import parse_json, replace_file

DECISIONS = ("a", "b", "edit", "neither")


@dataclass(slots=True)
class Item:
    """A disagreement: the record of each annotator, or None for an annotator without a matching record.

    Both records use the ids of the merged annotation. `decision` is "a" or "b" to take that annotator's side (no
    record if it is None), "edit" to take `record`, "neither" to take no record, or None while the item is open.
    `differs` names the fields that differ; `article` is the context in the text. `by` is who decided in Label Studio,
    and `task` in which task; both are "" for a decision in the worklist. `derived` names the fields of `record` that
    whoever wrote it there left blank, and a program derived.
    """

    layer: str
    a: Record | None
    b: Record | None
    differs: list[str]
    article: str | None
    decision: str | None = None
    record: Record | None = None
    by: str = ""
    task: str = ""
    derived: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return what the decision is about: the layer and both records, as JSON."""
        return json.dumps([self.layer, self.a, self.b], sort_keys=True)

    @property
    def is_own(self) -> bool:
        """Return True if the annotators do not differ: the adjudicator changed, removed or added a record."""
        return self.a == self.b

    @property
    def taken(self) -> Record | None:
        """Return the record that was decided on, or None for no record."""
        chosen = {"a": self.a, "b": self.b, "edit": self.record, "neither": None}[self.decision or "neither"]
        own = self.a or self.b
        return chosen if chosen is None or own is None else {**chosen, "id": own["id"]}


def read_worklist(path: Path, annotators: Sequence[str]) -> Record:
    """Return a worklist, {} if there is none. Raises CorpusError if it is invalid or of other annotators."""
    try:
        value, faults = parse_json(read_file(path, path.parent))
    except FileNotFoundError:
        return {}
    if faults or not isinstance(value, dict) or not isinstance(value.get("items"), list):
        where = f":{faults[0].line}:{faults[0].column}" if faults else ""
        raise CorpusError(
            f"{path}{where}: not a worklist of `corpus adjudicate`; fix the JSON, or restore the file from git"
        )
    if value.get("from") != list(annotators):
        raise CorpusError(f"{path} is for --from {value.get('from')}, not for {list(annotators)}")
    for number, item in enumerate(value["items"]):
        if not isinstance(item, dict) or item.get("decision") not in (None, *DECISIONS):
            raise CorpusError(f"{path}: items/{number}: decision must be null or one of {', '.join(DECISIONS)}")
        if item["decision"] == "edit" and not isinstance(item.get("record"), dict):
            raise CorpusError(f"{path}: items/{number}: decision is edit: put the correct record in `record`")
    return value


def take_decisions(agreed: Mapping[str, list[Record]], items: list[Item], before: Record) -> None:
    """Carry the decisions of an earlier worklist over to the items with the same two records.

    A record that both annotators still have and the adjudicator changed moves from `agreed` to the items.
    """
    made: dict[str, list[Record]] = defaultdict(list)
    for one in before.get("items", ()):
        if one.get("decision") is not None:
            made[json.dumps([one.get("layer"), one.get("a"), one.get("b")], sort_keys=True)].append(one)
    for item in items:
        if made[item.key]:
            _decide(item, made[item.key].pop(0))
    for one in before.get("items", ()):
        layer, record = one.get("layer"), one.get("a")
        if one.get("decision") is None or record != one.get("b") or layer not in agreed:
            continue
        if record in agreed[layer]:
            agreed[layer].remove(record)
        elif record is not None:
            continue
        item = Item(layer, record, record, [], one.get("article"))
        _decide(item, one)
        items.append(item)


def _decide(item: Item, made: Record) -> None:
    item.decision, item.record = made["decision"], made.get("record")
    item.by, item.task = (str(made.get(name) or "") for name in ("by", "task"))
    derived = made.get("derived")
    item.derived = tuple(one for one in derived if isinstance(one, str)) if isinstance(derived, list) else ()


def write_worklist(
    path: Path,
    doc_id: str,
    annotators: Sequence[str],
    to: str,
    items: Sequence[Item],
    checksum: str | None,
    replaced: str | None = None,
) -> None:
    """Write a worklist atomically, unless the file holds it already."""
    value = {
        "doc_id": doc_id,
        "from": list(annotators),
        "to": to,
        "written_sha256": checksum,
        **({"replaced_sha256": replaced} if replaced else {}),
        "items": [_as_json(item) for item in items],
    }
    data = dumps(value)
    if read_if_any(path) != data:
        with replace_file(path) as out:
            out.write(data)


def _as_json(item: Item) -> Record:
    return {
        "layer": item.layer,
        "article": item.article,
        "differs": item.differs,
        "a": item.a,
        "b": item.b,
        "decision": item.decision,
        "record": item.record,
        **({"by": item.by, "task": item.task} if item.by else {}),
        **({"derived": list(item.derived)} if item.derived else {}),
    }


def read_if_any(path: Path) -> bytes | None:
    """Return the bytes of a file, None if it is missing. Raises CorpusError if it is a link or not a regular file."""
    try:
        return read_file(path, path.parent)
    except FileNotFoundError:
        return None


def dumps(value: Record) -> bytes:
    """Return a worklist, or an annotation without a canonical form, as the bytes of a file."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
