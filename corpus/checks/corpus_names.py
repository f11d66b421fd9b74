"""Level 6: checks on the names of documents, files and annotators, and on where annotations come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .document_summary import Summary
from .keyed import Context, Found, Related, Row


def id_rows(one: Summary) -> Iterator[Row]:
    """Yield the id of a document under its lower-case form."""
    yield Row(one.doc_id.lower(), one.doc_id, (one.record,))


def ids_alike(key: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C612: Two document ids differ only in case.

    What: two ids have the same letters, some in upper case and some in lower case.
    Why: on the file systems of Windows and macOS one document's files overwrite the other's.
    Bad: `raw/Ferry-1.json` and `raw/ferry-1.json`
    Good: `raw/ferry-1.json` and `raw/ferry-2.json`
    """
    (_, other, (other_record,)), *more = rows
    for _, doc_id, (record,) in more:
        related = (Related(other, other_record, "/doc_id", "the other document"),)
        yield Found(doc_id, record, f"{doc_id}, {other}", "/doc_id", related=related)


def file_rows(one: Summary) -> Iterator[Row]:
    """Yield the bulk files of a document under their lower-case paths."""
    for file in one.files:
        if ".jsonl" in file:
            yield Row(file.lower(), file)


def files_alike(key: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C613: Two bulk file names differ only in case.

    What: two paths have the same letters, some in upper case and some in lower case.
    Why: on the file systems of Windows and macOS one file overwrites the other.
    Bad: `raw/May.jsonl` and `raw/may.jsonl`
    Good: `raw/may-1.jsonl` and `raw/may-2.jsonl`
    """
    other, *more = sorted({row.value for row in rows})
    for file in more:
        related = (Related("", other, "", "the other file"),)
        yield Found("", file, f"{file}, {other}", related=related)


def origin_rows(one: Summary) -> Iterator[Row]:
    """Yield the imported annotation files of a document under their origins."""
    for file, origin in one.imported:
        yield Row(origin, (one.doc_id, file))


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
