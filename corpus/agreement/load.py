"""Read the documents that two or more annotators annotated, one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..core.done import layer_done
from ..core.model import GOLD, Article, CorpusError, Document, Record
from ..core.schema import Schema
from ..files import Index, Reader, by_document
from ..files.index import ANNOTATOR


@dataclass(frozen=True, slots=True)
class SharedDocument:
    """An article with its annotations to compare: annotator → annotation, sorted by annotator.

    `length` is the length of the text in code points.
    """

    article: Article
    length: int
    by: Mapping[str, Record]
    decided: Record | None = None
    """The annotation of the adjudicator, which is not among those to compare."""

    @property
    def doc_id(self) -> str:
        """Return the id of the document."""
        return self.article.doc_id

    @property
    def text(self) -> str | None:
        """Return the text, or None if it is withheld."""
        return self.article.text

    def done(self, layer: str) -> list[str]:
        """Return the annotators who annotated a layer."""
        return [name for name, value in self.by.items() if layer_done(value, layer)]


def annotators_of(root: Path) -> list[str]:
    """Return the names of all annotators of a corpus, sorted, including gold."""
    folder = root / "annotations"
    paths = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name for path in paths if ANNOTATOR.fullmatch(path.name) and path.is_dir())


def choose_annotators(root: Path, named: Sequence[str], adjudicator: str = GOLD) -> list[str]:
    """Return the annotators to compare, sorted: those in `named`, or all but gold and the adjudicator.

    Raises CorpusError for an unknown name, or if there are fewer than two.
    """
    there = annotators_of(root)
    for name in (*named, *([adjudicator] if adjudicator not in ("", GOLD) else [])):
        if name not in there:
            raise CorpusError(f"unknown annotator {name}; the annotators are {', '.join(there) or 'none'}")
    chosen = sorted(set(named)) if named else [name for name in there if name not in (GOLD, adjudicator)]
    if len(chosen) < 2:
        raise CorpusError(f"agreement needs two annotators or more, not {', '.join(chosen) or 'none'}")
    return chosen


def why_none(root: Path, annotators: Sequence[str], split: str, left_out: Mapping[str, int]) -> str:
    """Return why no document was compared: how many documents each annotator has, and what was left out."""
    counts: Counter[str] = Counter()
    shared = 0
    with Index(root) as index:
        for shard in index.shards(256):
            for group in by_document(shard):
                having = {entry.annotator for entry in group} & set(annotators)
                counts.update(having)
                shared += len(having) > 1
    if shared:
        reasons = [f"{count:,} {what}" for what, count in left_out.items()]
        reasons += [f"only the split {split} was chosen"] * bool(split)
        return f"two of them annotated {_documents(shared)}, but none can be compared: {', '.join(reasons)}"
    of_each = ", ".join(f"{name} annotated {_documents(counts[name])}" for name in annotators)
    return f"no document was annotated by two of them: {of_each}. Choose others with --annotators"


def _documents(count: int) -> str:
    return f"{count:,} document{'s' * (count != 1)}"


def shared_documents(
    root: Path,
    schema: Schema,
    annotators: Sequence[str],
    left_out: Counter[str],
    *,
    split: str = "",
    adjudicator: str = "",
) -> Iterator[SharedDocument]:
    """Yield each document that two or more of the annotators annotated, in the order of ids, of a split or of all.

    Annotations are dropped if they do not fit the schema, belong to another text or have a span outside of it;
    `left_out` counts them, and the documents whose text is withheld, by reason.
    """
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for shard in index.shards(256):
            for group in by_document(shard):
                if len({entry.annotator for entry in group} & set(annotators)) < 2:
                    continue
                found = reader.documents(group)
                article = found[0].article
                if split and article.record.get("split") != split:
                    continue
                length = len(article.text) if article.text is not None else article.record.get("length")
                if not isinstance(length, int) or not article.sources or article.sources[0].faults:
                    left_out["documents without a readable record"] += 1
                    continue
                usable = _usable(found, schema, [*annotators, adjudicator], length, left_out)
                decided = usable.pop(adjudicator, None)
                if len(usable) < 2:
                    continue
                if article.text is None:
                    left_out["documents without their text, in figures on tokens"] += 1
                yield SharedDocument(article, length, dict(sorted(usable.items())), decided)


def _usable(
    found: list[Document], schema: Schema, annotators: Sequence[str], length: int, left_out: Counter[str]
) -> dict[str, Record]:
    usable: dict[str, Record] = {}
    article = found[0].article
    text_sha256 = article.record.get("text_sha256")
    if article.text is not None:
        text_sha256 = sha256(article.text.encode()).hexdigest()
    for document in found[1:]:
        annotation = document.annotation
        if annotation is None or annotation.annotator not in annotators:
            continue
        value = annotation.value
        if annotation.source.faults or not schema.is_valid("annotation", value):
            left_out["annotations that `corpus validate` rejects"] += 1
        elif value["text_sha256"] != text_sha256:
            left_out["annotations of another text"] += 1
        elif not all(_within(value.get(layer), schema, layer, length) for layer in schema.layers):
            left_out["annotations with a span outside of the text"] += 1
        else:
            usable[annotation.annotator] = value
    return usable


def _within(records: Any, schema: Schema, layer: str, length: int) -> bool:
    fields = [field.name for field in schema.layers[layer].of_kind("spans")]
    spans = (span for record in records or () for name in fields for span in record.get(name, ()))
    return all(0 <= span["start"] < span["end"] <= length for span in spans)
