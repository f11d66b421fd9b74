"""Show an annotated article to a person.

    Document, Schema → marks in the text and a line for each record → `terminal`

Everything is derived from the schema: a new layer is shown without a change here.
"""

from .load import load_document
from .terminal import as_text

__all__ = ["as_text", "load_document"]
