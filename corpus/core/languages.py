"""How languages are written: blanks between words, and marks of quotations. Languages are BCP 47 primary subtags."""

from __future__ import annotations

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


def primary_subtag(language: str) -> str:
    """Return the language of a BCP 47 tag without its script and region, in lower case."""
    return language.partition("-")[0].lower()
