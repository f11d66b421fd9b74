"""`corpus agreement` and `corpus adjudicate`: how far annotators agree, and gold made from two of them."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.model import GOLD
from .options import PATH_TYPE, Common, NameList, Verb, format_option, warn
from .outputs import noting_new_directory, text_report

if TYPE_CHECKING:
    from ..agreement.adjudicate import Merged

_RENDERERS = {"text": "text", "json": "json_", "markdown": "markdown", "csv": "csv"}
"""The output formats, and the function of `agreement.render` for each."""


@click.command("agreement", cls=Verb)
@click.option("--layer", "layers", multiple=True, metavar="LAYER", help="Only this layer; may be repeated.")
@click.option(
    "--annotators", type=NameList(), default=(), metavar="A,B,…", help="These annotators; default: all but gold."
)
@click.option("--split", default="", metavar="SPLIT", help="Only the documents of this split.")
@click.option(
    "--adjudicator",
    default=GOLD,
    metavar="NAME",
    help="Count the decisions of this annotator; default: gold.",
)
@format_option(_RENDERERS)
@click.option("--plot", type=PATH_TYPE, metavar="FILE", help="Also plot the figures to a .png or .svg file.")
@click.pass_obj
def agreement(
    common: Common,
    layers: tuple[str, ...],
    annotators: tuple[str, ...],
    split: str,
    adjudicator: str,
    format_: str,
    plot: Path | None,
) -> int:
    """Measure inter-annotator agreement, with confidence intervals.

    The figures are α, κ, F1 and accuracies. The most frequent confusions, the
    documents with the lowest agreement and the decisions of the adjudicator
    follow. Two annotators are compared on the documents in which both
    annotated a layer. Gold is excluded unless you name it. docs/agreement.md
    defines each figure. Documents whose text is missing are excluded from the
    figures on tokens, and reported.

    Exit code: 0 something was compared; 1 nothing was, for the reason given;
    2 the command could not run.

    Examples:

      corpus agreement
      corpus agreement --annotators ann-a,ann-b --layer quotes --split test
      corpus agreement --format csv --plot agreement.svg
    """
    from ..agreement import agreement as measured
    from ..agreement import render
    from ..agreement.load import why_none

    root = common.root()
    result = measured(root, annotators, layers, split=split, adjudicator=adjudicator)
    if plot:
        from ..agreement.plot import plot as draw

        with noting_new_directory(plot):
            draw(result, plot)
    sys.stdout.write(getattr(render, _RENDERERS[format_])(result))
    if not result.documents:
        warn(f"nothing was compared: {why_none(root, result.annotators, split, result.left_out)}")
    elif result.figures.empty:
        warn("nothing was compared: no layer was annotated by two annotators of a document (layers_done)")
    return 1 if result.figures.empty else 0


@click.command("adjudicate", cls=Verb)
@click.option(
    "--from", "annotators", required=True, type=NameList(), metavar="A,B", help="The two annotators, a and b."
)
@click.option("--to", default=GOLD, metavar="NAME", help="The annotator to write; default: gold.")
@click.pass_obj
def adjudicate(common: Common, annotators: tuple[str, ...], to: str) -> int:
    """Merge two annotations and queue disagreements for adjudication.

    Each document gets a worklist, adjudication/<to>/<doc_id>.json, with one item
    for each difference: both records and the words of the article. Set `decision`
    to "a" or "b" (that annotator is right, also about having no record), to
    "neither" for no record, or to "edit" and put the right record into `record`.
    Then run the command again: a document without open items is written to
    annotations/<to>/. `corpus label-studio push --adjudicate` asks the open items in
    Label Studio instead.

    Decisions are kept, and asked again only when an annotator changes the record.
    An annotation that was written or changed by other means is left unchanged, and
    so is a document that has one and no worklist.

    Exit code: 0 everything is decided and written; 1 something is open, not
    written or left unchanged; 2 the command could not run.

    Examples:

      corpus adjudicate --from ann-a,ann-b
      corpus adjudicate --from ann-a,ann-b --to trial
    """
    from ..agreement.adjudicate import adjudicate as merged
    from ..core.schema import Schema

    root = common.edit()
    left_out: Counter[str] = Counter()
    documents = done = elsewhere = open_items = 0
    for one in merged(root, Schema.read(root), annotators, to, left_out):
        documents += 1
        done += not (one.open or one.problems or one.kept)
        open_items += one.open
        elsewhere += one.is_elsewhere
        show_merged(one, to)
    by_others = f" ({elsewhere:,} by other means)" * bool(elsewhere)
    of = f"{documents:,} document{'s' * (documents != 1)}"
    common.say(f"{done:,} of {of} done{by_others}; {_items(open_items)} open")
    for what, count in sorted(left_out.items()):
        if "tokens" not in what:
            warn(f"excluded: {count:,} {what}")
    return 0 if done == documents else 1


def show_merged(one: Merged, to: str) -> None:
    """Print what became of a document."""
    if one.open:
        print(f"adjudication/{to}/{one.doc_id}.json: {one.open:,} of {_items(len(one.items))} open")
    elif one.kept:
        print(f"annotations/{to}/{one.doc_id}.json: left unchanged: {one.kept}")
    elif one.problems:
        text_report(sys.stdout).add_all(one.problems)
        print(f"annotations/{to}/{one.doc_id}.json: not written: fix the decisions in adjudication/{to}/")
    elif one.written:
        print(f"annotations/{to}/{one.doc_id}.json: {one.agreed:,} agreed on, {len(one.items):,} decided")
    if one.of_one:
        print(f"    excluded, annotated by one annotator only: {', '.join(one.of_one)}")


def _items(count: int) -> str:
    return f"{count:,} item{'s' * (count != 1)}"
