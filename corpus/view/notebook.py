"""An annotated article in a notebook: `corpus.show`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from ..core.model import Annotation, Article, CorpusError, Document, Record, Source
from ..core.schema import Field, Schema
from ..core.settings import find_root
from ..files import open_output
from .article import article_html
from .load import read_article
from .page import article_page
from .picture import picture
from .site import Choice, article_pages
from .terminal import as_text


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """An annotated article that a notebook shows as a page and a terminal as text. `html` is the page, complete."""

    html: str
    document: Document
    schema: Schema
    with_attached: bool = False

    def _repr_html_(self) -> str:
        """Return the page in a frame, in which its style and script are apart from those of the notebook."""
        title = escape(f"{self.document.doc_id}, annotated")
        return (
            f'<iframe title="{title}" style="width:100%;height:640px;border:1px solid #ccc;border-radius:4px" '
            f'sandbox="allow-scripts" srcdoc="{escape(self.html)}"></iframe>'
        )

    def __repr__(self) -> str:
        return "\n".join(as_text(self.document, self.schema, with_attached=self.with_attached))

    def svg(self) -> str:
        """Return the article as a picture, SVG."""
        return picture(self.document, self.schema, with_attached=self.with_attached)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file that needs no other one; return its path."""
        target = Path(path)
        with open_output(target) as file:
            file.write(self.html.encode())
        return target


def show(
    article: str | Mapping[str, Any],
    annotator: str = "",
    *,
    compare: Sequence[str] = (),
    root: str | Path | None = None,
    with_attached: bool = False,
) -> ShownArticle:
    """Show an annotated article in a notebook, or print it in a terminal.

    `article` is the id of an article of the corpus, or a row of the configs `documents` and `annotations`, as
    `corpus.load` returns them; a row of any other config shows its article. `annotator` is whose annotation, by default
    gold, or the first. `compare` are the annotators whose differences are shown. `root` is the corpus, by default the
    one around the working directory; a row takes its schema from there. A text that must not be redistributed is shown
    only if it is attached, `with_attached` is true. Raises CorpusError if the corpus does not have the article or the
    annotation, or if the annotation has errors in its structure.
    """
    folder = find_root(Path.cwd()) if root is None else Path(root).resolve()
    schema = Schema.read(folder)
    if not isinstance(article, (str, Mapping)):
        raise CorpusError(f"an article is named by its id or given as a row, not as {type(article).__name__}")
    if isinstance(article, Mapping) and any(isinstance(article.get(layer), list) for layer in schema.layers):
        if compare:
            raise CorpusError("a row has one annotation: name the article by its id to compare annotators")
        document = _of_row(article, schema)
        return ShownArticle(article_html(article_page(document, schema)), document, schema)
    if isinstance(compare, str):
        raise CorpusError(f"compare takes a list of annotators, such as {compare.split(',')}, not a string")
    doc_id = article if isinstance(article, str) else article.get("doc_id")
    if not isinstance(doc_id, str):
        raise CorpusError("a row needs a doc_id, and an article is named by its id")
    documents = read_article(folder, doc_id)
    there = [one.annotation.annotator for one in documents if one.annotation is not None]
    for name in (*([annotator] if annotator else []), *compare):
        if name not in there:
            raise CorpusError(f"{doc_id} has no annotation of {name}: name one of {', '.join(there) or 'none'}")
    choice = Choice(
        annotators=(annotator,) if annotator else (),
        compare=tuple(dict.fromkeys(compare)),
        with_attached=with_attached,
    )
    made = article_pages(documents, schema, choice)
    if made.refused:
        problem = made.refused[0]
        raise CorpusError(f"{problem.file}:{problem.line}:{problem.column} has an error, {problem.code}: fix it first")
    ((_, page),) = made.pages
    name = page.annotator
    document = next((one for one in documents if one.annotation and one.annotation.annotator == name), documents[0])
    return ShownArticle(article_html(page), document, schema, with_attached)


def _of_row(row: Mapping[str, Any], schema: Schema) -> Document:
    """Return the document of a row of `documents` or `annotations`."""
    text = row.get("text")
    record: Record = {one.name: _value(one, row[one.name]) for one in schema.article_fields if one.name in row}
    record |= {"doc_id": str(row.get("doc_id")), "redistribution": "full" if text is not None else "offsets_only"}
    value: Record = {
        "doc_id": record["doc_id"],
        "annotator": row.get("annotator") or "gold",
        "layers_done": list(row.get("layers_done") or ()),
        "provenance": {name: of for name, of in (row.get("provenance") or {}).items() if of is not None},
    }
    fields_done = {name: of for name, of in (row.get("fields_done") or {}).items() if of is not None}
    if fields_done:
        value["fields_done"] = fields_done
    for name, layer in schema.layers.items():
        if name in value["layers_done"]:
            fields = {one.name: one for one in layer.fields}
            value[name] = [
                {key: _value(fields[key], of) for key, of in one.items() if key in fields}
                for one in row.get(name) or ()
            ]
    source = Source(f"row {record['doc_id']}", "record", value=record)
    article = Article(record["doc_id"], record, text, (source,))
    annotated = Annotation(value["annotator"], value, Source(f"row {record['doc_id']}", "annotation", value=value))
    return Document(article.doc_id, article, annotated)


def _value(field: Field, value: Any) -> Any:
    """Return a value of a table as an annotation has it: the name of a label, and spans without their null words."""
    if isinstance(value, list):
        return [_value(field, one) for one in value]
    if field.kind == "label" and isinstance(value, int) and not isinstance(value, bool):
        return field.labels[value].name if 0 <= value < len(field.labels) else None
    return value
