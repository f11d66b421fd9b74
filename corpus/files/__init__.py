"""raw/ and annotations/ ↔ Documents: which documents there are, reading them, writing them."""

from .edit import edited
from .index import DOC_ID, Entry, Index, by_document, is_bulk
from .read import Reader, parse_json
from .write import canonical, canonical_line, replace_file

__all__ = [
    "DOC_ID",
    "Entry",
    "Index",
    "Reader",
    "by_document",
    "canonical",
    "canonical_line",
    "edited",
    "is_bulk",
    "parse_json",
    "replace_file",
]
