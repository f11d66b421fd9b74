"""Match the records of two annotations of one document: what they share, and in which values they differ.

    two annotations → places in code points → one-to-one assignment → pairs of records → equal and differing values

All figures and checks that compare annotations use this one matching. It reads no file and no text: offsets suffice.
"""

from .assign import Piece, Place, best_first, shared_code_points, union
from .common_fields import common_fields
from .coreference import Partition, chains_of, lea_counts
from .disagreement import Item, items, label_fields
from .joint import Matchings, Unit, joint_units, matchings
from .places import owned_layers, owner_field, place_fields, places_of
from .records import KEYS, Matching, Pairs
from .statements import Statement, statements
from .values import comparable, label_of, referred

__all__ = [
    "KEYS",
    "Item",
    "Matching",
    "Matchings",
    "Pairs",
    "Partition",
    "Piece",
    "Place",
    "Statement",
    "Unit",
    "best_first",
    "chains_of",
    "common_fields",
    "comparable",
    "items",
    "joint_units",
    "label_fields",
    "label_of",
    "lea_counts",
    "matchings",
    "owned_layers",
    "owner_field",
    "place_fields",
    "places_of",
    "referred",
    "shared_code_points",
    "statements",
    "union",
]
