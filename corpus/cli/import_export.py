"""`corpus import` and `corpus export`: a short function for each verb, which passes values along."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import CorpusError
from ..formats import FORMATS

if TYPE_CHECKING:
    from ..formats.documents import LeftOut

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
"""Adds a verb, whose help is its docstring, to a group of verbs."""


def import_(args: argparse.Namespace) -> int:
    """Turn a corpus in another format into one of this format, with its own schema, in a new folder.

    What the files do not say of an article's record, such as its language and licence, --record or the
    map says. A file or line that cannot be read is a finding, and the rest is imported. What has no
    place here is left out, counted and said. docs/formats.md has an example of each format and of a map.

    Exit code: 0 all was read, 1 findings, 2 the tool could not run.
    """
    from .. import report
    from ..core.toml_file import read_toml
    from ..formats.documents import Options

    if args.into.exists() and (not args.into.is_dir() or any(args.into.iterdir())):
        raise CorpusError(f"{args.into} is not empty; choose another --into")
    options = Options(
        map=read_toml(args.map) if args.map else {},
        record=dict(args.record),
        layers=tuple(args.layer),
        schema=Path(os.path.abspath(args.schema)) if args.schema else None,
    )
    problems = FORMATS[args.source_format].read(args.source, args.into, options)
    counts = report.text(problems, sys.stdout)
    sys.stdout.flush()
    _left_out(options.left_out)
    print(f"{args.into}: imported; next: corpus --root {args.into} validate", file=sys.stderr)
    return 1 if counts["error"] else 0


def export(args: argparse.Namespace) -> int:
    """Write annotations in another format to a new folder, whole or not at all.

    What the format cannot hold is left out, counted and said; docs/formats.md has it as a table. So is a
    text that may not be passed on, and an annotation that `corpus validate` finds errors in.
    """
    from ..core.settings import root_of
    from ..formats.exporting import export as exported

    written, left = exported(
        root_of(args.root),
        FORMATS[args.target_format],
        Path(os.path.abspath(args.out)),
        layers=args.layer,
        split=args.split,
        annotators=args.annotator,
    )
    _left_out(left)
    print(f"{args.out}: {written:,} annotation{'s' * (written != 1)} as {args.target_format}", file=sys.stderr)
    return 0


def add_verbs(verbs: Any, add: Add) -> None:
    """Add `import` and `export` to the command line."""
    read = [name for name, of in FORMATS.items() if of.reads]
    written = [name for name, of in FORMATS.items() if of.writes]
    verb = add(verbs, "import", import_)
    verb.add_argument("source_format", metavar="FORMAT", choices=read, help=", ".join(read))
    verb.add_argument("source", type=Path, metavar="SRC", help="the file or folder to read")
    verb.add_argument("--into", required=True, type=Path, metavar="DIR", help="a new folder for the corpus")
    verb.add_argument("--map", type=Path, metavar="MAP.toml", help="what types and roles are here; docs/formats.md")
    verb.add_argument(
        "--record",
        action="append",
        default=[],
        type=_field,
        metavar="NAME=VALUE",
        help="a field of each article's record, such as language=en; may be repeated",
    )
    verb.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="LAYER",
        help="a layer that was looked at, also where nothing is in it; may be repeated",
    )
    verb.add_argument("--schema", type=Path, metavar="DIR", help="the schema/ of another corpus, to be this one's")

    verb = add(verbs, "export", export)
    verb.add_argument("target_format", metavar="FORMAT", choices=written, help=", ".join(written))
    verb.add_argument("out", type=Path, metavar="OUT", help="a new folder")
    verb.add_argument(
        "--layer", action="append", default=[], metavar="LAYER", help="only this and what it refers to; may be repeated"
    )
    verb.add_argument("--split", metavar="SPLIT", help="only the articles of this split")
    verb.add_argument(
        "--annotator", action="append", default=[], metavar="NAME", help="whose; may be repeated; default: gold"
    )


def _field(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{written!r} is not NAME=VALUE")
    return name, value


def _left_out(left: LeftOut) -> None:
    """Print what was dropped, the most frequent first."""
    from ..formats.documents import dropped_lines

    for line in dropped_lines(left):
        print(line, file=sys.stderr)
