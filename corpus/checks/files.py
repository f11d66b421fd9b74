"""Level 1: checks on files, before any other check reads them.

The reader records a `Fault` under the name of one of these checks, and the check turns it into a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.json_positions import position
from ..core.model import Document, Fix, Place, Problem
from ..core.schema import Schema
from .rule import CheckFunction, found


def not_utf8(document: Document, schema: Schema) -> Iterator[Problem]:
    """F101: The file is not UTF-8.

    What: the file contains bytes that are not valid UTF-8. UTF-16 and UTF-32 are named.
    Why: offsets count code points, which bytes of an unknown encoding do not have.
    Bad: a text saved as Windows-1252, where `é` is the byte E9.
    Good: the same text saved as UTF-8, before anyone annotates it.
    """
    hint = "convert it to UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8"
    for problem in _faults(not_utf8, document):
        yield replace(problem, suggestion=problem.suggestion or hint)


def byte_order_mark(document: Document, schema: Schema) -> Iterator[Problem]:
    """F102: The file begins with a byte order mark.

    What: the first character is U+FEFF, which editors on Windows write and hide.
    Why: in a text it is a code point and moves every offset by one; in JSON it is not allowed.
    Bad: `EF BB BF` before the first letter.
    Good: no mark. `corpus fmt --fix` removes it from JSON files; remove it from a text before annotation.
    Do: save the file as UTF-8 without a byte order mark; `corpus fmt --fix` does.
    """
    for problem in _faults(byte_order_mark, document):
        mendable = problem.file.endswith((".json", ".jsonl")) and not problem.message.endswith(": the text")
        yield replace(problem, fix=Fix(True, "write the file without it")) if mendable else problem


def bad_json(document: Document, schema: Schema) -> Iterator[Problem]:
    """F103: The file is not valid JSON.

    What: a comma, a bracket or a quotation mark is missing or superfluous, or a number is malformed; or the file
    has the markers of an unresolved merge.
    Why: nothing in the file can be read until the syntax is fixed.
    Bad: `{"id": "m1",}`
    Good: `{"id": "m1"}`
    """
    return _faults(bad_json, document)


def duplicate_key(document: Document, schema: Schema) -> Iterator[Problem]:
    """F104: An object has the same key twice.

    What: an object has two values for one key; most readers silently keep the last.
    Why: one of the two is lost, and it is unclear which was intended.
    Bad: `{"start": 1, "end": 4, "start": 2}`
    Good: `{"start": 2, "end": 4}`
    Do: delete one of the two values.
    """
    return _faults(duplicate_key, document)


def name_mismatch(document: Document, schema: Schema) -> Iterator[Problem]:
    """F105: The file's name does not match its content.

    What: `doc_id` differs from the file's name, or `annotator` from the folder's.
    Why: one of the two is wrong, and the annotation may belong to another article.
    Bad: `annotations/gold/a-1.json` with `"doc_id": "a-2"`.
    Good: `annotations/gold/a-1.json` with `"doc_id": "a-1"` and `"annotator": "gold"`.
    Do: rename the file, or correct the field.
    """
    for problem in _faults(name_mismatch, document):
        pointer = "/annotator" if "annotator is" in problem.message else "/doc_id"
        source = next(source for source in document.sources if source.path == problem.file)
        line, column = position(source, pointer)
        yield replace(problem, pointer=pointer, line=line, column=column)


def orphan_annotation(document: Document, schema: Schema) -> Iterator[Problem]:
    """F106: The annotation has no article.

    What: the annotation's `doc_id` has no record `raw/<doc_id>.json`.
    Why: offsets have no meaning without their article.
    Bad: `annotations/gold/a-1.json` and no `raw/a-1.json`.
    Good: both files.
    Do: add the article, or rename or delete the annotation.
    """
    return _faults(orphan_annotation, document)


def unportable_name(document: Document, schema: Schema) -> Iterator[Problem]:
    """F107: The name is not portable.

    What: a document id has 1 to 128 ASCII letters, digits, `.`, `_` and `-`, and begins with a letter
    or digit and does not end with `.`; an annotator's folder has lower-case letters, digits, `_` and `-`.
    Names of Windows devices (`con`, `prn`, `aux`, `nul`, `com1`, `lpt1`, …) are not portable.
    Why: blanks, colons, quotation marks and umlauts break on some file systems, and `../` leads outside
    the corpus.
    Bad: `raw/Wahl: „Nein“.json`
    Good: `raw/wahl-nein.json`, with the headline in its field `title`.
    """
    for problem in _faults(unportable_name, document):
        folder = "lower-case letters, digits, `_`, `-`"
        file = "an ASCII letter or digit, then ASCII letters, digits, `.`, `_`, `-`"
        is_folder = problem.file.startswith("annotations/") and problem.file.count("/") == 1
        but = "; it is not a device of Windows, such as nul" + ("" if is_folder else ", and does not end with `.`")
        yield replace(problem, suggestion=f"a name has {folder if is_folder else file}{but}")


def symlink(document: Document, schema: Schema) -> Iterator[Problem]:
    """F108: The file is a symbolic link.

    What: symbolic links are never followed.
    Why: a link can lead outside the corpus and expose files of the machine that reads it.
    Bad: `raw/a-1.txt -> /etc/passwd`
    Good: the file itself.
    Do: put the file itself in place of the link.
    """
    return _faults(symlink, document)


def too_large(document: Document, schema: Schema) -> Iterator[Problem]:
    """F109: The file or line is too large to be read.

    What: a file or a line of a bulk file over 16 MiB or with over a million values; a bulk file with over 1,000
    lines without a `doc_id`; or a compressed file that unpacks to more bytes or lines than articles do: over
    32 MiB and 200 times its size, or more lines than bytes. What all compressed files of a run may have in
    addition is 128 MiB and 20,000 lines. Of a run, 200,000 findings are shown, and one more that counts the rest.
    Why: one article is some thousand characters; a larger file is a mistake or an attack.
    Bad: an entire archive in one `.json`.
    Good: one article per file, or per line.
    """
    for problem in _faults(too_large, document):
        yield replace(problem, suggestion="split it: at most 16 MiB per file or line, one article each")


def empty_file(document: Document, schema: Schema) -> Iterator[Problem]:
    """F110: The file is empty.

    What: the file has no bytes, or only white space.
    Why: most often a download or an export was interrupted.
    Bad: `raw/a-1.txt` of 0 bytes.
    Good: the article's text.
    Do: restore the file from git, or delete it.
    """
    return _faults(empty_file, document)


def control_character(document: Document, schema: Schema) -> Iterator[Problem]:
    """F111: The text contains a control character.

    What: NUL or another control character, except tabs and line endings.
    Why: it comes from a faulty conversion, and tools truncate the text there or reject it.
    Bad: `The mayor\\x00 said`
    Good: `The mayor said`, fixed before anyone annotates it.
    Do: take the text from its source again, without the character, before anyone annotates it.
    """
    return _faults(control_character, document)


def lone_surrogate(document: Document, schema: Schema) -> Iterator[Problem]:
    """F112: A string contains half of a surrogate pair.

    What: an escape such as `\\ud83d` without its second half.
    Why: it is not a character and cannot be written as UTF-8; most often an emoji was split.
    Bad: `"text": "\\ud83d"`
    Good: `"text": "\\ud83d\\ude00"`, or the emoji itself.
    Do: write the character again; it was cut in half.
    """
    return _faults(lone_surrogate, document)


def too_deep(document: Document, schema: Schema) -> Iterator[Problem]:
    """F113: The JSON is nested too deeply.

    What: more than 200 nested brackets; an annotation needs seven.
    Why: it is not an annotation, and it makes readers crash.
    Bad: `[[[[[[…`
    Good: the layers of the schema.
    Do: restore the file from git; no annotation is nested like this.
    """
    return _faults(too_deep, document)


def duplicate_document(document: Document, schema: Schema) -> Iterator[Problem]:
    """F114: The document exists twice.

    What: two records, texts, or annotations of one annotator have the same doc_id, in separate
    files or in bulk files.
    Why: one of them would be lost, and which one would be arbitrary.
    Bad: `raw/a-1.json` and a line with `"doc_id": "a-1"` in `raw/all.jsonl`.
    Good: one of the two.
    Do: delete one of the two.
    """
    return _faults(duplicate_document, document)


def missing_text(document: Document, schema: Schema) -> Iterator[Problem]:
    """F115: The article has no text.

    What: the record permits redistribution (`redistribution` is `full`), and the text is missing.
    Why: offsets cannot be checked and the text cannot be tokenised.
    Bad: `raw/a-1.json` alone.
    Good: `raw/a-1.json` and `raw/a-1.txt`; or `"redistribution": "offsets_only"` and `corpus attach`.
    Do: add the text, or delete the record; a withheld text needs `redistribution: offsets_only`.
    """
    return _faults(missing_text, document)


def missing_record(document: Document, schema: Schema) -> Iterator[Problem]:
    """F116: The text has no record.

    What: the text has no record `raw/<doc_id>.json` that names its origin.
    Why: a text without source, licence and checksum may not be used.
    Bad: `raw/a-1.txt` alone.
    Good: `raw/a-1.txt` and `raw/a-1.json`.
    Do: run `corpus add`, or delete the text.
    """
    return _faults(missing_record, document)


def unknown_file(document: Document, schema: Schema) -> Iterator[Problem]:
    """F117: The file is not part of a corpus.

    What: raw/ holds `.json`, `.txt` and `.jsonl[.gz|.zst]`, annotations/ one folder per annotator with
    `.json` and `.jsonl[.gz|.zst]`. This file is not read.
    Why: someone may assume that it is part of the corpus.
    Bad: `annotations/gold/a-1.json.bak`
    Good: the file removed or renamed.
    Do: move the file elsewhere, delete it, or give it one of these endings.
    """
    return _faults(unknown_file, document)


def damaged_archive(document: Document, schema: Schema) -> Iterator[Problem]:
    """F118: The compressed file is damaged.

    What: the file cannot be decompressed to its end.
    Why: the documents after the damage would be silently missing.
    Bad: a `.jsonl.zst` whose copying was interrupted.
    Good: the file copied again.
    Do: compress the file again from its source, or restore it from git.
    """
    return _faults(damaged_archive, document)


def unreadable(document: Document, schema: Schema) -> Iterator[Problem]:
    """F119: The file cannot be opened.

    What: the operating system refuses to open or read the file.
    Why: permissions are missing, the disk is damaged, or the file was deleted during the run.
    Bad: a file with the mode 000.
    Good: a file that you may read.
    Do: make the file readable and run the command again.
    """
    return _faults(unreadable, document)


def number_too_large(document: Document, schema: Schema) -> Iterator[Problem]:
    """F120: A number is too large.

    What: a whole number does not fit in 64 bits.
    Why: no column can store it, and most readers would round it silently.
    Bad: `"length": 1180591620717411303424`
    Good: `"length": 1180`
    Do: correct the number; a long id is a string.
    """
    return _faults(number_too_large, document)


def _faults(ask: CheckFunction, document: Document) -> Iterator[Problem]:
    name = ask.__name__.replace("_", "-")
    for source in document.sources:
        for fault in source.faults:
            if fault.name == name:
                related = tuple(
                    Place(place.file or source.path, place.line, place.column, place.message) for place in fault.related
                )
                yield found(
                    ask,
                    document,
                    fault.detail,
                    suggestion=fault.suggestion,
                    related=related,
                    source=source,
                    place=(fault.line, fault.column),
                )
