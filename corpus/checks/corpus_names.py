"""Level 6: checks on the names of documents, files and annotators, and on where annotations come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ..core.model import GOLD
from ..core.spelling import alike, forms
from .keyed import Context, Found, Related, Row, Rows
from .summaries import Coded, Summaries, differences_in

_RARE = 10
"""A name may be a misspelling of one that occurs ten times as often, or if it occurs once."""


def id_rows(summaries: Summaries) -> Rows:
    """Return the id of each document under its lower-case form."""
    ids = summaries.coded("doc_id")
    return Rows(ids.codes, ids.mapped(str.lower), ids, (summaries.coded("record"),))


def ids_alike(key: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C612: Two document ids differ only in case.

    What: two ids have the same letters, some in upper case and some in lower case.
    Why: on the file systems of Windows and macOS one document's files overwrite the other's.
    Bad: `raw/Ferry-1.json` and `raw/ferry-1.json`
    Good: `raw/ferry-1.json` and `raw/ferry-2.json`
    Do: rename one of the documents.
    """
    (_, other, (other_record,)), *more = rows
    for _, doc_id, (record,) in more:
        related = (Related(other, other_record, "/doc_id", "the other document"),)
        yield Found(doc_id, record, f"{doc_id}, {other}", "/doc_id", related=related)


def file_rows(summaries: Summaries) -> Rows:
    """Return the bulk files of each document under their lower-case paths."""
    documents, files = summaries.coded("files").split(lambda files: [file for file in files if ".jsonl" in file])
    return Rows(documents, files.mapped(str.lower), files)


def files_alike(key: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C613: Two bulk file names differ only in case.

    What: two paths have the same letters, some in upper case and some in lower case.
    Why: on the file systems of Windows and macOS one file overwrites the other.
    Bad: `raw/May.jsonl` and `raw/may.jsonl`
    Good: `raw/may-1.jsonl` and `raw/may-2.jsonl`
    Do: rename one of the files.
    """
    other, *more = sorted({row.value for row in rows})
    for file in more:
        related = (Related("", other, "", "the other file"),)
        yield Found("", file, f"{file}, {other}", related=related)


def origin_rows(summaries: Summaries) -> Rows:
    """Return the imported annotation files of each document under their origins."""
    found = [
        (i, origin, (summaries.ids[i], file))
        for i, data in summaries.filled("differences")
        for file, origin in differences_in(data).imported
    ]
    documents, origins, files = zip(*found, strict=True) if found else ((), (), ())
    return Rows(np.array(documents, np.int64), Coded.given(origins), Coded.given(files))


def one_origin(origin: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C617: Two annotation files come from one annotation.

    What: the `provenance` of two files names the same tool, project, task, annotation and time of creation.
    Why: one opinion counts as two, so inter-annotator agreement is too high.
    Bad: an account was renamed in `annotators.toml`, and its annotations are in `annotations/ann-1/` and
    in `annotations/mira/`.
    Good: one file for each annotation; delete the other.
    """
    pointer = "/provenance/annotation"
    (other, other_file), *more = [row.value for row in rows]
    for doc_id, file in more:
        hint = "delete the file under the name that annotators.toml no longer has"
        related = (Related(other, other_file, pointer, "the other file"),)
        yield Found(doc_id, file, origin, pointer, suggestion=hint, related=related)


def annotator_rows(summaries: Summaries) -> Rows:
    """Return the annotators of each document under the forms of their names."""
    documents, files = summaries.coded("files").split(
        lambda files: [file for file in files if file.startswith("annotations/") and _annotator(file) != GOLD]
    )
    names = files.mapped(_annotator)
    numbers, each = names.mapped(lambda name: tuple(sorted(forms(name)))).split(lambda names: names)
    documents = documents[numbers]
    rest = summaries.coded("doc_id").select(documents), files.select(numbers)
    return Rows(documents, each, names.select(numbers), rest)


def _annotator(file: str) -> str:
    return file.split("/")[1]


def annotators_alike(form: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C636: The names of two annotators differ by one letter.

    What: one letter of a word is wrong, missing or added, two are swapped, or only case and separators differ. The
    rarer name annotated one document, or a tenth as many as the other. Words of three letters and numbers are not
    compared.
    Why: one person most likely counts as two, so inter-annotator agreement and its number of annotators are wrong.
    Bad: `annotations/marlow/` with 50 documents, and `annotations/marlwo/` with one.
    Good: one directory for each annotator; give people names that no slip turns into one another.
    Do: rename the folder and the field `annotator` if it is one person.
    """
    for rare, common in _misspelt(form, rows):
        doc_id, file = rare.rest
        related = (_place(common, "", "an annotation under the other name"),)
        yield Found(doc_id, file, f"{rare.value}, {common.value}", "/annotator", related=related)


def story_name_rows(summaries: Summaries) -> Rows:
    """Return the story of each document under the forms of its name."""
    stories = summaries.coded("story")
    documents, each = stories.mapped(lambda name: tuple(sorted(forms(name))) if name else ()).split(lambda names: names)
    rest = tuple(summaries.coded(name).select(documents) for name in ("doc_id", "record"))
    return Rows(documents, each, stories.select(documents), rest)


def stories_alike(form: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C637: The names of two stories differ by one letter.

    What: as in C636. The rarer story has one document, or a tenth as many as the other.
    Why: articles of one story may be in different splits.
    Bad: `"story": "ferry-strike"` in five records, and `"story": "fery-strike"` in one.
    Good: `"story": "ferry-strike"` in all of them.
    Do: correct the misspelt `story`.
    """
    for rare, common in _misspelt(form, rows):
        related = (_place(common, "/story", "the other story"),)
        doc_id, record = rare.rest
        yield Found(doc_id, record, f"{rare.value!r}, {common.value!r}", "/story", related=related)


def _place(row: Row, pointer: str, message: str) -> Related:
    doc_id, file = row.rest
    return Related(doc_id, file, pointer, message)


def _misspelt(form: str, rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Yield the first row of a name and that of a more frequent one that it may misspell, once for each two names."""
    first: dict[str, Row] = {}
    documents: dict[str, set[str]] = {}
    for row in rows:
        first.setdefault(row.value, row)
        documents.setdefault(row.value, set()).add(row.rest[0])
    for one, other in combinations(first, 2):
        # Two names have several forms in common, and the first of these stands for all.
        if alike(one, other) and form == min(forms(one) & forms(other)):
            common, rare = sorted((one, other), key=lambda name: (-len(documents[name]), name))
            if len(documents[rare]) == 1 or len(documents[rare]) * _RARE <= len(documents[common]):
                yield first[rare], first[common]
