"""Which documents' findings are reported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..files import Entry


@dataclass(frozen=True, slots=True)
class Selection:
    """The documents whose findings are reported. Corpus-wide rules read the other documents too."""

    complete: bool = True
    """True if the run reports on the whole corpus; only then are unused suppressions reported."""
    doc_ids: frozenset[str] | None = None
    """The documents to report on, None for all that are indexed."""
    files: frozenset[str] = frozenset()
    """With `doc_ids`, the files to report on where they belong to no document, and so are the folders they are in."""
    releases_of: Path | None = None
    """The directory whose `releases/` has the last release, None for the corpus itself."""

    def wants(self, entry: Entry) -> bool:
        """Return True if the findings in a part, and in its document, are reported."""
        if self.doc_ids is None:
            return True
        if entry.doc_id:
            return entry.doc_id in self.doc_ids
        # An annotator's folder with a name that is not allowed is an entry of its own: no file in it is read.
        return entry.path in self.files or any(file.startswith(f"{entry.path}/") for file in self.files)


EVERYTHING = Selection()
"""Every document of the corpus."""
EVERYTHING_INDEXED = Selection(complete=False)
"""Every document of an index that was made for some paths only."""
