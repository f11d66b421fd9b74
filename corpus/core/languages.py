"""How languages are written: script, blanks between words, and marks of quotations. Languages are BCP 47 tags."""

from __future__ import annotations

from functools import cache

WITHOUT_BLANKS = frozenset(("bo", "ja", "km", "lo", "my", "th", "yue", "zh"))
"""Languages that are written without blanks between words."""
CLITICS = frozenset(("ar", "dv", "fa", "he", "ps", "ug", "ur", "yi"))
"""Languages that write small words, such as *and* or *the*, as part of the next or the last word."""
DIALOGUE_DASH = frozenset(
    (
        *("be", "bg", "ca", "da", "el", "es", "et", "eu", "fi", "fr", "gl", "hr", "hu", "it", "lt", "lv"),
        *("mk", "nb", "nn", "no", "pl", "pt", "ro", "ru", "sr", "sv", "tr", "uk"),
    ),
)
"""Languages in which a dash at the beginning of a paragraph opens a quotation."""
SAME_MARKS = frozenset(("fi", "sv"))
"""Languages that open and close a quotation with the same mark: ”Ja” or »Ja»."""

_LATIN = (
    "af ca cs cy da de en es et eu fi fil fr ga gl hr hu id is it lb lt lv ms mt nb nl nn no pl pt ro sk sl sq sv sw tl"
    " tr vi"
)
_SCRIPTS = {
    **dict.fromkeys(_LATIN.split(), "Latn"),
    **dict.fromkeys(("be", "bg", "mk", "ru", "uk"), "Cyrl"),
    **dict.fromkeys(("ar", "fa", "ur"), "Arab"),
    **dict.fromkeys(("he", "yi"), "Hebr"),
    **dict.fromkeys(("hi", "mr", "ne"), "Deva"),
    "am": "Ethi",
    "bn": "Beng",
    "bo": "Tibt",
    "el": "Grek",
    "gu": "Gujr",
    "hy": "Armn",
    "ja": "Jpan",
    "ka": "Geor",
    "km": "Khmr",
    "kn": "Knda",
    "ko": "Kore",
    "lo": "Laoo",
    "ml": "Mlym",
    "my": "Mymr",
    "pa": "Guru",
    "ta": "Taml",
    "te": "Telu",
    "th": "Thai",
    "yue": "Hani",
    "zh": "Hani",
}
"""The script of languages that are written in one, by ISO 15924."""
_COMBINED = {"Jpan": ("Hira", "Kana", "Hani"), "Kore": ("Hang", "Hani"), "Hans": ("Hani",), "Hant": ("Hani",)}


def primary_subtag(language: str) -> str:
    """Return the language of a BCP 47 tag without its script and region, in lower case."""
    return language.partition("-")[0].lower()


def scripts_of(language: str) -> tuple[str, ...]:
    """Return the scripts of a BCP 47 tag by ISO 15924: that which it names, or that of its language; () if unknown."""
    named = [part.title() for part in language.split("-")[1:] if len(part) == 4 and part.isalpha()]
    script = named[0] if named else _SCRIPTS.get(primary_subtag(language), "")
    return _COMBINED.get(script, (script,)) if script else ()


def is_common(language: str) -> bool:
    """Return True for a language whose tag needs no look-up: one that is listed here, without further subtags."""
    return language in _SCRIPTS


@cache
def tag_faults(language: str) -> str:
    """Return what is wrong with a BCP 47 tag by the IANA registry, "" if it is valid."""
    from language_tags import tags

    if is_common(language) or "qaa" <= primary_subtag(language) <= "qtz":
        return ""
    tag = tags.tag(language)
    # A script that is the default of its language is needless and not wrong.
    faults = [error.message.rstrip(".") for error in tag.errors if error.code != tag.ERR_SUPPRESS_SCRIPT]
    return "; ".join(faults)
