"""The templates and static files of the pages, and the addresses of pages within a site.

    site/index.html                            the corpus
    site/annotations/<annotator>/<doc_id>.html an article with one annotation; the folders are those of the corpus
    site/raw/<doc_id>.html                     an article without one
    site/static/…                              style and script, the same for all pages

Every value that a template shows is escaped: the words of an article are shown and never obeyed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..core.regular_file import read_utf8
from .inline import escaped

_HERE = Path(__file__).parent


@cache
def environment() -> Environment:
    """Return the environment of all templates: it escapes everything, and refuses a name that is not defined."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["static"] = inline
    made.filters["words"] = words
    return made


def words(value: str) -> Markup:
    """Return text for an element, where quotation marks need no reference, unlike in an attribute."""
    return value if isinstance(value, Markup) else Markup(escaped(value))


def render(template: str, **values: object) -> str:
    """Return a page: `template` names a file of templates/, `values` are what it shows."""
    return environment().get_template(template).render(**values)


@cache
def static(name: str) -> str:
    """Return the content of a file of static/."""
    return read_utf8(_HERE / "static" / name)


def inline(name: str) -> Markup:
    """Return a file of static/ to be put into a page, which then needs no other file."""
    return Markup(static(name))


def address(doc_id: str, annotator: str = "") -> str:
    """Return the address of an article's page within the site; without `annotator`, that of the bare article."""
    return f"annotations/{annotator}/{doc_id}.html" if annotator else f"raw/{doc_id}.html"


def top(page: str) -> str:
    """Return the way from a page to the top of the site, "" or ending with a slash."""
    return "../" * page.count("/")
