"""`provenance.alternatives` beside the columns: a value is of any type there, so no column could hold it.

{… "alternatives": [{"layer": "stances", "value": 2}] …}  →  {… "alternatives": [] …}, and the alternatives
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..core.alternatives import alternatives, as_label, has_alternatives
from ..core.model import Record
from ..core.schema import Schema
from .keys import Mask
from .parse import Numbers, is_plain
from .structure import validator
from .types import SPAN

_KEY = b'"alternatives":'
ALTERNATIVE = pa.struct(
    [
        *((name, pa.string()) for name in ("layer", "record", "field", "value")),
        ("spans", pa.list_(SPAN)),
        ("note", pa.string()),
    ]
)
"""An alternative; its value is a string as in `disagreement`: several joined by "+", true or false, digits."""


def without_alternatives(parts: Sequence[bytes], schema: Schema) -> tuple[list[bytes], dict[int, list[Record]]]:
    """Return annotations with an empty list in place of their alternatives, and the alternatives by number of a part.

    An annotation whose alternatives violate the schema stays as it is.
    """
    bare, found = list(parts), dict[int, list[Record]]()
    chosen = [i for i, part in enumerate(parts) if part.count(_KEY) == 1 and is_plain(part)]
    if not chosen or not has_alternatives(schema.annotation):
        return bare, found
    valid = validator(schema.annotation["properties"]["provenance"]["properties"]["alternatives"], schema.annotation)
    for i in chosen:
        before, _, after = parts[i].partition(_KEY)
        try:
            text = after.decode("utf-8")
            start = len(text) - len(text.lstrip(" \t\r\n"))
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        # An offset with a decimal point is left to S206.
        if isinstance(value, list) and valid.is_valid(value) and len(have_form := _with_form(value)) == len(value):
            bare[i] = b"%s%s[]%s" % (before, _KEY, text[end:].encode())
            found[i] = have_form
    return bare, found


def _with_form(value: list[Any]) -> list[Record]:
    return alternatives({"provenance": {"alternatives": value}})


def with_alternatives(table: pa.Table, numbers: Numbers, found: Mapping[int, list[Record]]) -> tuple[pa.Table, Mask]:
    """Return annotations with their alternatives, and which of them had these where alternatives belong.

    `numbers` are those of the parts that `found` has them of.
    """
    known = [found.get(number) for number in numbers.tolist()]
    written = [
        None if some is None else [{**one, "value": as_label(one.get("value"))} for one in some] for some in known
    ]
    at = table.schema.get_field_index("provenance")
    provenance = table.column(at).combine_chunks()
    if provenance.type.get_field_index("alternatives") < 0:  # no annotation has them where they belong
        return table, np.array([some is None for some in known], np.bool_)
    own = {provenance.type.field(i).name: provenance.field(i) for i in range(provenance.type.num_fields)}
    # A key of that name may be anywhere, but each part has only one.
    has_list = pc.struct_field(provenance, "alternatives").is_valid().to_numpy(zero_copy_only=False)
    is_placed: Mask = has_list | np.array([some is None for some in known], np.bool_)
    own["alternatives"] = pa.array(written, pa.list_(ALTERNATIVE))
    made = pa.StructArray.from_arrays(list(own.values()), names=list(own), mask=provenance.is_null())
    return table.set_column(at, "provenance", made), is_placed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is written twice")
    return made


def _whole(digits: str) -> int:
    number = int(digits)
    if not -(2**63) <= number < 2**63:
        raise ValueError("a number does not fit in 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("a number is too large")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
"""Raises ValueError for what the columns would not hold either."""
