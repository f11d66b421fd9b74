"""Screens of level 5 about entities, their mentions and chains."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.parse import Numbers
from ...columns.texts import WORD, hashes
from ...core.arrays import begins_of, joined, lengths_of
from ...core.pronouns import pronouns_of
from ..chains import name_key
from ..mentions import _EDGES as EDGES
from ..mentions import _THINGS as THINGS
from ..mentions import mixed_word
from .frame import Frame, among, frame, keyed, repeats, unlike

_APOSTROPHES = "'’ʼ"
_KEYS = np.array(
    [0 if chr(i).isspace() and i < 128 else ord(chr(i).lower()) if i < 128 else i for i in range(256)], np.uint8
)
"""What each byte of a name in UTF-8 is in its key, 0 for a blank."""


class _Words:
    """The words of each mention, as the text has them, in several forms; "" where the text is withheld."""

    def __init__(self, columns: Columns) -> None:
        one = frame(columns)
        self.mentions, self.entity = one.mentions, one.mentions.referred("entity")
        self.several = one.mentions.count("spans") != 1
        """Mentions of several spans: their words include the text between these."""
        self.begin, self.end = one.edges(one.mentions, "spans")
        self.strings: pa.StringArray = one.texts.strings(self.begin, self.end)
        self.form = {form: one.mentions.equals("form", form) for form in ("NAM", "NOM", "PRO")}
        self.lower: pa.StringArray = pc.utf8_lower(self.strings)

    def among(self, some: frozenset[str]) -> Mask:
        """Return which mentions are some words, in lower case."""
        mask: Mask = pc.is_in(self.lower, pa.array(sorted(some), pa.string())).to_numpy(zero_copy_only=False)
        return mask


@lru_cache(maxsize=1)
def _words(columns: Columns) -> _Words:
    return _Words(columns)


def two_types_or_split_chain(columns: Columns) -> Mask:
    """Screen of E501 and E502: a knowledge-base id that two entities have."""
    entities = frame(columns).entities
    linked = np.flatnonzero(entities.has("kb") & ~entities.equals("kb", "NIL"))
    codes = entities.values("kb").take(pa.array(linked)).dictionary_encode().indices.to_numpy()
    return columns.flag(entities.document[linked[repeats(entities.annotation[linked], codes)]])


def never_mentioned(columns: Columns) -> Mask:
    """Screen of E503."""
    one = frame(columns)
    known = np.zeros(len(one.entities), np.bool_)
    entity = one.mentions.referred("entity")
    known[entity[entity >= 0]] = True
    return columns.flag(one.entities.document[~known])


def shared_mention(columns: Columns) -> Mask:
    """Screen of E504: two mentions with the same first span."""
    mentions = frame(columns).mentions
    spans, count = mentions.spans("spans"), mentions.count("spans")
    first = (np.cumsum(count) - count)[count > 0]
    record = spans.record[first]
    return columns.flag(
        mentions.document[record[repeats(keyed(mentions, spans.start[first], record), spans.end[first])]]
    )


def merged_by_words(columns: Columns) -> Mask:
    """Screen of E506: an unnamed person with two descriptions."""
    one, words = frame(columns), _words(columns)
    asked = one.entities.equals("type", "PER", "NORP") & (_count(one, words.form["NAM"]) == 0)
    return columns.flag(one.entities.document[asked & (_count(one, words.form["NOM"]) > 1)])


def same_name(columns: Columns) -> Mask:
    """Screen of E510: a name that two entities of one document have."""
    one, words = frame(columns), _words(columns)
    entities = one.entities
    named = np.flatnonzero(words.form["NAM"] & (words.entity >= 0))
    strings = pa.chunked_array([_filled(entities.values("name")), words.strings.take(pa.array(named))]).combine_chunks()
    entity = np.concatenate((np.arange(len(entities)), words.entity[named]))
    keys = _key_hashes(strings)
    some = np.flatnonzero(pc.binary_length(strings).to_numpy() > 0)
    entity, keys = entity[some], keys[some]
    twin = unlike(entity, keys, entities.annotation[entity])
    flags = columns.flag(entities.document[entity[twin]])
    return flags | columns.flag(one.mentions.document[words.several])


def wrong_pronoun(columns: Columns) -> Mask:
    """Screen of E511."""
    one, words = frame(columns), _words(columns)
    things = _taken(one.entities.equals("type", *THINGS), words.entity)
    person = _taken(one.entities.equals("type", "PER"), words.entity)
    found = np.zeros(len(words.entity), np.bool_)
    for language in set(columns.languages):
        pronouns = pronouns_of(language)
        if pronouns is not None and pronouns.male:
            people, thing = words.among(pronouns.male | pronouns.female), words.among(pronouns.thing)
            own = columns.in_language(language)[words.mentions.document]
            found |= own & (people & things | thing & person)
    return columns.flag(words.mentions.document[found])


def he_and_she(columns: Columns) -> Mask:
    """Screen of E512."""
    one, words = frame(columns), _words(columns)
    flags = np.zeros(len(columns), np.bool_)
    for language in set(columns.languages):
        pronouns = pronouns_of(language)
        if pronouns is not None and pronouns.male:
            he, she = (_count(one, words.among(some)) > 0 for some in (pronouns.male, pronouns.female))
            both = he & she & one.entities.equals("type", "PER")
            flags |= columns.flag(one.entities.document[both]) & columns.in_language(language)
    return flags


def wrong_form(columns: Columns) -> Mask:
    """Screen of E513."""
    words, flags = _words(columns), np.zeros(len(columns), np.bool_)
    for language in set(columns.languages):
        pronouns = pronouns_of(language)
        if pronouns is not None:
            certain, other = words.among(pronouns.certain), words.among(pronouns.others | {""})
            wrong = words.form["PRO"] & (~(certain | other) | words.several) | ~words.form["PRO"] & certain
            flags |= columns.flag(words.mentions.document[wrong]) & columns.in_language(language)
    return flags


def missed_name(columns: Columns) -> Mask:
    """Screen of E514: a name of which each word is somewhere in the text where no mention is."""
    one, words, texts = frame(columns), _words(columns), columns.texts
    flags = np.zeros(len(columns), np.bool_)
    named = np.flatnonzero(words.form["NAM"] & ~words.several & (words.end > words.begin))
    first, last = one.word_at(words.begin[named]), one.word_at(words.end[named])
    # An edge may be within a word, which then is not a word of the name.
    flags[
        words.mentions.document[
            named[(first >= last) | texts.has(words.begin[named] - 1, WORD) | texts.has(words.end[named], WORD)]
        ]
    ] = True
    keep = first < last
    named, first, last = named[keep], first[keep], last[keep]
    for chosen in one.rounds():
        covered = one.covered(chosen, ((one.mentions, "spans"),))
        own = chosen[words.mentions.annotation[named]]
        lengths = (last - first)[own]
        if not len(lengths):
            continue
        begins = np.cumsum(lengths) - lengths
        number = np.repeat(first[own] - begins, lengths) + np.arange(lengths.sum())
        # The hash of a word and its document in one: equal words of one document are equal.
        starts, ends, hashes_, document = texts.words
        bare = np.flatnonzero(among(hashes_, hashes_[number]))
        bare = bare[~covered.has(starts[bare]) | ~covered.has(ends[bare] - 1)]
        known = among(_mixed(hashes_[number], document[number]), _mixed(hashes_[bare], document[bare]))
        every = np.logical_and.reduceat(known, begins)
        flags[words.mentions.document[named[own][every]]] = True
    return flags & texts.known


def foreign_name(columns: Columns) -> Mask:
    """Screen of E515: an entity with a name in the text, and none of its mentions is its name."""
    one, words = frame(columns), _words(columns)
    name = one.entities.values("name").take(pa.array(words.entity, mask=words.entity < 0))
    equal = pc.fill_null(pc.equal(words.strings, name), False).to_numpy(zero_copy_only=False) & ~words.several
    asked = (_count(one, words.form["NAM"]) > 0) & (_count(one, equal) == 0)
    return columns.flag(one.entities.document[asked])


def mixed_scripts(columns: Columns) -> Mask:
    """Screen of E516."""
    one, words = frame(columns), _words(columns)
    named = np.flatnonzero(words.form["NAM"])
    flags = np.zeros(len(columns), np.bool_)
    for strings, document in (
        (_filled(one.entities.values("name")), one.entities.document),
        (words.strings.take(pa.array(named)), words.mentions.document[named]),
    ):
        odd = np.flatnonzero(~pc.string_is_ascii(strings).to_numpy(zero_copy_only=False))
        mixed = [bool(mixed_word(one)) for one in strings.take(pa.array(odd)).to_pylist()]
        flags[document[odd[np.array(mixed, np.bool_)]]] = True
    return flags


def mark_at_edge(columns: Columns) -> Mask:
    """Screen of E517."""
    words, texts = _words(columns), columns.texts
    edge = texts.within(words.begin, EDGES) | texts.within(words.end - 1, EDGES)
    return columns.flag(words.mentions.document[edge & (words.end > words.begin)]) & texts.known


def possessive_name(columns: Columns) -> Mask:
    """Screen of E518."""
    words, texts = _words(columns), columns.texts
    ends = texts.within(words.end - 1, "s") & texts.within(words.end - 2, _APOSTROPHES)
    return columns.flag(words.mentions.document[ends]) & texts.known & columns.in_language("en")


def two_people(columns: Columns) -> Mask:
    """Screen of E519: a person with two names of several words."""
    one, words = frame(columns), _words(columns)
    person = _taken(one.entities.equals("type", "PER"), words.entity)
    full = pc.match_substring(words.strings, " ").to_numpy(zero_copy_only=False) | words.several
    chosen = np.flatnonzero(person & full & words.form["NAM"])
    codes = words.strings.take(pa.array(chosen)).dictionary_encode().indices.to_numpy()
    entity = words.entity[chosen]
    flags = columns.flag(one.entities.document[entity[unlike(codes, entity)]])
    return flags | columns.flag(words.mentions.document[chosen[words.several[chosen]]])


def _count(one: Frame, mentions: Mask) -> Numbers:
    """Return how many of some mentions each entity has."""
    entity = one.mentions.referred("entity")[mentions]
    return np.bincount(entity[entity >= 0], minlength=len(one.entities))


def _taken(values: Mask, numbers: Numbers) -> Mask:
    if not len(values):
        return np.zeros(len(numbers), np.bool_)
    return (numbers >= 0) & values[np.maximum(numbers, 0)]


def _filled(strings: pa.StringArray) -> pa.StringArray:
    return pc.fill_null(strings, "")


def _mixed(words: npt.NDArray[np.uint64], documents: Numbers) -> npt.NDArray[np.uint64]:
    return words ^ (documents.astype(np.uint64) + np.uint64(1)) * np.uint64(0xD6E8FEB86659FD93)


def _key_hashes(strings: pa.StringArray) -> npt.NDArray[np.uint64]:
    """Return a hash of the key of each name, without its blanks: equal keys have equal hashes."""
    foreign = pc.invert(pc.string_is_ascii(strings))
    if pc.any(foreign).as_py():
        keys_ = [name_key(one) for one in strings.filter(foreign).to_pylist()]
        strings = pc.replace_with_mask(strings, foreign, pa.array(keys_, pa.string()))
    values = _KEYS.take(np.frombuffer(joined(strings), np.uint8))
    places = np.flatnonzero(values != 0)
    edges = np.searchsorted(places, begins_of(lengths_of(strings)))
    return hashes(values.take(places), edges[:-1], edges[1:])
