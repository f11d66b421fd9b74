"""Pairs of a text and a target without a stance: what a table of stances needs for "none".

    targets     those that gold has a stance towards, in the same article
    speaker     × each speaker of a quote who has no stance towards the target
    headline    × each target that the headline has no stance towards; the article as a whole likewise

An article without a title has no pair of a headline.
Only annotations whose stances are done have pairs: there a stance that is missing says that there is none. Speakers
have pairs where the speakers of quotes are done, too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.records import Records
from ...core.arrays import ranges
from ...core.schema import TARGETS, Layer, Schema
from .columns import index_in
from .rows import Rows

SCOPES = ("article", "headline", "speaker")
"""The scopes of pairs, in the order of their rows."""
ARTICLE, HEADLINE, SPEAKER = range(len(SCOPES))
_FIELDS = {"scope": "label", "target": "reference", "holder": "reference"}
"""The fields of stances that say what a pair is, and their kinds."""


class Pairs(NamedTuple):
    """Pairs without a stance, by document: numbers of the document, scope, holder (an entity, -1 for none), target."""

    document: Numbers
    scope: Numbers
    holder: Numbers
    target: Numbers


def has_pairs(schema: Schema) -> bool:
    """Return True if the schema has the fields and labels that say what a pair of a stance is."""
    stances, quotes = schema.layers["stances"], schema.layers.get("quotes")
    speaker = quotes is not None and any(
        one.name == "speaker" and one.refers_to == "entities" and not one.many for one in quotes.fields
    )
    own = {one.name: one for one in stances.fields if not one.many}
    return (
        speaker
        and all(name in own and own[name].kind == kind for name, kind in _FIELDS.items())
        and own["target"].refers_to == TARGETS
        and own["holder"].refers_to == "entities"
        and set(SCOPES) <= {label.name for label in own["scope"].labels}
    )


def pairs_without_stance(rows: Rows) -> Pairs:
    """Return the pairs of gold that have no stance, by document, scope, target and holder."""
    schema = rows.schema
    stances, quotes, count = rows.layer("stances"), rows.layer("quotes"), max(1, len(schema.targets))
    layer = schema.layers["stances"]
    target = index_in(stances.values("target"), list(schema.targets))
    of_gold = rows.columns.gold[stances.annotation] & _done(rows, layer, *_FIELDS, "label")[stances.annotation]
    holder, known = stances.referred("holder"), of_gold & (target >= 0)
    # An article's targets: each once, as the number of the annotation and that of the target.
    wanted = np.unique(stances.annotation[known] * count + target[known])
    keys, scopes, holders = [], [], []
    for number in (ARTICLE, HEADLINE):
        has = known & stances.equals("scope", SCOPES[number])
        without = np.setdiff1d(wanted, stances.annotation[has] * count + target[has])
        if number == HEADLINE:
            without = without[_titled(rows)[rows.columns.document[without // count]]]
        keys.append(without)
        scopes.append(np.full(len(without), number))
        holders.append(np.full(len(without), -1))
    asked = rows.columns.gold & _done(rows, schema.layers["quotes"], "speaker")
    speaker = quotes.referred("speaker")
    speaker = np.unique(speaker[asked[quotes.annotation] & (speaker >= 0)])
    key, who = _crossed(wanted, count, speaker, rows.layer("entities").annotation[speaker])
    without = ~np.isin(who * count + key % count, holder[known] * count + target[known])
    keys.append(key[without])
    scopes.append(np.full(int(without.sum()), SPEAKER))
    holders.append(who[without])
    of_pair, scope, who = (np.concatenate(one) for one in (keys, scopes, holders))
    document, towards = rows.columns.document[of_pair // count], of_pair % count
    order = np.lexsort((who, towards, scope, document))
    return Pairs(document[order], scope[order], who[order], towards[order])


def quotes_of(pairs: Pairs, quotes: Records) -> tuple[Numbers, Numbers]:
    """Return the quotes of the holders of pairs: the number of the pair and that of a quote, one for each quote."""
    speaker = quotes.referred("speaker")
    order = np.argsort(speaker, kind="stable")
    first = np.searchsorted(speaker[order], pairs.holder)
    counts = np.where(pairs.holder >= 0, np.searchsorted(speaker[order], pairs.holder, "right") - first, 0)
    return np.repeat(np.arange(len(counts)), counts), order[ranges(first, counts)]


def _crossed(wanted: Numbers, count: int, speaker: Numbers, annotation: Numbers) -> tuple[Numbers, Numbers]:
    """Return each speaker with each target of the same annotation: the key of annotation and target, and the speaker.

    `wanted` are these keys in ascending order, annotation × `count` + target.
    """
    of = wanted // count
    first = np.searchsorted(of, annotation)
    counts = np.searchsorted(of, annotation, "right") - first
    return wanted[ranges(first, counts)], np.repeat(speaker, counts)


def _titled(rows: Rows) -> Mask:
    """Return which documents have a title, which is the text of a headline."""
    mask: Mask = pc.fill_null(pc.not_equal(rows.columns.record("title"), ""), False).to_numpy(zero_copy_only=False)
    return mask


def _done(rows: Rows, layer: Layer, *fields: str) -> Mask:
    """Return which annotations annotated some fields of a layer."""
    mask: Mask = np.logical_and.reduce(
        [rows.columns.field_done(layer, one.name) for one in layer.fields if one.name in fields]
    )
    return mask
