"""`corpus stats`: how often things occur in a corpus, beside figures of real news."""

from __future__ import annotations

import json
import shutil
import sys

import click

from ..core.model import GOLD, CorpusError
from .options import Common, Verb, format_option

_FORMATS = ("text", "json", "markdown")
_WIDTH = 120
"""The width of a table where there is no terminal."""


@click.command("stats", cls=Verb)
@click.option("--annotator", default=GOLD, metavar="NAME", help="Whose annotations are counted; default: gold.")
@click.option("--split", metavar="SPLIT", help="Count this split; default: all.")
@click.option("--by", default="set", metavar="FIELD", help="A column for each value of this field; default: set.")
@format_option(_FORMATS)
@click.pass_obj
def stats(common: Common, annotator: str, split: str | None, by: str, format_: str) -> int:
    """Count how hard the articles are, beside figures of real news.

    Quotes per 100 words and their types and lengths, sources, cues and sentences, in
    all articles and for each value of a field of the record. As text, columns that do
    not fit into the terminal follow in further tables. Only articles with a text
    and annotated quotes are counted, so attach withheld texts first. Twins are not
    counted.

    Exit code: 0 counted; 2 the command could not run, or no article can be counted.

    Examples:

      corpus stats
      corpus stats --split test --format markdown
      corpus stats --by source --format json
    """
    from ..core.schema import Schema
    from ..core.text import visible
    from ..release.frequencies import frequencies, notes, table
    from ..report import tables
    from ..score.gold import gold_documents

    root = common.root()
    schema = Schema.read(root)
    fields = {one.name: one for one in schema.article_fields}
    if by not in fields:
        raise CorpusError(f"--by: there is no field {by} in a record; the fields are {', '.join(fields)}")
    if split is not None and split not in schema.splits:
        raise CorpusError(f"--split: there is no split {split}; the splits are {', '.join(schema.splits)}")
    documents = (one for one in gold_documents(root, schema, annotator) if split in (None, one.split))
    rows = ({**one.article.record, **one.value, "text": one.article.text} for one in documents)
    found = frequencies(rows, by, [label.name for label in fields[by].labels])
    if not found[0].values["all"]:
        raise CorpusError(f"no article of {split or 'the corpus'} has a text and quotes annotated by {annotator}")
    if format_ == "json":
        values = [
            {"figure": one.title, "values": one.values, "real_news": one.reference, "source": one.source}
            for one in found
        ]
        sys.stdout.write(json.dumps(values, ensure_ascii=False, indent=2) + "\n")
        return 0
    if format_ == "markdown":
        lines = [*tables.markdown(table(found)), ""]
    else:
        width = shutil.get_terminal_size((_WIDTH, 24)).columns
        lines = [line for block in tables.blocks(table(found), width) for line in (*tables.aligned(block), "")]
    sys.stdout.writelines(f"{visible(line)}\n" for line in (*lines, *notes(found)))
    return 0
