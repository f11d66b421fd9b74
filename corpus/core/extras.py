"""The optional libraries, and the extra that installs each.

`corpus validate` and `corpus build` need none of them. They are as large as all others together, and who has `datasets`
already keeps the version that is installed.
"""

from __future__ import annotations

from .model import CorpusError

EXTRAS = {
    "datasets": "load",
    "distributed": "dask",
    "huggingface_hub": "load",
    "nervaluate": "agreement",
    "pandas": "agreement",
    "playwright": "browser",
    "scipy": "agreement",
}


def missing_extra(error: ImportError) -> CorpusError | None:
    """Return the error for a library that is not installed, None if no extra has it."""
    library = (error.name or "").partition(".")[0]
    if library not in EXTRAS:
        return None
    return CorpusError(f"{library} is not installed: pip install 'on-the-record[{EXTRAS[library]}]'")
