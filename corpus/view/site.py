"""Write a site: a page for each article and annotation, the page of the corpus, and the static files.

The folder is written to a temporary one beside it and renamed when it is complete. It may replace an earlier site,
which its `static/view.css` tells from a folder of anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from itertools import combinations
from pathlib import Path

from ..core.model import GOLD, CorpusError, Document, Problem
from ..core.schema import Schema
from ..files import Index, Reader, by_document, new_folder
from ..report.info import RunInfo
from . import report
from .article import SCRIPTS, STYLES, TOGGLES, article_html, site_toggles
from .environment import address, render, static
from .findings import Checked, Policy, check
from .page import Page, article_page

_SHARD = 256


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


@dataclass(frozen=True, slots=True)
class Made:
    """A page of a site: its address, and what it shows."""

    address: str
    page: Page


@dataclass(slots=True)
class Written:
    """What was written: the number of pages, and the annotations whose errors keep them from being shown."""

    pages: int = 0
    refused: list[Problem] = field(default_factory=list)
    problems: dict[tuple[str, str], list[Problem]] = field(default_factory=dict)
    """By document and annotator, "" for the article itself, what validation finds about it."""


def write_site(root: Path, schema: Schema, out: Path, choice: Choice, run: RunInfo) -> Written:
    """Write the site to `out`. `run` has the rules of the findings.

    Raises CorpusError if `out` holds anything but an earlier site, or if the corpus lacks a chosen article.
    """
    may_replace(out)
    written, pages = Written(), []
    with new_folder(out, replace=True) as new, Index(root) as index:
        for name in sorted({*STYLES, *SCRIPTS, *report.STYLES}):
            write(new.path, f"static/{name}", static(name))
        write(new.path, f"static/{TOGGLES}", site_toggles(schema, len(choice.compare)))
        for documents in articles(index, choice):
            for made in article_pages(documents, schema, choice, written):
                write(new.path, made.address, article_html(made.page, made.address))
                pages.append(made.address)
        write(new.path, "rules.html", report.rules_html(run.rules, "index.html"))
        write(new.path, "findings.html", findings_html(written, pages, run))
        write(new.path, "index.html", render("index.html", title=root.name, pages=pages, top=""))
        new.commit()
    written.pages = len(pages)
    return written


def article_pages(documents: list[Document], schema: Schema, choice: Choice, written: Written) -> Iterator[Made]:
    """Yield the pages of an article: `documents` are the article and its annotations. Errors go to `written`."""
    pages = chosen(documents, choice)
    wanted = [one for one in documents[1:] if one in pages or name_of(one) in choice.compare]
    asked = [documents[0], *wanted]
    checked = dict(zip(map(name_of, asked), check(asked, schema, choice.policy), strict=True))
    sound = [one for one in wanted if checked[name_of(one)].refused is None]
    written.refused += [problem for one in wanted if (problem := checked[name_of(one)].refused) is not None]
    written.problems.update({(one.doc_id, name_of(one)): checked[name_of(one)].problems for one in asked})
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
        yield Made(address(document.doc_id, name), page)


def findings_html(written: Written, pages: Sequence[str], run: RunInfo) -> str:
    """Return the page of the findings about all articles that are shown."""
    run = replace(run, documents=len({doc_id for doc_id, _ in written.problems}))
    of_article = {page.rpartition("/")[2].removesuffix(".html"): page for page in reversed(pages)}
    shown = set(pages)
    of_file = {one.file: key for key, found in written.problems.items() for one in found}

    def page_of(problem: Problem) -> tuple[str, bool]:
        doc_id, annotator = of_file[problem.file]
        place = address(doc_id, annotator)
        if place in shown:
            return place, True
        return of_article.get(doc_id, ""), False

    out = StringIO()
    found = [problem for _, of in sorted(written.problems.items()) for problem in of]
    for _ in report.write_findings(found, out, run, page_of, rules="rules.html", home="index.html"):
        pass
    return out.getvalue()


def _problems(checked: dict[str, Checked], name: str) -> Sequence[Problem]:
    """Return the findings about an article and about one annotation of it."""
    return [*checked[""].problems, *(checked[name].problems if name else ())]


def name_of(document: Document) -> str:
    """Return the annotator of a document, "" for an article without an annotation."""
    return document.annotation.annotator if document.annotation else ""


def may_replace(out: Path) -> None:
    """Raise CorpusError unless `out` is new, empty or an earlier site."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CorpusError(f"{out} is not a directory")
    if out.is_dir() and any(out.iterdir()) and not (out / "static" / STYLES[0]).is_file():
        raise CorpusError(f"{out} holds other files than a site: name a new directory, or empty this one")


def write(folder: Path, name: str, content: str) -> None:
    """Write a file of the site; `name` is its address."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode())


def articles(index: Index, choice: Choice) -> Iterator[list[Document]]:
    """Yield for each chosen article the Document without an annotation, then one for each annotation.

    Raises CorpusError for an article that the corpus does not have.
    """
    missing = [doc_id for doc_id in choice.doc_ids if not index.entries(doc_id)]
    if missing:
        raise CorpusError(f"there is no article {missing[0]} in raw/")
    with Reader(index.root, index.unpacked) as reader:
        for shard in index.shards(_SHARD):
            for group in by_document(shard):
                if group[0].doc_id and (not choice.doc_ids or group[0].doc_id in choice.doc_ids):
                    yield reader.documents(group)


def chosen(documents: list[Document], choice: Choice) -> list[Document]:
    """Return the Documents of an article that get a page."""
    by_name = {one.annotation.annotator: one for one in documents if one.annotation is not None}
    if choice.annotators:
        return [by_name[name] for name in choice.annotators if name in by_name]
    if not by_name:
        return documents[:1]
    return [by_name[GOLD] if GOLD in by_name else by_name[min(by_name)]]
