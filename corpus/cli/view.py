"""`corpus view`: annotated articles as pages for a browser, or as pictures."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, Common, NameList, Number, Verb, named, warn
from .outputs import open_named
from .view_site import Site, refuse_content, serve_site

_PORT = 8765


@click.command("view", cls=Verb)
@click.argument("doc_ids", nargs=-1, metavar="[DOC]…", help="Only these articles; default: all.")
@click.option(
    "--annotator",
    "annotators",
    multiple=True,
    metavar="NAME",
    help="A page for this annotation of each article; may be repeated; default: gold, or else the first.",
)
@click.option(
    "--compare",
    type=NameList(),
    default=(),
    metavar="NAME,NAME…",
    help="Show where these annotators differ, such as ann-a,ann-b,gold.",
)
@click.option("--out", type=PATH_TYPE, metavar="DIR", help="The directory for the site; an earlier one is updated.")
@click.option("--serve", is_flag=True, help="Show the site at an address of this computer, and follow changes.")
@click.option(
    "--port", type=Number(int, 0, 65535), metavar="N", help=f"The port for --serve, 0 for any; default: {_PORT}."
)
@click.option("--svg", type=PATH_TYPE, metavar="FILE", help="Write the one article as a picture, for a paper.")
@click.option("--png", type=PATH_TYPE, metavar="FILE", help="The same as PNG; needs the extra `browser` and Chromium.")
@click.option("--with-attached", is_flag=True, help="Show attached texts: for your own use only.")
@click.pass_obj
def view(
    common: Common,
    doc_ids: tuple[str, ...],
    annotators: tuple[str, ...],
    compare: tuple[str, ...],
    out: Path | None,
    serve: bool,
    port: int | None,
    svg: Path | None,
    png: Path | None,
    with_attached: bool,
) -> int:
    """Write annotated articles as pages for a browser.

    The pages need no server and no network: open DIR/index.html. Anyone can publish
    the directory as it is. A further run writes the pages of changed articles only,
    deletes those of articles that are gone, and keeps files that it did not write.

    index.html is the page of the corpus: a search over texts and records, filters,
    counts by split, layer and label, agreement, hard cases and stories.

    A page has the text with its annotation in place: backgrounds with edges and
    numbers are quotes, underlines are mentions with the letter of their chain, bold
    words are cues. Cards beside the text say the rest. Each record has an address:
    PAGE.html#q14. --compare marks where annotators differ, as `corpus adjudicate`
    finds it. The findings of `corpus validate` are on their words. The schema
    alone decides what a page draws.

    A text that must not be redistributed is left out, even when it is attached,
    unless you say --with-attached; its records then have offsets without words.

    --serve shows the site at http://127.0.0.1:PORT/, which only this computer can
    reach, and brings it up to date while you edit the corpus: open pages reload
    themselves. Ctrl-C ends it. Without --out, the site is temporary.

    Exit code: 0 written; 1 an annotation has errors in its structure, and its
    records are not shown; 2 the command could not run.

    Examples:

      corpus view --out site
      corpus view tram-crash-brief --compare ann-a,ann-b,gold --out site
      corpus view --serve
      corpus view tram-crash-brief --svg figure.svg
    """
    from ..agreement.load import annotators_of
    from ..files.lock import filling
    from ..view.owned import owned

    root = common.root()
    annotators, compare = tuple(dict.fromkeys(annotators)), tuple(dict.fromkeys(compare))
    there = annotators_of(root)
    for name in (*annotators, *compare):
        if name not in there:
            raise CorpusError(f"unknown annotator {name}; the annotators are {', '.join(there) or 'none'}")
    if len(compare) == 1:
        raise CorpusError("--compare needs two annotators or more: ann-a,ann-b")
    if port is not None and not serve:
        raise CorpusError("--port is the port of --serve")
    if svg or png:
        if serve:
            raise CorpusError("--svg and --png write a picture and end: leave out --serve")
        if len(doc_ids) != 1 or len(annotators) > 1:
            raise CorpusError(
                "a picture shows one article with one annotation: name one DOC and at most one --annotator"
            )
        _write_pictures(root, doc_ids[0], annotators, with_attached, svg, png)
    if out is None and not serve:
        if svg or png:
            return 0
        raise CorpusError("say where the site goes, --out DIR, or show it, --serve")
    with ExitStack() as stack:
        if out is None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="corpus-view-", ignore_cleanup_errors=True)))
        else:
            folder = named(out)
            owned(folder)  # Raises before anything in a directory of other files is touched.
            refuse_content(root, folder)
            stack.enter_context(filling(root, folder, warn))
        site = Site(common, root, folder, doc_ids, annotators, compare, with_attached)
        written = site.write()
        if serve:
            return serve_site(common, site, _PORT if port is None else port, written)
        common.say(f"{folder}: {site.summary}; open index.html")
        return 1 if written.refused else 0


def _write_pictures(
    root: Path, doc_id: str, annotators: tuple[str, ...], with_attached: bool, svg: Path | None, png: Path | None
) -> None:
    from ..core.schema import Schema
    from ..view.load import load_document
    from ..view.picture import picture
    from ..view.png import png as drawn_png

    schema = Schema.read(root)
    drawn = picture(load_document(root, schema, doc_id, *annotators), schema, with_attached=with_attached)
    for path, data in ((svg, drawn.encode()), (png, drawn_png(drawn) if png else b"")):
        if path is not None:
            with open_named(path) as file:
                file.write(data)
