"""raw/ and annotations/ ↔ Documents: index, read and write them. Releases on disk, and git."""

from .edit import edited
from .index import DOC_ID, Entry, Index, by_document, is_bulk
from .read import Reader, parse_json
from .write import canonical, canonical_line
from .writer import new_folder, open_output, replace_file

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
    "new_folder",
    "open_output",
    "parse_json",
    "replace_file",
]
