"""`corpus view`: annotated articles as pages for a browser."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, Common, NameList, Verb, named, today, warn
from .outputs import described


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
@click.option("--out", type=PATH_TYPE, metavar="DIR", help="The directory for the site; it may replace an earlier one.")
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
    svg: Path | None,
    png: Path | None,
    with_attached: bool,
) -> int:
    """Write annotated articles as pages for a browser.

    The pages need no server and no network: open DIR/index.html. Anyone can publish
    the directory as it is.

    A page has the text with its annotation in place: backgrounds with edges and
    numbers are quotes, underlines are mentions with the letter of their chain, bold
    words are cues. Cards beside the text say the rest. Each record has an address:
    PAGE.html#q14. --compare marks where annotators differ, as `corpus adjudicate`
    finds it. The findings of `corpus validate` are on their words. What is drawn
    follows from the schema alone.

    A text that must not be redistributed is left out, even when it is attached,
    unless you say --with-attached; its records then have offsets without words.

    Exit code: 0 written; 1 an annotation has errors in its structure, and its
    records are not shown; 2 the command could not run.

    Examples:

      corpus view --out site
      corpus view tram-crash-brief --compare ann-a,ann-b,gold --out site
      corpus view tram-crash-brief --svg figure.svg
    """
    from ..agreement.load import annotators_of
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..view.findings import Policy
    from ..view.load import load_document
    from ..view.picture import picture
    from ..view.site import Choice, write_site

    root = common.root()
    schema = Schema.read(root)
    annotators, compare = tuple(dict.fromkeys(annotators)), tuple(dict.fromkeys(compare))
    there = annotators_of(root)
    for name in (*annotators, *compare):
        if name not in there:
            raise CorpusError(f"unknown annotator {name}; the annotators are {', '.join(there) or 'none'}")
    if len(compare) == 1:
        raise CorpusError("--compare needs two annotators or more: ann-a,ann-b")
    if svg or png:
        if len(doc_ids) != 1 or len(annotators) > 1:
            raise CorpusError(
                "a picture shows one article with one annotation: name one DOC and at most one --annotator"
            )
        document = load_document(root, schema, doc_ids[0], *annotators)
        _write_pictures(picture(document, schema, with_attached=with_attached), svg, png)
        if out is None:
            return 0
    if out is None:
        raise CorpusError("say where the site goes: --out DIR")
    folder = common.make_named(out)
    settings = read_settings(root, all_severities())
    policy = Policy(settings.severity, read_suppressions(root, today()))
    run = described(root, common.given_root, (), settings.severity, 0)
    written = write_site(root, schema, folder, Choice(doc_ids, annotators, compare, with_attached, policy), run)
    for problem in {problem.file: problem for problem in written.refused}.values():
        warn(
            f"not shown: {problem.file}:{problem.line}:{problem.column} has an error, {problem.code}; fix it first: "
            f"corpus validate {problem.file}"
        )
    common.say(f"{named(out)}: {written.pages:,} page{'s' * (written.pages != 1)}; open index.html")
    return 1 if written.refused else 0


def _write_pictures(drawn: str, svg: Path | None, png: Path | None) -> None:
    from ..files import open_output
    from ..view.png import png as drawn_png

    for path, data in ((svg, drawn.encode()), (png, drawn_png(drawn) if png else b"")):
        if path is not None:
            with open_output(path) as file:
                file.write(data)
