"""The files of a site that show articles: a page for each chosen article and annotation, and the static files.

`build.py` writes them, and the page of the corpus.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from itertools import combinations

from ..core.fingerprint import annotator_of
from ..core.model import GOLD, Document, Problem
from ..core.schema import Schema
from ..report.info import RunInfo
from . import report
from .article import SCRIPTS, STYLES, TOGGLES, site_toggles
from .corpus_page import CORPUS_SCRIPT, CORPUS_STYLE
from .environment import address, static
from .findings import Checked, Policy, check
from .page import Page, article_page

FINDINGS, RULES = "findings.html", "rules.html"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a corpus a site shows.

    `doc_ids`: only these articles; empty: all. `annotators`: a page for each of these annotations of an article; empty:
    gold, or the first of an article without gold. `compare`: the annotators whose differences are shown, pair by pair.
    `with_attached`: also texts that the corpus withholds, from copies that are attached. `policy`: which findings of
    validation are shown.
    """

    doc_ids: Collection[str] = ()
    annotators: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    with_attached: bool = False
    policy: Policy = field(default_factory=Policy)


@dataclass(slots=True)
class ArticlePages:
    """The pages of an article, each with its address, and what validation finds about it and its annotations.

    `refused` has the errors that keep annotations from being shown.
    """

    pages: list[tuple[str, Page]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)


def static_files(schema: Schema, choice: Choice) -> Iterator[tuple[str, str]]:
    """Yield the static files of a site: address and content."""
    for name in sorted({*STYLES, *SCRIPTS, *report.STYLES, CORPUS_STYLE, CORPUS_SCRIPT}):
        yield f"static/{name}", static(name)
    yield f"static/{TOGGLES}", site_toggles(schema, len(choice.compare))


def article_pages(documents: list[Document], schema: Schema, choice: Choice) -> ArticlePages:
    """Return the pages of an article: `documents` are the article and its annotations."""
    made = ArticlePages()
    pages = chosen(documents, choice)
    wanted = [one for one in documents[1:] if one in pages or name_of(one) in choice.compare]
    asked = [documents[0], *wanted]
    checked = dict(zip(map(name_of, asked), check(asked, schema, choice.policy), strict=True))
    sound = [one for one in wanted if checked[name_of(one)].refused is None]
    made.problems += [problem for one in asked for problem in checked[name_of(one)].problems]
    made.refused += [problem for one in wanted if (problem := checked[name_of(one)].refused) is not None]
    by_name = {name_of(one): one for one in sound}
    pairs = list(combinations((by_name[name] for name in choice.compare if name in by_name), 2))
    for document in pages:
        name = name_of(document)
        problems = _problems(checked, name)
        page = article_page(
            document,
            schema,
            pairs=pairs,
            problems=problems,
            with_attached=choice.with_attached,
            refused=checked[name].refused is not None,
        )
        page.others = [(other, address(one.doc_id, other)) for one in pages if (other := name_of(one)) != name]
        made.pages.append((address(document.doc_id, name), page))
    return made


def findings_html(problems: Iterable[Problem], pages: Mapping[str, Sequence[str]], documents: int, run: RunInfo) -> str:
    """Return the page of the findings about all articles that are shown; `pages` has those of each article."""

    def page_of(problem: Problem) -> tuple[str, bool]:
        own = address(problem.doc_id, annotator_of(problem.file))
        of = pages.get(problem.doc_id, ())
        return (own, True) if own in of else (next(iter(of), ""), False)

    out = StringIO()
    run = replace(run, documents=documents)
    for _ in report.write_findings(problems, out, run, page_of, rules=RULES, home="index.html"):
        pass
    return out.getvalue()


def _problems(checked: dict[str, Checked], name: str) -> Sequence[Problem]:
    """Return the findings about an article and about one annotation of it."""
    return [*checked[""].problems, *(checked[name].problems if name else ())]


def name_of(document: Document) -> str:
    """Return the annotator of a document, "" for an article without an annotation."""
    return document.annotation.annotator if document.annotation else ""


def chosen(documents: list[Document], choice: Choice) -> list[Document]:
    """Return the Documents of an article that get a page."""
    by_name = {one.annotation.annotator: one for one in documents if one.annotation is not None}
    if choice.annotators:
        return [by_name[name] for name in choice.annotators if name in by_name]
    if not by_name:
        return documents[:1]
    return [by_name[GOLD] if GOLD in by_name else by_name[min(by_name)]]
