"""`corpus agreement` and `corpus adjudicate`: a short function for each verb, which passes values along."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    from .agreement import agreement as measured
    from .agreement.plot import plot
    from .agreement.show import SHOWN

    root = _root(args)
    result = measured(root, args.annotators, args.layer)
    if args.plot:
        plot(result, args.plot)
    sys.stdout.write(SHOWN[args.format](result))
    return 0


def add_verbs(verbs: Any, add_verb: Add) -> None:
    """Add `agreement` and `adjudicate` to the command line."""
    verb = add_verb(verbs, "agreement", agreement)
    verb.add_argument("--layer", action="append", default=[], metavar="LAYER", help="only this layer; may be repeated")
    verb.add_argument(
        "--annotators", type=_names, default=(), metavar="A,B,…", help="the annotators; default: all but gold"
    )
    verb.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    verb.add_argument("--plot", type=Path, metavar="FILE", help="also draw the figures, to a .png or .svg file")


def _names(written: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in written.split(",") if name.strip())


def _root(args: argparse.Namespace) -> Path:
    from .settings import find_root

    return find_root(Path.cwd()) if args.root is None else Path(os.path.abspath(args.root))
