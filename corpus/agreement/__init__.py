"""How far annotators agree: Documents → figures, with definitions and sources in docs/agreement.md.

annotations → readings → matched records, segments, chains → counts a document → figures
"""

from .measure import Result, agreement
from .render import card_table

__all__ = ["Result", "agreement", "card_table"]
