"""`corpus twin`: changed copies of articles, with their gold annotation, to measure how robust a system is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import click

from ..core.model import CorpusError, Document
from .options import Common, OneOf, Verb, warn

_KINDS = ("noisy",)


@click.command("twin", cls=Verb)
@click.argument("doc_ids", nargs=-1, metavar="[DOC_ID]…", help="Only these documents; default: all.")
@click.option(
    "--kind", type=OneOf(lambda: _KINDS), default="noisy", metavar="noisy", help="The kind of twin; default: noisy."
)
@click.option("--split", metavar="SPLIT", help="Only the documents of this split.")
@click.option("--seed", type=int, default=1, metavar="N", help="Choose other edits; default: 1.")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when a file would change.")
@click.pass_obj
def twin(common: Common, doc_ids: tuple[str, ...], kind: str, split: str | None, seed: int, check: bool) -> int:
    """Make badly edited copies of articles, with their gold.

    The twin of DOC_ID is DOC_ID-noisy. Its text has typing errors, doubled words and
    spaces, lost full stops, quotation marks and diacritics, line breaks in
    sentences, wrong pronouns, captions and lines of the website; its gold annotation
    is that of the original, moved with the text. An edit is made only where the
    annotation stays right by the guidelines, and where no check finds an error or
    a warning that the original does not have. The edits are in the annotation's
    provenance.

    Only documents with gold and a text that may be passed on get a twin. The same
    files and seed give the same twins: run the command again when gold was
    corrected. No figure counts a twin; `corpus score SYSTEM --twins noisy` scores
    a system on them.

    Exit code: 0 done, or --check found all twins up to date; 1 --check found files
    that would change, or twins whose original has gone; 2 the command could not run.

    Examples:

      corpus twin --split test
      corpus twin --split test --check
      corpus twin news-101 --seed 2
    """
    from ..checks.suppress.suppressions import all_severities
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..edit.rewriter import Rewriter
    from ..edit.twins import Rules, noisy, obsolete, originals, read_twin_files

    root = common.root() if check else common.edit()
    schema = Schema.read(root)
    if split is not None and split not in schema.splits:
        raise CorpusError(f"unknown split {split}; the splits are {', '.join(schema.splits)}")
    rules = Rules(schema, read_settings(root, all_severities()).severity)
    rewriter, edits, made = Rewriter(root, not check, None), Counter[str](), set[str]()
    documents: Iterable[Document] = originals(root, split, doc_ids)
    if doc_ids:
        documents = list(documents)
        if missing := sorted(set(doc_ids) - {one.doc_id for one in documents}):
            raise CorpusError(
                f"{', '.join(missing)}: no document with gold, a text that may be passed on, and no twin_of"
                + (f", in the split {split}" if split else "")
            )
    for document in common.bar(documents, unit="doc"):
        found = noisy(document, rules, seed)
        old = read_twin_files(root, found)
        for path, data in found.files.items():
            rewriter.file(path, old[path], data)
        edits.update(found.edits)
        made.add(document.doc_id)
    for path in sorted(rewriter.changed):
        print(f"{'would write' if check else 'wrote'} {path}")
    gone = [] if doc_ids else obsolete(root, kind, split, made)
    for doc_id in gone:
        warn(f"{doc_id} is a twin of a document that gets none: delete its files")
    files = f"{_number(len(rewriter.changed), 'file')} {'to write' if check else 'written'}"
    common.say(f"{_number(len(made), 'twin')}, {_number(edits.total(), 'edit')}, {files}")
    return 1 if check and (rewriter.changed or gone) else 0


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
