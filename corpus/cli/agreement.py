"""`corpus agreement` and `corpus adjudicate`: a short function for each verb, which passes values along."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.model import GOLD

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
"""Adds a verb, whose help is its docstring, to a group of verbs."""
FORMATS = ("text", "json", "markdown", "csv")


def agreement(args: argparse.Namespace) -> int:
    """Show how far annotators agree: α, κ, F1 and accuracies with intervals, confusions, the worst documents.

    A pair of annotators is compared on the documents in which both looked at a layer. Gold is left out
    unless it is named. docs/agreement.md defines each figure. A text that is not here is left out of
    the figures on tokens alone, and said so.
    """
    from ..agreement import agreement as measured
    from ..agreement.plot import plot
    from ..agreement.render import SHOWN

    root = _root(args)
    result = measured(root, args.annotators, args.layer)
    if args.plot:
        plot(result, args.plot)
    sys.stdout.write(SHOWN[args.format](result))
    return 0


def adjudicate(args: argparse.Namespace) -> int:
    """Merge two annotators' annotations where they agree, and list what somebody must decide.

    Each document gets a worklist, adjudication/<to>/<doc_id>.json, with an item for each difference:
    both records and the words of the article. Put "a" or "b" into `decision` (whose reading is right;
    that of one who has no record is that there is none), or "edit" and the right record into `record`,
    and run it again. A document of which nothing is open is written to annotations/<to>/. Decisions are
    kept, and asked again only when an annotator changed that record. An annotation that was not made
    here, or was changed since, stays as it is, and so does a document that has one and no worklist.

    Exit code: 0 all is decided and written, 1 something is open, not written or left as it is, 2 the
    tool could not run.
    """
    from .. import report
    from ..agreement.adjudicate import adjudicate as merged
    from ..core.schema import Schema

    root = _root(args)
    left_out: Counter[str] = Counter()
    documents = done = elsewhere = open_items = 0
    for one in merged(root, Schema.read(root), args.annotators, args.to, left_out):
        documents += 1
        done += not (one.open or one.problems or one.kept)
        open_items += one.open
        elsewhere += one.is_elsewhere
        if one.open:
            print(f"adjudication/{args.to}/{one.doc_id}.json: {one.open:,} of {len(one.items):,} items open")
        elif one.kept:
            print(f"annotations/{args.to}/{one.doc_id}.json: left as it is: {one.kept}")
        elif one.problems:
            report.text(one.problems, sys.stdout)
            print(
                f"annotations/{args.to}/{one.doc_id}.json: not written: mend the decisions in adjudication/{args.to}/"
            )
        elif one.written:
            print(f"annotations/{args.to}/{one.doc_id}.json: {one.agreed:,} agreed on, {len(one.items):,} decided")
        if one.of_one:
            print(f"    left out, since one alone looked at them: {', '.join(one.of_one)}")
    sys.stdout.flush()
    by_others = f" ({elsewhere:,} by other means)" * bool(elsewhere)
    print(f"{done:,} of {documents:,} documents done{by_others}; {open_items:,} items open", file=sys.stderr)
    for what, count in sorted(left_out.items()):
        if "tokens" not in what:
            print(f"left out: {count:,} {what}", file=sys.stderr)
    return 0 if done == documents else 1


def add_verbs(verbs: Any, add_verb: Add) -> None:
    """Add `agreement` and `adjudicate` to the command line."""
    verb = add_verb(verbs, "agreement", agreement)
    verb.add_argument("--layer", action="append", default=[], metavar="LAYER", help="only this layer; may be repeated")
    verb.add_argument(
        "--annotators", type=_names, default=(), metavar="A,B,…", help="the annotators; default: all but gold"
    )
    verb.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    verb.add_argument("--plot", type=Path, metavar="FILE", help="also draw the figures, to a .png or .svg file")

    verb = add_verb(verbs, "adjudicate", adjudicate)
    verb.add_argument(
        "--from", dest="annotators", required=True, type=_names, metavar="A,B", help="the two annotators, a and b"
    )
    verb.add_argument("--to", default=GOLD, metavar="NAME", help="whose annotations they become; default: gold")


def _names(written: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in written.split(",") if name.strip())


def _root(args: argparse.Namespace) -> Path:
    from ..core.settings import root_of

    return root_of(args.root)
