"""raw/ and annotations/ ↔ Documents: which documents there are, reading them, writing them."""

from .index import Entry, Index
from .read import documents, parse_json
from .write import canonical, canonical_line, replace_file

__all__ = ["Entry", "Index", "canonical", "canonical_line", "documents", "parse_json", "replace_file"]
