"""Measure inter-annotator agreement, and adjudicate; docs/agreement.md has all definitions and sources.

annotations → shared documents → matched records, segments, chains → counts for each document → figures
"""

from .measure import Result, agreement
from .render import card_table

__all__ = ["Result", "agreement", "card_table"]
