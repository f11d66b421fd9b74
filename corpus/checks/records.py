"""Level 6: checks on an article's record, on dates, and on the language of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache

import regex
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from ..core.json_positions import join_pointer
from ..core.languages import scripts_of, tag_faults
from ..core.model import Document, Edit, Fix, Problem
from ..core.schema import Schema
from .rule import found

_NO_LICENCE = ("NONE", "NOASSERTION")
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
"""https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/"""
SAMPLE, _LEAST = 2000, 20
"""Characters of the text in which letters are counted, and the letters that are enough to judge."""
_LETTER = regex.compile(r"\p{L}")


def future_date(document: Document, schema: Schema) -> Iterator[Problem]:
    """C630: A date is in the future.

    What: `published`, `retrieved`, `kb_date`, or `created` or `updated` of an annotation is after the day of the run. A
    day is added, since it is later elsewhere.
    Why: a mistyped year puts the article into another period and, with splits by date, into another split.
    Bad: `"published": "2062-11-24"`
    Good: `"published": "2026-11-24"`
    Do: correct the date, or the clock of the computer that wrote it.
    """
    if document.today is None:
        return
    last = (document.today + timedelta(days=1)).isoformat()
    for parts, value in _dates(document):
        if value[:10] > last:
            yield found(future_date, document, f"{parts[-1]} is {value}", join_pointer(*parts))


def retrieved_before_published(document: Document, schema: Schema) -> Iterator[Problem]:
    """C631: The article was retrieved before it was published.

    What: `retrieved` is before `published`. A day is allowed for if only one of them has a time.
    Why: one of the dates is wrong, or the text is that of an earlier article.
    Bad: `"published": "2026-11-24", "retrieved": "2026-11-20"`
    Good: `"published": "2026-11-24", "retrieved": "2026-11-25"`
    Do: correct one of the two dates.
    """
    published, retrieved = document.value.get("published"), document.value.get("retrieved")
    if published and retrieved and is_before(retrieved, published):
        detail = f"retrieved {retrieved}, published {published}"
        yield found(retrieved_before_published, document, detail, "/retrieved")


def updated_before_created(document: Document, schema: Schema) -> Iterator[Problem]:
    """C632: An annotation was updated before it was created.

    What: `updated` in its `provenance` is before `created`.
    Why: the times of an annotation decide which of two versions is the newer one.
    Bad: `"created": "2026-11-24T10:00:00Z", "updated": "2026-11-23T10:00:00Z"`
    Good: `"created": "2026-11-23T10:00:00Z", "updated": "2026-11-24T10:00:00Z"`
    Do: correct one of the two times, or its time zone.
    """
    provenance = document.value.get("provenance") or {}
    created, updated = provenance.get("created"), provenance.get("updated")
    if created and updated and is_before(updated, created):
        detail = f"created {created}, updated {updated}"
        yield found(updated_before_created, document, detail, "/provenance/updated")


def unknown_licence(document: Document, schema: Schema) -> Iterator[Problem]:
    """C633: The licence is not an SPDX identifier.

    What: `license` is neither in the SPDX License List (as of the installed library `packaging`) nor `LicenseRef-…`,
    `NONE` or `NOASSERTION`; or its case differs from the list.
    Why: programs decide by the identifier whether a text may be used.
    Bad: `"license": "CC-BY"`
    Good: `"license": "CC-BY-4.0"`
    """
    licence = str(document.value.get("license") or "")
    known = identifier(licence)
    if known != licence:
        fix = Fix(True, f"write {known!r}", (Edit("/license", known),)) if known else None
        hint = "" if known else "see https://spdx.org/licenses/, or write LicenseRef- and a name"
        yield found(unknown_licence, document, repr(licence), "/license", suggestion=hint, fix=fix)


def unknown_language(document: Document, schema: Schema) -> Iterator[Problem]:
    """C634: The language is not a valid language tag.

    What: a part of the BCP 47 tag in `language` is not in the IANA registry (as of the installed library
    `language-tags`), or is deprecated.
    Why: sentences, tokens, quotation marks and pronouns are looked up by the language.
    Bad: `"language": "en-UK"`, `"language": "jp"`
    Good: `"language": "en-GB"`, `"language": "ja"`
    Do: write a tag of BCP 47, such as `en-GB`.
    """
    language = str(document.value.get("language") or "")
    faults = tag_faults(language)
    if faults:
        yield found(unknown_language, document, f"{language!r}: {faults}", "/language")


def other_script(document: Document, schema: Schema) -> Iterator[Problem]:
    """C635: The text is not in the script of its language.

    What: fewer than half of the letters at the beginning of the text are of the script that the tag in `language`
    names, or in which its language is written. Languages with several scripts are not checked without one.
    Why: the language is wrong, or the text was damaged by a wrong encoding.
    Bad: a Russian text with `"language": "en"`.
    Good: `"language": "ru"`
    Do: correct `language`, or add the script to it, such as `sr-Latn`.
    """
    language = str(document.value.get("language") or "")
    scripts, text = scripts_of(language), document.text
    sample = (text or "")[:SAMPLE]
    # Nearly all texts are in Latin script, and counting letters takes long.
    if not scripts or (scripts == ("Latn",) and 2 * len(sample.encode("ascii", "ignore")) > len(sample)):
        return
    letters, own = len(_LETTER.findall(sample)), len(_of_scripts(scripts).findall(sample))
    if letters >= _LEAST and 2 * own < letters:
        detail = f"{own:,} of {letters:,} letters are {' or '.join(scripts)}, the script of {language!r}"
        yield found(other_script, document, detail, "/language")


def _dates(document: Document) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield location and value of each date of a record or an annotation."""
    value = document.value
    for name in ("published", "retrieved"):
        if document.annotation is None and isinstance(value.get(name), str):
            yield (name,), value[name]
    provenance = value.get("provenance") or {}
    for name in ("created", "updated"):
        if isinstance(provenance.get(name), str):
            yield ("provenance", name), provenance[name]
    for i, entity in enumerate(document.layer("entities")):
        if isinstance(entity.get("kb_date"), str):
            yield ("entities", i, "kb_date"), entity["kb_date"]


def is_before(one: str, other: str) -> bool:
    """Return True if the first of two dates or times of ISO 8601 is certainly earlier."""
    try:
        if len(one) > 10 and len(other) > 10:
            return _time(one) < _time(other)
        grace = timedelta(days=len(one) != len(other))
        return date.fromisoformat(other[:10]) - date.fromisoformat(one[:10]) > grace
    except ValueError:
        return False  # a leap second, or a form that Python does not read


def _time(written: str) -> datetime:
    time = datetime.fromisoformat(written.upper())
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@cache
def identifier(licence: str) -> str:
    """Return an SPDX identifier, or a reference to a licence, in its own case; "" if it is none."""
    if licence in _NO_LICENCE or _REFERENCE.fullmatch(licence):
        return licence
    if licence.startswith("LicenseRef-"):
        return ""
    try:
        return str(canonicalize_license_expression(licence))
    except (InvalidLicenseExpression, ValueError):
        return ""


@cache
def _of_scripts(scripts: tuple[str, ...]) -> regex.Pattern[str]:
    try:
        return regex.compile("[" + "".join(rf"\p{{Script={script}}}" for script in scripts) + "]")
    except regex.error:  # a tag may name a script that does not exist, which C634 reports
        return _LETTER
