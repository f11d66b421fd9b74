"""Read CITATION.cff, and make the one BibTeX entry by which the card and croissant.json say how to cite the corpus."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..core.regular_file import read_utf8
from ..core.yaml_file import load_yaml


def read_citation(root: Path) -> dict[str, Any]:
    """Return the content of CITATION.cff, {} without one. Raises CorpusError for a value that cannot be cited."""
    path = root / "CITATION.cff"
    try:
        cited = load_yaml(read_utf8(path, root), path)
    except FileNotFoundError:
        return {}
    if not isinstance(cited, dict) or not {"title", "authors"} <= cited.keys():
        raise CorpusError(f"{path} must have a title and authors")
    authors = cited["authors"]
    if not isinstance(authors, list) or not all(isinstance(author, dict) for author in authors):
        raise CorpusError(f"{path}: authors must be a list of mappings, such as `- family-names: Doe`")
    for name in ("title", "abstract", "url", "repository-code"):
        if not isinstance(cited.get(name, ""), str):
            raise CorpusError(f"{path}: {name} must be a string: put it in quotation marks")
    for name in ("keywords", "license"):
        values = cited.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            if not isinstance(value, str):
                raise CorpusError(f"{path}: {name} must be strings: put {value} in quotation marks")
    return cited


def bibtex(cited: dict[str, Any], version: str, day: str | None) -> str:
    """Return an entry in one line. Its key is the title before a colon, such as on_the_record.

    `day` is that of the release (YYYY-MM-DD); without one, the year is that of `date-released`.
    """
    authors = " and ".join(f"{{{author_name(author)}}}" for author in cited.get("authors", ()))
    released = day or str(cited.get("date-released") or "")
    year = f", year = {{{released[:4]}}}" if released else ""
    title = str(cited["title"])
    key = re.sub(r"\W+", "_", title.split(":")[0].strip()).lower()
    return f"@misc{{{key}, title = {{{title}}}, author = {{{authors}}}{year}, note = {{Version {version}}}}}"


def author_name(author: dict[str, Any]) -> str:
    """Return the name of an author: of an organisation, or given name and family name of a person."""
    names = (author.get("given-names"), author.get("name-particle"), author.get("family-names"))
    return str(author.get("name") or " ".join(str(one) for one in names if one))
