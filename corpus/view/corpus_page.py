"""The corpus page, `index.html`, and the list of articles in pages, for browsers without scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from markupsafe import Markup

from ..core.card_text import Prose
from ..core.hard_cases import HARD_CASES
from ..core.schema import Schema
from .charts import Figure, bar, intervals
from .entry import INVALID, WITHHELD, columns
from .environment import render
from .figures import Agreement
from .labels import LabelField, Labels
from .summary import NO_SPLIT, Summary

CORPUS_STYLE, CORPUS_SCRIPT = "corpus.css", "corpus.js"
ROWS = 25
"""The articles on one page of the list."""
_FIRST = ("split", "story")
"""The filters of articles that come first."""
_FACTS = ("source", "published", "story")
"""The fields of an article that the list shows below its title, if the schema has them."""
_DAY = len("2026-11-29")
_STATES = {WITHHELD: "text withheld", INVALID: "has errors"}
_STORIES = 200
"""The stories that the page names, the largest first. A search finds the others."""
_SUMMED_UP = ("records, F1", "records with equal labels, F1")
"""The figures that sum up a layer."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the corpus page shows. `name` is that of its directory, `pages` has those of each article."""

    prose: Prose
    name: str
    schema: Schema
    labels: Labels
    total: Summary
    agreement: Agreement
    parts: list[str]
    pages: Mapping[str, Sequence[str]]


def corpus_pages(corpus: Corpus, rows: Iterable[list[Any]]) -> Iterator[tuple[str, bytes]]:
    """Yield the pages, address and bytes: those of the list, and `index.html`, which has the first `ROWS` of `rows`."""
    count = sum(corpus.total.articles.values())
    common: dict[str, Any] = {
        "heading": corpus.prose.title if corpus.prose.front else corpus.name,
        "count": count,
        "last": max(1, -(-count // ROWS)),
        "layers": [(name, corpus.schema.layers[name].title) for name in corpus.labels.layers],
        "styles": (CORPUS_STYLE,),
        "columns": columns(corpus.schema),
    }
    stories: dict[str, list[tuple[str, str, str]]] = {name: [] for name, _ in _largest_stories(corpus.total)}
    rows = _noting(rows, common["columns"], stories)
    shown = (_shown(row, common["columns"]) for row in rows)
    first = list(islice(shown, ROWS))
    number = 1
    while some := list(islice(shown, ROWS)):
        number += 1
        yield f"list/{number}.html", render("list.html", top="../", number=number, rows=some, **common).encode()
    page = render(
        "corpus.html", top="", scripts=(CORPUS_SCRIPT,), number=1, rows=first, **common, **_sections(corpus, stories)
    )
    yield "index.html", page.encode()


def _shown(row: list[Any], names: list[str]) -> dict[str, Any]:
    """Return what the list shows of a row."""
    doc_id, title, address, values, counts, _, _, state, _ = row
    of = dict(zip(names, values, strict=True))
    return {
        "doc_id": doc_id,
        "title": title or doc_id,
        "address": address,
        "counts": counts,
        "split": of.get("split"),
        "state": _STATES.get(state),
        "facts": [str(of[name])[: _DAY if name == "published" else None] for name in _FACTS if of.get(name)],
    }


def _noting(
    rows: Iterable[list[Any]], names: list[str], stories: dict[str, list[tuple[str, str, str]]]
) -> Iterator[list[Any]]:
    """Yield the rows, and note the articles of some stories: id, title and address."""
    at = names.index("story") if "story" in names else None
    for row in rows:
        if at is not None and (found := stories.get(str(row[3][at]))) is not None:
            found.append((row[0], row[1], row[2]))
        yield row


def _largest_stories(total: Summary) -> list[tuple[str, int]]:
    sizes: Counter[str] = Counter()
    for (story, _), count in total.stories.items():
        sizes[story] += count
    return sorted(sizes.items(), key=lambda one: (-one[1], one[0]))[:_STORIES]


def _sections(corpus: Corpus, stories: Mapping[str, list[tuple[str, str, str]]]) -> dict[str, Any]:
    """Return what the template shows besides the list."""
    total = corpus.total
    counted = dict.fromkeys(corpus.schema.splits, 0) | total.articles
    splits = [*corpus.schema.splits, *([NO_SPLIT] if total.articles[NO_SPLIT] else [])]
    return {
        "intro": _plain(corpus.prose.begin) if corpus.prose.front else "",
        "key_figures": list(_key_figures(corpus)),
        "splits": [(name, name or "no split", counted[name]) for name in splits],
        "split_bar": bar([counted[name] for name in splits], sum(counted.values()), 600),
        "sections": [_layer(corpus, name, splits) for name in corpus.labels.layers],
        "agreement": corpus.agreement,
        "agreement_chart": _chart(corpus),
        "agreement_layers": _by_layer(corpus),
        "pages": corpus.pages,
        "cases": _cases(total),
        "stories": [
            (name, count, _splits_of(total, name, splits), stories[name]) for name, count in _largest_stories(total)
        ],
        "story_count": len({name for name, _ in total.stories}),
        "torn": len([1 for name in {name for name, _ in total.stories} if len(_splits_of(total, name, splits)) > 1]),
        "config": _config(corpus),
    }


def _key_figures(corpus: Corpus) -> Iterator[tuple[int, str]]:
    total = corpus.total
    twins = sum(total.twins.values())
    yield sum(total.articles.values()), "articles"
    if twins:
        yield twins, f"twin{'s' * (twins != 1)}, not counted"
    yield total.characters, "characters"
    for name in corpus.labels.layers:
        count = sum(of for (_, layer), of in total.records.items() if layer == name)
        yield count, corpus.schema.layers[name].title.lower()
    yield len(total.annotators), "annotators"


def _layer(corpus: Corpus, name: str, splits: list[str]) -> dict[str, Any]:
    total, layer = corpus.total, corpus.schema.layers[name]
    return {
        "name": name,
        "title": layer.title,
        "description": layer.description,
        "records": [total.records[split, name] for split in splits],
        "annotated": [total.annotated[split, name] for split in splits],
        "fields": [_field(total, one, splits) for one in corpus.labels.fields if one.layer == name],
    }


def _field(total: Summary, one: LabelField, splits: list[str]) -> dict[str, Any]:
    """Return the labels of a field: value, title, bar, counts by split, and the articles that have the label."""
    counts = [[total.labels[split, number] for split in splits] for number in one.numbers]
    most = max(map(sum, counts), default=0)
    rows = [
        (value, title, bar(of, most), sum(of), of, sum(total.labelled[split, number] for split in splits))
        for value, title, of, number in zip(one.values, one.titles, counts, one.numbers, strict=True)
    ]
    return {"field": one.field, "title": one.title, "rows": rows, "total": sum(map(sum, counts))}


def _chart(corpus: Corpus) -> Markup:
    figures = []
    for name in corpus.labels.layers:
        title = corpus.schema.layers[name].title
        for kind, measure in enumerate(_SUMMED_UP):
            for layer, field, figure, value, low, high, _ in corpus.agreement.figures:
                if (layer, field, figure) == (name, "", measure):
                    figures.append(Figure(title if not kind else "with equal labels", value, low, high, kind))
    return (
        intervals(figures, "Agreement on the records of each layer, F1 with 95% intervals") if figures else Markup("")
    )


def _by_layer(corpus: Corpus) -> list[tuple[str, list[list[Any]]]]:
    return [
        (corpus.schema.layers[name].title, found)
        for name in corpus.labels.layers
        if (found := [row for row in corpus.agreement.figures if row[0] == name])
    ]


def _cases(total: Summary) -> list[tuple[int, str, str, int, int, list[tuple[str, str, str]]]]:
    """Return the hard cases that occur: number, name, how it is detected, occurrences, articles, examples."""
    return [
        (i, one.name, one.told_by, total.cases[i], total.having[i], total.examples.get(i, []))
        for i, one in enumerate(HARD_CASES)
        if total.cases[i]
    ]


def _splits_of(total: Summary, story: str, splits: list[str]) -> list[str]:
    return [split or "no split" for split in splits if total.stories[story, split]]


def _config(corpus: Corpus) -> dict[str, Any]:
    """Return what the script needs to know: the parts of the index, and what can be filtered."""
    schema, total = corpus.schema, corpus.total
    titles = {one.name: one.title for one in schema.article_fields}
    labels = {one.name: {label.name: label.title for label in one.labels} for one in schema.article_fields}
    return {
        "parts": corpus.parts,
        "rows": ROWS,
        "count": sum(total.articles.values()),
        "columns": columns(schema),
        "layers": [{"name": name, "title": schema.layers[name].title} for name in corpus.labels.layers],
        "labels": [
            {
                "layer": one.layer,
                "field": one.field,
                "title": one.title,
                "first": one.first,
                "values": one.values,
                "titles": one.titles,
                "counts": [sum(total.labels[split, i] for split in total.articles) for i in one.numbers],
            }
            for one in corpus.labels.fields
        ],
        "filters": [
            {
                "field": name,
                "title": titles[name],
                "values": values,
                "titles": [labels[name].get(one, one) for one in values],
                "counts": [total.values[name, one] for one in values],
            }
            for name, values in _in_order(total.filters(), labels)
        ],
        "cases": [
            {"number": i, "name": one.name, "count": total.having[i]}
            for i, one in enumerate(HARD_CASES)
            if total.cases[i]
        ],
        "states": _STATES,
        "facts": [columns(schema).index(name) for name in _FACTS if name in columns(schema)],
        "annotators": sorted(total.annotators),
    }


def _in_order(
    filters: Mapping[str, list[str]], labels: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the filters with their values in the order of the schema, or else in alphabetical order."""
    for name in sorted(filters, key=lambda one: (one not in _FIRST, [*labels].index(one))):
        values = filters[name]
        known = list(labels[name])
        yield name, sorted(values, key=lambda one: (known.index(one) if one in known else len(known), one))


def _plain(markdown: str) -> str:
    """Return a paragraph of Markdown without its marks for emphasis and code."""
    return " ".join(markdown.replace("*", "").replace("`", "").split())
