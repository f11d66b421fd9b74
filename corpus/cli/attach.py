"""`corpus attach`: a user's own copies of withheld texts, for the corpus or for a release of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import CorpusError

if TYPE_CHECKING:
    from ..pipeline.shard import Shard

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
"""Adds a verb, whose help is its docstring, to a group of verbs."""
Progress = Callable[["Iterator[Shard]", int], "Iterator[Shard]"]


def attach(args: argparse.Namespace) -> int:
    """Put your own copy of a withheld text in place, after its hash was verified.

    DOC_ID with --text: in the corpus. The text goes to raw/attached/, which git ignores.

    --release with --texts: in a copy of a release or build, which is a new folder and for you alone. The
    texts are FOLDER/<doc_id>.txt. The copy is what `corpus build --with-attached` makes of that corpus:
    texts, spans and contexts have their words again. Texts that are not there stay withheld and are listed.

    A text that differs is explained (line ends, normal form, edited words) and refused, since every offset
    would be in doubt; then no copy is written.

    Exit code: 0 all was put back, 1 a text of a release is missing or differs, 2 the tool could not run.
    """
    if args.release is not None:
        return _to_release(args)
    from ..core.schema import Schema
    from ..core.settings import root_of
    from ..edit.attach import attach_text

    if args.doc_id is None or args.text is None or args.texts is not None or args.out is not None:
        raise CorpusError("give DOC_ID and --text FILE, or --release DIR and --texts FOLDER")
    root = root_of(args.root)
    path = attach_text(root, Schema.read(root), args.doc_id, args.text)
    print(f"{path}: the hash is right; `corpus validate {path}` now checks every span", file=sys.stderr)
    return 0


def _to_release(args: argparse.Namespace) -> int:
    from ..core.text import visible
    from ..release.attach_texts import attach_texts

    if args.texts is None or args.doc_id is not None or args.text is not None:
        raise CorpusError("--release DIR goes with --texts FOLDER, and with no DOC_ID and no --text")
    release = Path(os.path.abspath(args.release))
    out = Path(os.path.abspath(args.out or f"{release.name}-with-texts"))
    found = attach_texts(release, args.texts, out, progress=args.progress)
    for line in found.wrong:
        print(visible(line))
    for doc_id in found.missing:
        print(visible(f"{doc_id}: {args.texts} has no {doc_id}.txt; the text stays withheld"))
    if found.wrong:
        print("nothing was written: a text that is not the annotated one comes first", file=sys.stderr)
    else:
        print(f"{out}: texts put back: {len(found.put_back):,}; withheld: {len(found.missing):,}", file=sys.stderr)
    return 1 if found.wrong or found.missing else 0


def add_verbs(verbs: Any, add: Add, progress: Progress) -> None:
    """Add the verb to the command line."""
    verb = add(verbs, "attach", attach)
    verb.add_argument("doc_id", nargs="?", metavar="DOC_ID", help="the document whose text it is")
    verb.add_argument("--text", type=Path, metavar="FILE", help="your copy of the text")
    verb.add_argument("--release", type=Path, metavar="DIR", help="the folder of a release or build")
    verb.add_argument("--texts", type=Path, metavar="FOLDER", help="your copies of its texts, <doc_id>.txt")
    verb.add_argument("--out", type=Path, metavar="DIR", help="a new folder; default: NAME-with-texts here")
    verb.set_defaults(progress=progress)
