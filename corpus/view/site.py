"""Write a site: a page for each article and annotation, the page of the corpus, and the static files.

The folder is written to a temporary one beside it and renamed when it is complete. It may replace an earlier site,
which its `static/view.css` tells from a folder of anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.model import GOLD, CorpusError, Document
from ..core.schema import Schema
from ..files import Index, Reader, by_document, new_folder
from .environment import STATIC, address, render, static, top

_SHARD = 256


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a corpus a site shows.

    `doc_ids`: only these articles; empty: all. `annotators`: a page for each of these annotations of an article; empty:
    gold, or the first of an article without gold. `compare`: the annotators whose differences are shown.
    `with_attached`: also texts that the corpus withholds, from copies that are attached.
    """

    doc_ids: Collection[str] = ()
    annotators: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    with_attached: bool = False


def write_site(root: Path, schema: Schema, out: Path, choice: Choice) -> int:
    """Write the site to `out` and return the number of article pages.

    Raises CorpusError if `out` holds anything but an earlier site, or if the corpus lacks a chosen article.
    """
    may_replace(out)
    pages = []
    with new_folder(out, replace=True) as new, Index(root) as index:
        for name in STATIC:
            write(new.path, f"static/{name}", static(name))
        for documents in articles(index, choice):
            for document in chosen(documents, choice):
                annotator = document.annotation.annotator if document.annotation else ""
                page = address(document.doc_id, annotator)
                write(new.path, page, render("index.html", title=document.doc_id, pages=[], top=top(page)))
                pages.append(page)
        write(new.path, "index.html", render("index.html", title=root.name, pages=pages, top=""))
        new.commit()
    return len(pages)


def may_replace(out: Path) -> None:
    """Raise CorpusError unless `out` is new, empty or an earlier site."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CorpusError(f"{out} is not a directory")
    if out.is_dir() and any(out.iterdir()) and not (out / "static" / STATIC[0]).is_file():
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
