"""`corpus show`: an annotated article in the terminal."""

from __future__ import annotations

import sys

import click

from ..core.model import CorpusError
from .options import Common, Verb


@click.command("show", cls=Verb)
@click.argument("doc_id", metavar="DOC", help="The id of the article, such as tram-crash-brief.")
@click.argument("annotator", required=False, default="", help="Whose annotation; default: gold, or the only one.")
@click.option("--layer", "layers", multiple=True, metavar="LAYER", help="Only this layer; may be repeated.")
@click.option("--with-attached", is_flag=True, help="Show an attached text: for your own use only.")
@click.pass_obj
def show(common: Common, doc_id: str, annotator: str, layers: tuple[str, ...], with_attached: bool) -> int:
    """Print an annotated article, each span in brackets.

    The text has the spans in brackets, with the id of their record: [she|m2]. Below
    it is a line for each record, in which references show what they refer to. A
    record with several spans numbers them, [she said|q3:1/2], and fields other than
    the first one with spans are named, [said|q3.cue]. Control characters of the
    article are shown as their code.

    A text that must not be redistributed is not shown, not even if it is attached,
    unless you say --with-attached; the records then have offsets and no words.

    Exit code: 0 printed; 2 the article has no such annotation, or errors in its
    structure.

    Examples:

      corpus show tram-crash-brief
      corpus show tram-crash-brief ann-a --layer quotes
    """
    from ..core.schema import Schema
    from ..report.terminal import has_colour
    from ..view import as_text, load_document

    root = common.root()
    schema = Schema.read(root)
    for name in layers:
        if name not in schema.layers:
            raise CorpusError(f"--layer: there is no layer {name}; the layers are {', '.join(schema.layers)}")
    document = load_document(root, schema, doc_id, annotator)
    lines = as_text(document, schema, layers, coloured=has_colour(sys.stdout), with_attached=with_attached)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0
